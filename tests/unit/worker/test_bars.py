"""Bars around a picture are cut off; strokes and boxes are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.worker.sevens import Gray, likeness, seven
from worker.bars import inside_bars
from worker.normalize import normalize


def photo(side: int = 160) -> Gray:
    return np.asarray(200 - 0.7 * seven(side, 12), dtype=np.uint8)


def barred(picture: Gray, rows: int, columns: int, tone: int) -> Gray:
    return np.pad(picture, ((rows, rows), (columns, columns)), constant_values=tone)


@pytest.mark.parametrize("tone", [0, 30, 255])
@pytest.mark.parametrize(("rows", "columns"), [(40, 0), (0, 60), (20, 20), (3, 1)])
def test_what_is_inside_of_bars_is_read(rows: int, columns: int, tone: int) -> None:
    pixels = normalize(barred(photo(), rows, columns, tone)).pixels
    assert likeness(pixels, normalize(photo()).pixels) > 0.95


def test_a_large_picture_is_cut_where_its_small_copy_shows_it() -> None:
    large = cv2.resize(barred(photo(), 40, 0, 0), None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST)
    assert likeness(normalize(np.asarray(large, np.uint8)).pixels, normalize(photo()).pixels) > 0.95


def test_what_is_written_on_a_bar_may_be_the_digit() -> None:
    picture = barred(photo(), 60, 0, 0)
    picture[10:50, 20:60] = 255 - seven(40, 4)
    assert inside_bars(picture) is None


@pytest.mark.parametrize(
    "picture",
    [
        255 - seven(160, 12),
        255 - seven(160, 12, size=0.9),
        seven(160, 60),
        barred(np.full((100, 60), 255, np.uint8), 10, 8, 0),
        barred(np.full((100, 60), 255, np.uint8), 10, 0, 0),
        barred(255 - seven(160, 12), 20, 20, 255),
        barred(photo(20), 4, 4, 0),
        np.full((100, 100), 255, np.uint8),
        np.asarray(cv2.rectangle(255 - seven(160, 12, size=0.4), (20, 20), (140, 140), 0, 3), np.uint8),
    ],
    ids=["digit", "large digit", "bold digit", "bold one", "high one", "margin", "few pixels", "blank", "box"],
)
def test_strokes_margins_and_boxes_are_no_bars(picture: Gray) -> None:
    assert inside_bars(picture) is None
