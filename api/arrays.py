"""Items that come as JSON: an image in base64, or its pixels as numbers, which become a PGM file.

PGM is the plainest image format there is; so an array travels, is stored and is shown like every other image.
"""

from __future__ import annotations

import base64
import binascii

from shared.domain import Unreadable, Upload
from shared.errors import ImageTooLarge

#: Pixels of a side of a picture that comes as one flat list, as MNIST's often do.
SIDE = 28
#: Pixels an array may have: as JSON, more would be a strange way to send an image.
MAX_ARRAY_PIXELS = 1_000_000
#: Characters that a caller's own name for an item may have.
MAX_ID_LENGTH = 256

Rows = list[list[float]]


def upload_from_item(item: object, max_bytes: int) -> Upload:
    """One item of a JSON request; what is wrong with it stays its own affair."""
    if not isinstance(item, dict):
        return invalid_item('An item is an object: {"image": base64} or {"data": [[...]]}.')
    custom_id = item.get("custom_id")
    if custom_id is not None and not (isinstance(custom_id, str) and len(custom_id) <= MAX_ID_LENGTH):
        return invalid_item(f'"custom_id" is a text of at most {MAX_ID_LENGTH} characters.')
    name = str(item.get("filename") or custom_id or "")
    try:
        data = _bytes(item)
    except ValueError as error:
        return invalid_item(str(error), name, custom_id)
    if len(data) > max_bytes:
        return Upload(name, b"", custom_id, Unreadable(ImageTooLarge.code, ImageTooLarge().message))
    return Upload(name, data, custom_id)


def invalid_item(message: str, name: str = "", custom_id: str | None = None) -> Upload:
    """What stands for an item that is none, and says why."""
    return Upload(name, b"", custom_id, Unreadable("invalid_item", message))


def _bytes(item: dict[str, object]) -> bytes:
    if "data" in item:
        return graymap(item["data"])
    image = item.get("image")
    if not isinstance(image, str):
        raise ValueError('An item has "image" (base64 or a data URL) or "data" (rows of numbers).')
    encoded = image.partition(",")[2] if image.startswith("data:") else image
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(f'"image" is not base64: {error}.') from error


def graymap(data: object) -> bytes:
    """A PGM file of rows of numbers, 0 to 1 or 0 to 255; flat 784 means 28 rows of 28. Raises ValueError."""
    rows = _rows(data)
    pixels = [pixel for row in rows for pixel in row]
    if not all(0 <= pixel <= 255 for pixel in pixels):  # also false for NaN
        raise ValueError('"data" has numbers outside 0 to 255.')
    scale = 255 if max(pixels) <= 1 else 1
    header = f"P5 {len(rows[0])} {len(rows)} 255\n".encode()
    return header + bytes(round(pixel * scale) for pixel in pixels)


def _rows(data: object) -> Rows:
    """Rows of equal length, with the axes of length one that tensors carry taken off."""
    while isinstance(data, list) and len(data) == 1 and isinstance(data[0], list):
        data = data[0]
    if not isinstance(data, list) or not data:
        raise ValueError('"data" is a list of rows of numbers.')
    if len(data) == SIDE * SIDE and not isinstance(data[0], list):
        data = [data[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    rows = [_row(row) for row in data]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError('"data" has rows of unequal length.')
    if len(rows) * len(rows[0]) > MAX_ARRAY_PIXELS:
        raise ValueError(f'"data" has more than {MAX_ARRAY_PIXELS} numbers; send an image.')
    return rows


def _row(row: object) -> list[float]:
    if not isinstance(row, list):
        raise ValueError('"data" is 28 rows of 28 numbers, or 784 numbers.')
    return [_number(pixel[0] if isinstance(pixel, list) and len(pixel) == 1 else pixel) for pixel in row]


def _number(pixel: object) -> float:
    if isinstance(pixel, bool) or not isinstance(pixel, int | float):
        raise ValueError('"data" holds something that is not a number.')
    return pixel
