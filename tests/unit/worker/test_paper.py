"""Light on the paper is no ink, however it falls, and hides none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from tests.unit.worker.sevens import Gray, likeness, seven
from worker.normalize import normalize

Light = NDArray[np.float64]
SIDE, TRIES = 400, 40


def even(rng: Generator) -> Light:
    return np.ones((SIDE, SIDE))


def from_a_side(rng: Generator) -> Light:
    return np.asarray(cv2.resize(rng.uniform(0.7, 1, (2, 2)), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR))


def of_a_lamp(rng: Generator) -> Light:
    down, right = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    height, width = rng.uniform(0, 1, 2)
    return np.asarray(0.55 + 0.45 * np.exp(-((down - height) ** 2 + (right - width) ** 2) / rng.uniform(0.12, 0.7)))


def in_spots(rng: Generator) -> Light:
    return np.asarray(cv2.resize(rng.uniform(0.6, 1, (3, 3)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def with_a_hard_edge(rng: Generator) -> Light:
    down, right = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    return np.where(down * np.sin(angle) + right * np.cos(angle) > rng.uniform(-0.3, 0.3), 1, 0.55)


def in_patches(rng: Generator) -> Light:
    patches = 1 - rng.uniform(0.35, 0.5) * (np.add.outer(range(3), range(3)) % 2)
    return np.asarray(cv2.resize(patches, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def photos(light: Callable[[Generator], Light], paper: int, ink: int, share: float) -> Iterator[Gray]:
    """Pages of paper with a seven, which has so large a share of their sides, anywhere on them."""
    rng = np.random.default_rng(4)
    for _ in range(TRIES):
        covered = np.zeros((SIDE, SIDE))
        size = round(share * SIDE)
        row, column = rng.integers(5, SIDE - size - 5, 2)
        covered[row : row + size, column : column + size] = seven(size, max(2, size // 8), 0.85) / 255
        photo = (paper + covered * (ink - paper)) * light(rng) + rng.normal(0, rng.uniform(0.5, 3), (SIDE, SIDE))
        yield np.clip(photo, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [even, from_a_side, of_a_lamp, in_spots, in_patches])
@pytest.mark.parametrize(("paper", "ink"), [(225, 60), (40, 220)])
@pytest.mark.parametrize("share", [0.06, 0.12])
def test_a_small_digit_on_a_page_is_found(
    light: Callable[[Generator], Light], paper: int, ink: int, share: float
) -> None:
    clear = normalize(seven(160, 20)).pixels

    found = sum(likeness(normalize(photo).pixels, clear) > 0.7 for photo in photos(light, paper, ink, share))

    assert found > 0.9 * TRIES


@pytest.mark.parametrize("light", [even, from_a_side, of_a_lamp])
@pytest.mark.parametrize("paper", [225, 120])
def test_light_on_an_empty_page_is_no_ink(light: Callable[[Generator], Light], paper: int) -> None:
    blank = sum(normalize(photo).flags == ("blank",) for photo in photos(light, paper, paper, 0.1))

    assert blank > 0.9 * TRIES


def test_a_faint_digit_beside_the_hard_edge_of_a_shadow_is_found() -> None:
    clear = normalize(seven(160, 20)).pixels
    pages = photos(with_a_hard_edge, 225, 110, 0.4)

    assert sum(likeness(normalize(page).pixels, clear) > 0.7 for page in pages) > 0.8 * TRIES
