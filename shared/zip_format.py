"""The records of a ZIP file (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4); all numbers are little-endian."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_MAGIC = b"PK\x03\x04"
CENTRAL = struct.Struct("<4s6H3L5H2L")
CENTRAL_MAGIC = b"PK\x01\x02"
END = struct.Struct("<4s4H2LH")
END_MAGIC = b"PK\x05\x06"

STORED, DEFLATED = 0, 8
#: The version of the format that stored entries need, and the first day it can name.
VERSION, FIRST_DAY = 20, 0x21


def stored(members: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A ZIP file of (name, content) pairs as they are: fewer than 65,536, and less than 4 GiB together."""
    pieces: list[bytes] = []
    directory: list[bytes] = []
    position = 0
    for name, content in members:
        size, crc = len(content), zlib.crc32(content)
        head = LOCAL.pack(LOCAL_MAGIC, VERSION, 0, STORED, 0, FIRST_DAY, crc, size, size, len(name), 0)
        pieces += (head, name, content)
        directory += (
            CENTRAL.pack(
                CENTRAL_MAGIC,
                VERSION,
                VERSION,
                0,
                STORED,
                0,
                FIRST_DAY,
                crc,
                size,
                size,
                len(name),
                0,
                0,
                0,
                0,
                0,
                position,
            ),
            name,
        )
        position += LOCAL.size + len(name) + size
    length = sum(map(len, directory))
    end = END.pack(END_MAGIC, 0, 0, len(members), len(members), length, position, 0)
    return b"".join((*pieces, *directory, end))
