"""What scenes are painted with: ink and paper, light, a camera's faults, and files.

Colors are blue, green and red, as OpenCV has them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.pictures import as_gray
from training.warp import Gray

#: How much of each pixel is covered with ink, 0 to 1, of shape (side, side).
Cover = NDArray[np.float32]
#: Colors of shape (side, side, 3), 0 to 255 and beyond.
Picture = NDArray[np.float32]
Color = tuple[int, int, int]

WHITE, CREAM, BLACK, DARK_BLUE = (252, 252, 252), (228, 234, 236), (30, 25, 25), (110, 40, 30)


def cover(digit: Gray, rng: Generator, side: int, share: float, pen: int = 1) -> Cover:
    """A digit with clear edges, so large a share of a frame, somewhere in it, dilated by a pen so wide."""
    size = int(side * share)
    smooth = cv2.GaussianBlur(cv2.resize(digit, (size, size), interpolation=cv2.INTER_CUBIC), (0, 0), size / 50)
    left, top = rng.integers(0, side - size + 1, 2)
    frame = np.zeros((side, side), np.float32)
    frame[top : top + size, left : left + size] = np.clip((smooth.astype(np.float32) - 90) / 60, 0, 1)
    return np.asarray(cv2.dilate(frame, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pen, pen))), np.float32)


def paper(color: Color, side: int) -> Picture:
    """Nothing but a color."""
    return np.full((side, side, 3), color, np.float32)


def painted(on: Picture, covered: Cover, ink: Color) -> Picture:
    """The ink over what is there."""
    return on + covered[..., None] * (np.array(ink, np.float32) - on)


def grainy(picture: Picture, rng: Generator, spread: float = 3.0) -> Picture:
    """A camera's noise."""
    return picture + rng.standard_normal(picture.shape[:2], np.float32)[..., None] * np.float32(spread)


def clouds(rng: Generator, side: int, grain: float) -> Picture:
    """Smooth noise between about -1 and 1, of shape (side, side, 1)."""
    smooth = cv2.GaussianBlur(rng.standard_normal((side, side), np.float32), (0, 0), grain)
    return np.asarray(smooth / np.abs(smooth).max(), np.float32)[..., None]


def lit(picture: Picture, rng: Generator, darkest: float) -> Picture:
    """Light that falls off from one side to the other."""
    ramp = across(picture.shape[0], rng)
    return picture * np.float32(darkest + (1 - darkest) * (ramp - ramp.min()) / np.ptp(ramp))


def under_a_lamp(picture: Picture, rng: Generator, darkest: float) -> Picture:
    """Light that falls off from a place in the picture."""
    row, column, size = rng.uniform((0, 0, 0.25), (1, 1, 0.6))
    rows, columns = np.mgrid[0 : 1 : picture.shape[0] * 1j, 0 : 1 : picture.shape[1] * 1j]
    near = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * size**2))[..., None]
    return np.asarray(picture * (darkest + (1 - darkest) * near), np.float32)


def dappled(picture: Picture, rng: Generator, darkest: float) -> Picture:
    """Light and shade in nine places, and what lies between."""
    places = rng.uniform(darkest, 1, (3, 3)).astype(np.float32)
    light = cv2.resize(places, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(picture * light[..., None], np.float32)


def across(side: int, rng: Generator) -> Picture:
    """How far each pixel lies from a line through the middle, of shape (side, side, 1)."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) - side / 2
    angle = rng.uniform(0, 2 * np.pi)
    return np.asarray(columns * np.cos(angle) + rows * np.sin(angle), np.float32)[..., None]


def coarse(picture: Picture, rng: Generator) -> Picture:
    """A picture of few pixels."""
    side = int(rng.integers(26, 46))
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def png(picture: NDArray[np.floating]) -> bytes:
    """A file of (H, W), (H, W, 3) or, with the opacity, (H, W, 4)."""
    return bytes(cv2.imencode(".png", as_gray(picture))[1])


def jpeg(picture: NDArray[np.floating], quality: int = 75) -> bytes:
    """A file of (H, W) or (H, W, 3), of quality 1 to 100."""
    return bytes(cv2.imencode(".jpg", as_gray(picture), [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
