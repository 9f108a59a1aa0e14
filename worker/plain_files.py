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

#: What the largest plain file has; both sides fit into one byte.
PLAIN_PIXELS = 255 * 255
#: A PNG in gray, RGB or RGBA, 8 bits each, that has nothing but pixels in it: length, chunk and checksum.
PNG = re.compile(
    rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0.\0\0\0.\x08[\0\2\6]\0\0\0.{4}"
    rb"(.{4})(IDAT.+)(.{4})\0\0\0\0IEND\xaeB`\x82",
    re.DOTALL,
)
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
    if not (_is_plain_png(data) or _is_plain_jpeg(data)):
        return None
    pixels: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim == 2:
        return pixels
    is_opaque = pixels.shape[2] == 3 or pixels[:, :, 3].min() == OPAQUE
    return np.ascontiguousarray(pixels[:, :, 2::-1]) if is_opaque else None


def _is_plain_png(data: bytes) -> bool:
    png = PNG.fullmatch(data)
    return png is not None and struct.unpack(">II", png[1] + png[3]) == (len(png[2]) - 4, zlib.crc32(png[2]))


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
