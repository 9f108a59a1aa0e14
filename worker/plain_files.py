"""The commonest uploads, small PNGs and JPEGs that are nothing but opaque pixels, which OpenCV reads much faster.

Which files are so plain is told from their bytes, before a decoder sees them. What has anything that Pillow would
heed, such as a transparent color or an orientation, or is damaged where that can be told, is none of them.
"""

from __future__ import annotations

import re
import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

#: What the largest plain file has; both sides fit into one byte. Four channels and all that is around them take up no
#: more than so many bytes.
PLAIN_PIXELS = 255 * 255
PLAIN_BYTES = 5 * PLAIN_PIXELS
#: How a PNG begins that is read from top to bottom: gray or colors of a palette, of up to 8 bits, or RGB or RGBA of 8.
PNG_START = re.compile(
    rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0.\0\0\0.(?:[\1\2\4\x08][\0\3]|\x08[\2\6])\0\0\0.{4}", re.DOTALL
)
#: Where in it the kind of its colors is, and which one is a palette.
COLORS, OF_A_PALETTE = 25, 3
#: What a plain PNG goes on with, and what else may be in it, which changes no pixel: the size of its print, the screen
#: that it was made on, the bits that count, its date.
PALETTE, PIXELS, END = b"PLTE", b"IDAT", b"IEND"
IDLE = frozenset({b"pHYs", b"gAMA", b"sRGB", b"cHRM", b"sBIT", b"tIME"})
#: How a JPEG begins, and the segments that a plain one has before its pixels (ITU-T T.81, table B.1): JFIF's header,
#: tables, restart interval and remarks, one frame of 8 bits in one color or three, and one scan. Nothing ends the
#: scan's data but the end of the image.
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
HEADERS, SCAN = frozenset({0xE0, 0xDB, 0xC4, 0xDD, 0xFE}), 0xDA
FRAME = re.compile(rb"\xff[\xc0\xc1]\0[\x0b\x11]\x08\0[^\0]\0[^\0][\1\3]", re.DOTALL)
END_OF_DATA = re.compile(rb"\xff[^\0\xd0-\xd7]")
#: The alpha of what hides all that is under it.
OPAQUE = 255


def plain_pixels(data: bytes) -> NDArray[np.uint8] | None:
    """The pixels of a plain file, (height, width) or RGB of (height, width, 3); None if it is another one."""
    if len(data) > PLAIN_BYTES or not (_is_plain_png(data) or _is_plain_jpeg(data)):
        return None
    pixels: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim == 2:
        return pixels
    is_opaque = pixels.shape[2] == 3 or pixels[:, :, 3].min() == OPAQUE
    return np.ascontiguousarray(pixels[:, :, 2::-1]) if is_opaque else None


def _is_plain_png(data: bytes) -> bool:
    start = PNG_START.match(data)
    if start is None:
        return False
    at, to_come = start.end(), [END, PIXELS]
    if data[COLORS] == OF_A_PALETTE:
        to_come.append(PALETTE)
    # Each chunk has a length, a kind, its content, and a checksum of the latter two.
    while at <= len(data) - 12:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind not in IDLE and (not to_come or kind != to_come.pop()):
            return False
        if data[end - 4 : end] != zlib.crc32(data[at + 4 : end - 4]).to_bytes(4):
            return False
        at = end
    return not to_come and at == len(data)


def _is_plain_jpeg(data: bytes) -> bool:
    if not (data.startswith(JPEG_START) and data.endswith(JPEG_END)):
        return False
    at, frames = len(JPEG_START), 0
    while at <= len(data) - 4:
        begin, marker, length = struct.unpack_from(">BBH", data, at)
        after = at + 2 + length
        if marker == SCAN:
            end = END_OF_DATA.search(data, after)
            return frames == 1 and end is not None and end.end() == len(data)
        if FRAME.match(data, at):
            frames += 1
        elif begin != 0xFF or marker not in HEADERS:
            return False
        at = after
    return False
