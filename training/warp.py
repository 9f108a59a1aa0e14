"""Bending pictures: random affine and elastic maps (P. Simard et al., Best practices for CNNs, 2003)."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Bend:
    """Spreads (standard deviations): radians, shear, log scale, and shifts as shares of the side."""

    turn: float = 0.14
    shear: float = 0.16
    scale: float = 0.09
    shift: float = 0.025
    wave: float = 0.045

    def by(self, strength: float) -> Bend:
        """The same, so many times as strong."""
        return Bend(*(spread * strength for spread in astuple(self)))


def bent(picture: Gray, rng: Generator, bend: Bend) -> Gray:
    """A square picture under a random affine map and, in three of four cases, an elastic one."""
    side = picture.shape[0]
    matrix, offset = _affine(side, rng, bend)
    if rng.random() < 0.25:
        return np.asarray(cv2.warpAffine(picture, np.column_stack((matrix, offset)), (side, side)), dtype=np.uint8)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    waves = cv2.GaussianBlur(rng.uniform(-1, 1, (28, 28, 2)).astype(np.float32), (0, 0), float(rng.uniform(3, 5)))
    waves = cv2.resize(waves, (side, side)) * (side * bend.wave * 28)
    x = matrix[0, 0] * columns + matrix[0, 1] * rows + offset[0] + waves[..., 0]
    y = matrix[1, 0] * columns + matrix[1, 1] * rows + offset[1] + waves[..., 1]
    return np.asarray(cv2.remap(picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR), dtype=np.uint8)


def _affine(side: int, rng: Generator, bend: Bend) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle, shear = rng.normal(0, bend.turn), rng.normal(0, bend.shear)
    width, height = np.exp(rng.normal(0, bend.scale, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag([width, height])
    middle = np.full(2, (side - 1) / 2)
    return matrix, middle - matrix @ middle + rng.normal(0, bend.shift * side, 2)
