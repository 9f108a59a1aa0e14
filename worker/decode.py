"""Bytes of one uploaded image -> a gray picture, or a plain sentence about why not.

Pillow does the decoding: only the formats below are tried, an image's size is checked before its pixels are
touched, and large images are reduced early, so that no upload costs more memory than `max_pixels` allows. Pillow's own
limit is set to the same, since it prepares some pictures, such as GIFs that are to vanish, when it only opens them.
Plain files, the commonest uploads, are left to OpenCV (`worker.plain_files`), which gives the same pixels.
"""

from __future__ import annotations

import io
import warnings

import cv2
import numpy as np
from billiard.exceptions import SoftTimeLimitExceeded
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from shared.errors import ImageError, ImageTooLarge, ImageTruncated, NotAnImage, UnsupportedFormat
from worker.plain_files import PLAIN_PIXELS, plain_pixels

Gray = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
#: How files of these formats begin: such a file that cannot be opened is a damaged image.
OURS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\0", b"MM\0*", b"RIFF", b"P5", b"P6")
#: How images begin that are not read here, at the offset given.
FOREIGN = ((4, b"ftyp"), (0, b"%PDF"), (0, b"8BPS"), (0, b"<svg"), (0, b"<?xml"), (0, b"\0\0\1\0"), (4, b"jP  "))
#: Larger images are reduced by a whole factor that leaves both sides at least this long, in pixels.
ENOUGH = 512
#: A single color channel is preferred to luminance when its spread is so many times larger, and luminance shows little:
#: its spread is below the second number, of 255. Else a highlighter's yellow would be darker than what it marks.
COLORFUL, PALE = 1.5, 25
#: What white may be in pictures of more than 8 bits.
FULL_SCALES = (1.0, 255.0, 4095.0, 65535.0)
#: Gray values that span less than this show nothing, of 255.
FLAT = 16


def decode(data: bytes, *, max_pixels: int) -> Gray:
    """Decode an image file into gray values of shape (height, width), 0 black to 255 white.

    EXIF orientation is applied, transparency is laid over white (over black if white would hide all), of an
    animation the first frame is taken, of several pages the first, and values of more than 8 bits are scaled down.

    Raises NotAnImage, UnsupportedFormat, ImageTruncated or ImageTooLarge.
    """
    pixels = plain_pixels(data) if max_pixels >= PLAIN_PIXELS else None
    if pixels is None:
        return _decode(data, max_pixels)
    return pixels if pixels.ndim == 2 else _contrasted(pixels)


def _decode(data: bytes, max_pixels: int) -> Gray:
    try:
        with _opened(data, max_pixels) as image:
            _check_size(image, max_pixels)
            image.draft(image.mode, (ENOUGH, ENOUGH))
            image.load()
            return _gray(_upright(_reduced(image)))
    except (ImageError, SoftTimeLimitExceeded):  # too little time is not the image's fault: the chunk is tried again
        raise
    except UnidentifiedImageError:
        raise _unidentified(data) from None
    except Image.DecompressionBombError:
        raise ImageTooLarge(f"The image has far more pixels than the {max_pixels:,} that are read.") from None
    except MemoryError:
        raise ImageTooLarge from None
    except Exception:  # damaged files make the decoders raise nearly anything
        raise ImageTruncated from None


def _opened(data: bytes, max_pixels: int) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = max_pixels
    # Pillow refuses only what has twice as many pixels, and would warn of the rest, of which we say more.
    with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
        return Image.open(io.BytesIO(data), formats=FORMATS)


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The image has {width} x {height} pixels; at most {max_pixels:,} are read. Scale it down or crop it."
        )


def _unidentified(data: bytes) -> ImageError:
    if data.startswith(OURS):
        return ImageTruncated()
    if any(data[at : at + len(magic)] == magic for at, magic in FOREIGN):
        return UnsupportedFormat()
    return NotAnImage() if data else NotAnImage("The file is empty; send PNG, JPEG, BMP, GIF, TIFF or WebP.")


def _reduced(image: Image.Image) -> Image.Image:
    factor = min(image.size) // ENOUGH
    if factor < 2 or image.mode in {"1", "P"} or image.mode.startswith("I;"):
        return image
    return image.reduce(factor)


def _upright(image: Image.Image) -> Image.Image:
    has_orientation = "exif" in image.info or (image.format == "TIFF" and ExifTags.Base.Orientation in image.getexif())
    return ImageOps.exif_transpose(image) if has_orientation else image


def _gray(image: Image.Image) -> Gray:
    mode = image.mode
    if mode in {"L", "1"}:
        return np.asarray(image if mode == "L" else image.convert("L"))
    if mode.startswith("I") or mode == "F":
        return _scaled(np.asarray(image))
    if image.has_transparency_data:
        return _opaque(image.convert("RGBA"))
    return _contrasted(np.asarray(image if mode == "RGB" else image.convert("RGB")))


def _scaled(values: NDArray[np.generic]) -> Gray:
    """Deep values -> 0 to 255: from the full scale that they seem to use, or from their own range."""
    deep = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(deep.min()), float(deep.max())
    if low < 0 or high > FULL_SCALES[-1]:
        return np.asarray((deep - low) * (255.0 / max(high - low, 1e-9)), dtype=np.uint8)
    full = next(scale for scale in FULL_SCALES if high <= scale)
    return np.asarray(deep * (255.0 / full), dtype=np.uint8)


def _opaque(image: Image.Image) -> Gray:
    over_white = _contrasted(_over(image, "white"))
    return over_white if np.ptp(over_white) >= FLAT else _contrasted(_over(image, "black"))


def _over(image: Image.Image, color: str) -> Gray:
    paper = Image.new("RGB", image.size, color)
    paper.paste(image, mask=image.getchannel("A"))
    return np.asarray(paper)


def _contrasted(channels: Gray) -> Gray:
    """RGB of shape (height, width, 3) -> luminance, or the one channel that shows clearly more: yellow on white."""
    luminance = cv2.cvtColor(channels, cv2.COLOR_RGB2GRAY)
    shown = float(cv2.meanStdDev(luminance)[1][0, 0])
    if shown < PALE:
        spread = cv2.meanStdDev(channels)[1].ravel()
        if spread.max() > COLORFUL * shown:
            return np.ascontiguousarray(channels[:, :, int(spread.argmax())])
    return np.asarray(luminance, dtype=np.uint8)
