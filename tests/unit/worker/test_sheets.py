"""A digit on a sheet is found, and the sheet is not taken for ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.worker.sevens import likeness, seven
from worker.normalize import normalize


@pytest.mark.parametrize("turn", [0, 17])
@pytest.mark.parametrize("share", [0.35, 0.6])
def test_a_small_sheet_on_a_dark_table_is_found(share: float, turn: float) -> None:
    place = cv2.getRotationMatrix2D((80, 80), turn, share)
    table = cv2.warpAffine(230 - seven(160, 12) // 5 * 4, place, (160, 160), borderValue=60)
    alone = cv2.warpAffine(seven(160, 12), place, (160, 160))

    pixels = normalize(np.asarray(table, np.uint8)).pixels

    assert likeness(pixels, normalize(np.asarray(alone, np.uint8)).pixels) > 0.9


@pytest.mark.parametrize("side", [60, 100, 200])
def test_the_counter_of_a_bold_zero_is_no_figure_on_a_sheet(side: int) -> None:
    middle, zero = (side // 2, side // 2), np.zeros((side, side), np.uint8)
    cv2.ellipse(zero, middle, (side // 3, side * 2 // 5), 0, 0, 360, 255, -1)
    cv2.ellipse(zero, middle, (side // 12, side // 6), 0, 0, 360, 0, -1)
    assert normalize(zero).pixels[14, 7] > 200
    assert normalize(zero).pixels[14, 14] < 100


@pytest.mark.parametrize(("table", "sheet", "ink"), [(60, 235, 20), (230, 90, 10), (235, 40, 250)])
def test_a_digit_on_a_sheet_is_found_whatever_the_table_is_like(table: int, sheet: int, ink: int) -> None:
    picture = np.full((200, 200), table, np.uint8)
    cv2.fillConvexPoly(picture, np.array([[18, 25], [178, 12], [190, 180], [10, 170]]), sheet)
    picture[seven(200, 12, size=0.4) > 0] = ink

    assert likeness(normalize(picture).pixels, normalize(seven(160, 12, size=0.5)).pixels) > 0.85


@pytest.mark.parametrize("side", [56, 160])
def test_a_digit_on_a_disc_is_found_and_a_bold_zero_is_no_disc(side: int) -> None:
    disc = cv2.circle(np.full((160, 160), 120, np.uint8), (80, 80), 74, 200, -1)
    marked = np.where(seven(160, 5, size=0.4) > 0, np.uint8(40), disc)
    zero = cv2.ellipse(np.full((160, 160), 250, np.uint8), (80, 80), (42, 54), 0, 0, 360, 20, 46)
    marked, zero = (cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in (marked, zero))
    marked = cv2.GaussianBlur(marked, (0, 0), 0.8)

    assert likeness(normalize(np.asarray(marked, np.uint8)).pixels, normalize(seven(160, 20)).pixels) > 0.8
    assert normalize(np.asarray(zero, np.uint8)).inverted


@pytest.mark.parametrize(("wall", "disc"), [(250, 60), (30, 230)])
@pytest.mark.parametrize("side", [140, 600])
def test_a_digit_of_the_walls_tone_on_a_disc_is_found(wall: int, disc: int, side: int) -> None:
    badge = cv2.circle(np.full((140, 140), wall, np.uint8), (70, 66), 40, disc, -1, cv2.LINE_AA)
    badge[seven(140, 5, size=0.28) > 0] = wall
    badge = np.asarray(cv2.resize(badge, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)

    assert likeness(normalize(badge).pixels, normalize(seven(160, 20)).pixels) > 0.85


@pytest.mark.parametrize(("width", "curl"), [(26, 180), (40, 0)])
def test_a_bold_zero_whose_stroke_curls_in_or_that_is_round_is_no_disc(width: int, curl: int) -> None:
    zero = cv2.ellipse(np.zeros((160, 160), np.uint8), (80, 80), (width, 40), 0, 0, 360, 255, 28)
    cv2.ellipse(zero, (80, 72), (8, 12), 0, 0, curl, 255, 9)

    pixels = normalize(zero).pixels

    assert pixels[14, :9].max() > 200
    assert pixels[14, -9:].max() > 200


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_digit_near_the_corner_of_a_sheet_is_found(turn: int) -> None:
    table = np.full((240, 240), 60, np.uint8)
    cv2.fillConvexPoly(table, np.array([[45, 30], [240, 50], [240, 240], [25, 240]]), 235)
    table = np.asarray(table * np.linspace(1, 0.9, 240), np.uint8)
    turned = np.ascontiguousarray(np.rot90(table, turn // 90))
    turned[seven(240, 10, size=0.3) > 0] = 30

    assert likeness(normalize(turned).pixels, normalize(seven(160, 15)).pixels) > 0.85
