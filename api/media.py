"""What browsers may take an uploaded file for, judged by its first bytes; anything else is bytes to them."""

from __future__ import annotations

SIGNATURES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"RIFF": "image/webp",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"P5": "image/x-portable-graymap",
}
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "image/x-portable-graymap": ".pgm",
}
UNKNOWN = "application/octet-stream"


def media_type(data: bytes) -> str:
    """The media type of an uploaded file."""
    return next((kind for magic, kind in SIGNATURES.items() if data.startswith(magic)), UNKNOWN)
