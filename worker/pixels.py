"""Normalized pixels -> what a network is fed: its shape, its channels, its range of values."""

from __future__ import annotations

from math import isqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.errors import ModelBroken
from shared.manifest import Input

CHANNELS = (1, 3)
#: The side of a normalized picture, and the longest one of the frames that people put around it.
SIDE, LARGEST_FRAME = 28, 40


def feed(pixels: NDArray[np.uint8], wanted: Input) -> NDArray[np.float32]:
    """Pixels of shape (N, 28, 28), 0 black to 255 white, as (N, *wanted.shape) within wanted.range."""
    height, width, channel_axis = geometry(wanted.shape)
    black, white = wanted.range
    fitted = (_padded if wanted.padded else _resized)(pixels, height, width)
    values = np.multiply(fitted, np.float32((white - black) / 255), dtype=np.float32)
    values += np.float32(black)
    if channel_axis is not None:
        values = np.broadcast_to(np.expand_dims(values, channel_axis), (len(pixels), *wanted.shape))
    return np.ascontiguousarray(values).reshape(len(pixels), *wanted.shape)


def geometry(shape: tuple[int, ...]) -> tuple[int, int, int | None]:
    """Height, width and the axis of the channels of an input such as (784,), (28, 28), (28, 28, 1) or (1, 28, 28).

    Raises ModelBroken if it cannot be an image.
    """
    match shape:
        case (size,) if isqrt(size) ** 2 == size:
            return isqrt(size), isqrt(size), None
        case (height, width):
            return height, width, None
        case (height, width, channels) if channels in CHANNELS:
            return height, width, -1
        case (channels, height, width) if channels in CHANNELS:
            return height, width, -3
    raise ModelBroken(f"The model's input of shape {shape} is no image; (28, 28, 1) or (784,) would be one.")


def may_be_padded(shape: tuple[int, ...]) -> bool:
    """Whether an input is a little larger than 28 x 28, so that people may have framed MNIST's digits for it."""
    height, width, _ = geometry(shape)
    return min(height, width) > SIDE and max(height, width) <= LARGEST_FRAME


def _padded(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """The pixels in the middle of black; what is too small for them is resized all the same."""
    if min(height, width) < SIDE:
        return _resized(pixels, height, width)
    top, left = (height - SIDE) // 2, (width - SIDE) // 2
    return np.pad(pixels, ((0, 0), (top, height - SIDE - top), (left, width - SIDE - left)))


def _resized(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if pixels.shape[1:] == (height, width):
        return pixels
    shrinks = height * width < pixels.shape[1] * pixels.shape[2]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.stack([np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8) for image in pixels])
