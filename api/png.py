"""Gray pixels as a PNG file (W3C PNG, third edition); the front end has no imaging library, and needs none for this."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: One channel of gray, 8 bits each.
DEPTH, GRAY = 8, 0


def gray_png(pixels: bytes, width: int) -> bytes:
    """A PNG of rows of `width` gray bytes, 0 black to 255 white."""
    height = len(pixels) // width
    # Every row begins with the number of its filter: none.
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, height, DEPTH, GRAY, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
