"""Fifteen ways to damage a 28 x 28 digit, of the kinds of MNIST-C (N. Mu, J. Gilmer, 2019), written anew.

Each takes a light digit on black, 0 to 255, a generator, and a strength from 0 (hardly visible) over 1 (as strong
as in MNIST-C) upwards. Evaluation uses strength 1 on test digits; training uses random strengths on others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.pictures import as_gray
from training.warp import Gray

SIDE = 28
Corruption = Callable[[Gray, Generator, float], Gray]


def shot_noise(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Few photons."""
    photons = 3 / max(strength, 0.1)
    return as_gray(rng.poisson(digit / 255 * photons) / photons * 255)


def impulse_noise(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Pixels that are stuck at black or white."""
    stuck = rng.random(digit.shape) < 0.17 * strength
    return np.where(stuck, rng.choice(np.array([0, 255], np.uint8), digit.shape), digit).astype(np.uint8)


def glass_blur(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Pixels change places with their neighbors, between two blurs."""
    sigma = 0.7 * strength + 0.01
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    x, y = (axis + rng.integers(-1, 2, digit.shape).astype(np.float32) for axis in (columns, rows))
    moved = cv2.remap(cv2.GaussianBlur(digit, (0, 0), sigma), x, y, cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), sigma), dtype=np.uint8)


def motion_blur(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Smeared along a slanted line, to one side."""
    length = max(1, round(10 * strength))
    trail = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    angle = rng.uniform(-np.pi / 4, np.pi / 4)
    for step in range(length):
        at = length + np.round(step * np.array([np.sin(angle), np.cos(angle)])).astype(int)
        trail[at[0], at[1]] += np.exp(-((step / 3) ** 2) / 2)
    return np.asarray(cv2.filter2D(digit, -1, trail / trail.sum()), dtype=np.uint8)


def _mapped(digit: Gray, matrix: NDArray[np.floating], shift: NDArray[np.floating]) -> Gray:
    middle = np.full(2, (SIDE - 1) / 2)
    affine = np.column_stack((matrix, middle - matrix @ middle + shift))
    return np.asarray(cv2.warpAffine(digit, affine, digit.shape), dtype=np.uint8)


def shear(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Slanted by 0.4 either way."""
    return _mapped(digit, np.array([[1, rng.choice([-0.4, 0.4]) * strength], [0, 1]]), np.zeros(2))


def scale(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Smaller, by three tenths."""
    return _mapped(digit, np.eye(2) * (1 - 0.3 * strength), np.zeros(2))


def rotate(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Turned by 0.4 radians either way."""
    angle = rng.choice([-0.4, 0.4]) * strength
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return _mapped(digit, turn, np.zeros(2))


def translate(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Moved by three pixels towards a corner."""
    return _mapped(digit, np.eye(2), rng.choice([-3, 3], 2) * strength)


def brightness(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Everything lighter by half the range."""
    return as_gray(digit + 127.5 * strength)


def stripe(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Black and white exchanged in a band at the left edge and one at the right, each a quarter of the width."""
    width = round(7 * strength)
    outside = np.ones(digit.shape, bool)
    outside[:, width : SIDE - width] = False
    return np.where(outside, 255 - digit, digit).astype(np.uint8)


def fog(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Clouds before the digit, which keeps a quarter of its contrast."""
    clouds = np.zeros(digit.shape, np.float32)
    for octave, cells in enumerate((2, 4, 8, 16, 28)):
        patches = rng.random((cells, cells), np.float32) / 1.4**octave
        clouds += cv2.resize(patches, digit.shape, interpolation=cv2.INTER_LINEAR)
    veil = cv2.normalize(clouds, None, 0.0, 3 * strength, cv2.NORM_MINMAX)
    return as_gray((digit / 255 + veil) / (1 + 3 * strength) * 255)


def spatter(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Spots of dark mud that hide what is below them."""
    wet = cv2.GaussianBlur(rng.normal(0.65, 0.3, digit.shape).astype(np.float32), (0, 0), 1.0)
    spots = cv2.GaussianBlur((wet > 0.65 + 0.1 * (1 - strength)).astype(np.float32), (0, 0), 1.5 - 0.5 * strength)
    spots[spots < 0.8] = 0
    return as_gray(digit * (1 - spots) + 63 * spots)


def _overlaid(digit: Gray, corners: NDArray[np.floating], strength: float) -> Gray:
    """The digit under a soft white line through corners (n, 2), two to three pixels wide."""
    at = np.round(corners * 16).astype(np.int32)
    line = cv2.polylines(np.zeros_like(digit), [at], False, 255, 1, cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(line, (5, 5), 0.7).astype(np.float32)
    return as_gray(digit + soft * (1.7 * min(strength, 1.0)))


def dotted_line(digit: Gray, rng: Generator, strength: float) -> Gray:
    """A dashed line from side to side."""
    line = _overlaid(np.zeros_like(digit), np.column_stack(([0, 27], rng.uniform(0, 27, 2))), strength)
    line[:, np.arange(SIDE) // 2 % 2 == 0] = 0
    return np.asarray(cv2.add(digit, line), dtype=np.uint8)


def zigzag(digit: Gray, rng: Generator, strength: float) -> Gray:
    """A zigzag line from side to side, two pixels up and two down."""
    x = np.arange(2, 26, 4.0)
    y = rng.uniform(0, 27) + rng.uniform(-5, 5) * (x - 2) / 23 + np.resize([2.0, -2.0], len(x))
    return _overlaid(digit, np.column_stack((x, y)), strength)


def canny_edges(digit: Gray, rng: Generator, strength: float) -> Gray:
    """Nothing but the edges, one pixel wide."""
    smooth = cv2.GaussianBlur(digit, (0, 0), max(0.3, float(rng.normal(1, 0.15)) * strength))
    return np.asarray(cv2.Canny(smooth, 20, 60), dtype=np.uint8)


KINDS: Mapping[str, Corruption] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            shot_noise, impulse_noise, glass_blur, motion_blur, shear, scale, rotate, translate, brightness, stripe,
            fog, spatter, dotted_line, zigzag, canny_edges,
        )
    }
)  # fmt: skip
