"""What is around a digit does not reach the network; what is part of a digit does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.worker.sevens import Gray, likeness, seven
from worker.normalize import normalize
from worker.surroundings import without_surroundings


def test_ruled_lines_and_frames_are_set_aside() -> None:
    paper = 255 - seven(160, 12)
    for at in (30, 75, 140):
        paper[at : at + 2] = np.minimum(paper[at : at + 2], 120)
    paper[:, :2] = 60

    normalized = normalize(paper)

    assert likeness(normalized.pixels, normalize(seven(160, 12)).pixels) > 0.85


def test_the_bar_of_a_small_seven_in_a_corner_is_no_ruled_line() -> None:
    paper = np.full((200, 200), 255, np.uint8)
    paper[:44, :44] -= seven(44, 5, size=0.9)

    normalized = normalize(paper)

    assert "touches_border" in normalized.flags
    assert likeness(normalized.pixels, normalize(seven(160, 14)).pixels) > 0.85


@pytest.mark.parametrize("tilt", [0, 4])
@pytest.mark.parametrize("pen", [1, 4])
def test_a_box_around_the_digit_is_set_aside(tilt: int, pen: int) -> None:
    paper = 255 - seven(160, 12, size=0.5)
    corners = np.array([[12 + tilt, 12], [148, 12 + tilt], [148 - tilt, 148], [12, 148 - tilt]])
    cv2.polylines(paper, [corners], True, 90, pen)

    normalized = normalize(paper)

    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(160, 12)).pixels) > 0.9


@pytest.mark.parametrize(("side", "pen", "line"), [(160, 12, 2), (160, 14, 3), (96, 14, 3), (64, 14, 3)])
def test_a_box_is_set_aside_where_the_digit_crosses_its_sides(side: int, pen: int, line: int) -> None:
    crossed = 255 - np.roll(seven(160, pen, size=0.55), (25, 25), (0, 1))
    cv2.rectangle(crossed, (30, 30), (130, 130), 80, line)
    crossed = cv2.resize(crossed, (side, side), interpolation=cv2.INTER_AREA)

    assert likeness(normalize(np.asarray(crossed, np.uint8)).pixels, normalize(seven(160, 12)).pixels) > 0.85


@pytest.mark.parametrize("bar", [None, ((30, 80), (130, 80)), ((30, 130), (130, 30))])
def test_a_zero_or_an_eight_as_straight_as_a_box_is_none(bar: tuple[tuple[int, int], ...] | None) -> None:
    drawn = cv2.rectangle(np.zeros((160, 160), np.uint8), (30, 30), (130, 130), 255, 8)
    if bar:
        cv2.line(drawn, *bar, 255, 8)

    pixels = normalize(np.asarray(255 - drawn, dtype=np.uint8)).pixels

    sides = pixels[14, 4:9], pixels[14, 19:24], pixels[4:9, 14], pixels[19:24, 14]
    assert min(side.max() for side in sides) > 200


def test_the_walls_of_the_boxes_beside_are_set_aside() -> None:
    field = 255 - seven(160, 12, size=0.4)
    for left in (-100, 26, 152):
        cv2.rectangle(field, (left, 20), (left + 108, 140), 60, 3)
    assert likeness(normalize(field).pixels, normalize(seven(160, 16)).pixels) > 0.85


def test_a_punched_hole_is_no_stroke() -> None:
    sheet = 255 - seven(200, 8, size=0.5)
    cv2.circle(sheet, (24, 100), 14, 40, -1)
    assert likeness(normalize(sheet).pixels, normalize(seven(200, 8)).pixels) > 0.85


def test_characters_that_touch_their_line_are_not_forgotten_with_it() -> None:
    low, high, nothing = (np.roll(seven(80, 6), 7, 0), np.roll(seven(80, 6), -4, 0), np.zeros((80, 80), np.uint8))
    number, digit = (255 - np.hstack(places) for places in ((low, high, low), (nothing, high, nothing)))
    number[69:71] = digit[69:71] = 60

    assert normalize(number).flags == ("second_character",)
    assert normalize(digit).flags == ()


def test_what_reaches_down_from_above_is_no_part_of_the_digit() -> None:
    page = 255 - seven(160, 8, size=0.5)
    for column in (40, 70, 100):
        cv2.line(page, (column, 0), (column, 14), 20, 6)
    assert likeness(normalize(page).pixels, normalize(seven(160, 8, size=0.5)).pixels) > 0.95


@pytest.mark.parametrize("pen", [2, 10])
def test_a_circle_around_the_digit_is_set_aside(pen: int) -> None:
    circled = cv2.circle(255 - seven(160, 12, size=0.4), (80, 80), 70, 60, pen)

    assert normalize(np.asarray(circled, np.uint8)).flags == ()
    assert likeness(normalize(np.asarray(circled, np.uint8)).pixels, normalize(seven(160, 12)).pixels) > 0.9


def test_a_small_digit_in_a_large_circle_is_found() -> None:
    circled = cv2.circle(255 - seven(160, 8, size=0.25), (80, 80), 70, 60, 4)

    assert likeness(normalize(np.asarray(circled, np.uint8)).pixels, normalize(seven(160, 20)).pixels) > 0.85


@pytest.mark.parametrize("within", [((65, 100), (95, 60)), ((80, 80), (80, 80))], ids=["slash", "dot"])
def test_a_zero_with_a_loose_slash_or_a_dot_in_it_stays_whole(within: tuple[tuple[int, int], tuple[int, int]]) -> None:
    zero = cv2.ellipse(np.full((160, 160), 250, np.uint8), (80, 80), (38, 56), 0, 0, 360, 20, 8)

    pixels = normalize(np.asarray(cv2.line(zero, *within, 20, 8), np.uint8)).pixels

    assert pixels[14, 5:10].max() > 100, "its left side"
    assert pixels[14, 18:23].max() > 100, "its right side"


def test_the_outline_of_a_digit_is_no_circle_around_it() -> None:
    nine = cv2.ellipse(np.zeros((200, 200), np.uint8), (100, 60), (30, 30), 0, 0, 360, 255, 20)
    cv2.line(nine, (100, 95), (80, 180), 255, 12)
    outlined = 255 - cv2.morphologyEx(nine, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))

    _, _, width, height = cv2.boundingRect(normalize(np.asarray(outlined, np.uint8)).pixels)

    assert width < 0.8 * height, "the loop alone is round"


def test_the_outline_of_an_eight_is_no_circle_in_a_coarse_picture_either() -> None:
    eight = cv2.ellipse(np.zeros((200, 200), np.uint8), (100, 62), (26, 30), 0, 0, 360, 255, 26)
    cv2.ellipse(eight, (100, 132), (32, 36), 0, 0, 360, 255, 26)
    eight = np.where(cv2.resize(eight, (28, 28), interpolation=cv2.INTER_AREA) > 100, np.uint8(255), np.uint8(0))
    outlined = cv2.morphologyEx(eight, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))

    assert "several_components" not in normalize(np.asarray(outlined, np.uint8)).flags, "its loops alone are two"


@pytest.mark.parametrize(
    "line", [[[20, 132], [140, 128]], [[12, 100], [12, 134], [148, 134], [148, 100]]], ids=["underline", "comb"]
)
def test_a_line_under_the_digit_is_set_aside(line: list[list[int]]) -> None:
    paper = np.roll(255 - seven(160, 12, size=0.5), -20, axis=0)

    underlined = cv2.polylines(paper, [np.array(line)], False, 40, 4)

    assert likeness(normalize(np.asarray(underlined, np.uint8)).pixels, normalize(seven(160, 14)).pixels) > 0.85


@pytest.mark.parametrize("rows", [(24,), (218,), (24, 218)], ids=["above", "below", "both"])
@pytest.mark.parametrize("words", ["Number of persons", "MOMMOW WOMM OWWM"])
def test_rows_of_print_are_no_part_of_the_digit(words: str, rows: tuple[int, ...]) -> None:
    page = 255 - seven(240, 10, size=0.5)
    for row in rows:
        cv2.putText(page, words, (8, row + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 40, 3)

    normalized = normalize(page)

    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(240, 10, size=0.5)).pixels) > 0.95


def test_a_word_beside_the_digit_is_no_second_character() -> None:
    field = np.hstack((np.full((100, 130), 255, np.uint8), 255 - seven(100, 6)))
    cv2.putText(field, "MOWB", (8, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 40, 5)

    normalized = normalize(field)

    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(100, 6)).pixels) > 0.95


def test_the_dashes_of_a_digit_are_no_row_of_print() -> None:
    dashed, whole = np.zeros((2, 240, 240), np.uint8)
    for at in range(40, 200, 40):
        cv2.line(dashed, (at, 40), (at + 20, 40), 255, 10)
        cv2.line(dashed, (190, at), (190, at + 20), 255, 10)
    cv2.polylines(whole, [np.array([[40, 40], [190, 40], [190, 190]])], False, 255, 10)

    assert likeness(normalize(255 - dashed).pixels, normalize(whole).pixels) > 0.6


@pytest.mark.parametrize("levels", [(133, 147), (22, 137), (22, 133, 147)], ids=["double", "on both sides", "all"])
def test_lines_above_and_below_the_digit_are_set_aside(levels: tuple[int, ...]) -> None:
    paper = 255 - seven(160, 8, size=0.5)
    for at in levels:
        cv2.line(paper, (22, at + 1), (138, at - 1), 0, 6)

    assert likeness(normalize(paper).pixels, normalize(seven(160, 8, size=0.5)).pixels) > 0.95


@pytest.mark.parametrize("upside_down", [False, True], ids=["bar", "foot"])
def test_a_loose_bar_or_foot_stays_with_its_digit(upside_down: bool) -> None:
    drawn = cv2.line(np.zeros((160, 160), np.uint8), (80, 50), (74, 130), 255, 8)
    cv2.line(drawn, (46, 36), (108, 36), 255, 8)

    normalized = normalize(np.asarray(255 - (drawn[::-1] if upside_down else drawn), np.uint8))

    _, _, width, height = cv2.boundingRect(normalized.pixels)
    assert width > 0.5 * height


def test_what_was_drawn_with_a_much_finer_pen_is_set_aside_and_a_loose_stroke_is_not() -> None:
    paper = 255 - seven(160, 12, size=0.5)
    cv2.polylines(paper, [np.array([[20, 110], [20, 145], [100, 145]])], False, 60, 2)
    barred = np.asarray(cv2.line(255 - seven(160, 12), (100, 90), (140, 90), 0, 12), np.uint8)
    cv2.line(barred, (104, 60), (104, 130), 255, 8)

    assert likeness(normalize(paper).pixels, normalize(seven(160, 12)).pixels) > 0.9
    assert likeness(normalize(barred).pixels, normalize(seven(160, 12)).pixels) < 0.9


def framed(kind: str) -> Gray:
    """A large seven on paper, with something around it."""
    paper = 255 - seven(240, 18, size=0.38)
    disc = cv2.circle(np.zeros_like(paper), (120, 120), 112, 255, -1) > 0
    around = {
        "box": lambda: cv2.rectangle(paper, (18, 18), (222, 222), 60, 6),
        "circle": lambda: cv2.circle(paper, (120, 120), 112, 60, 6),
        "cell": lambda: cv2.polylines(paper, [np.array([[12, 0], [12, 228], [240, 228]])], False, 60, 6),
        "line": lambda: cv2.line(paper, (0, 200), (240, 204), 60, 6),
        "scanner": lambda: cv2.rectangle(paper, (0, 0), (24, 240), 20, -1),
        "crowded box": lambda: cv2.rectangle(paper, (44, 44), (196, 196), 60, 6),
        "comb": lambda: cv2.polylines(paper, [np.array([[24, 160], [24, 200], [216, 200], [216, 160]])], False, 60, 6),
        "underline": lambda: cv2.line(paper, (50, 204), (190, 198), 60, 8),
        "disc": lambda: np.where(disc, paper, 110),
    }
    return np.asarray(around[kind](), np.uint8)


@pytest.mark.parametrize("side", [24, 28, 36, 47])
@pytest.mark.parametrize(
    "kind", ["box", "circle", "cell", "line", "scanner", "crowded box", "comb", "underline", "disc"]
)
def test_coarse_pictures_are_freed_of_what_is_around_the_digit(kind: str, side: int) -> None:
    coarse = cv2.resize(framed(kind), (side, side), interpolation=cv2.INTER_AREA)

    assert likeness(normalize(np.asarray(coarse, np.uint8)).pixels, normalize(seven(240, 26)).pixels) > 0.8


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("soft", [0.1, 6])
@pytest.mark.parametrize("side", [24, 32, 47, 64])
def test_a_digit_that_fills_the_picture_stays_whole(side: int, soft: float, inverted: bool) -> None:
    large = cv2.GaussianBlur(seven(240, 24), (0, 0), soft)
    x, y, width, height = cv2.boundingRect(seven(240, 24))
    tight = cv2.resize(large[y : y + height, x : x + width], (side, side), interpolation=cv2.INTER_AREA)

    normalized = normalize(np.asarray(255 - tight if inverted else tight, np.uint8))
    pixels = normalized.pixels
    x, y, width, height = cv2.boundingRect(pixels)
    seen = cv2.resize(pixels[y : y + height, x : x + width], (side, side))

    assert normalized.inverted == inverted
    assert "cluttered" not in normalized.flags
    assert likeness(np.asarray(seen, np.uint8), np.asarray(tight, np.uint8)) > 0.8


def bold(figure: str) -> Gray:
    """A bold digit, light on black, that reaches all four edges, enlarged from 12 x 12 pixels to 96 x 96."""
    canvas = np.zeros((240, 240), np.uint8)
    if figure == "one":
        cv2.line(canvas, (30, 240), (210, 0), 255, 90)
    for middle in (62, 176) if figure == "eight" else ():
        cv2.ellipse(canvas, (120, middle), (90, 40), 0, 0, 360, 255, 50)
    coarse = cv2.resize(canvas, (12, 12), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("figure", ["one", "eight"])
def test_a_bold_digit_that_fills_the_picture_is_neither_paper_nor_light(figure: str, inverted: bool) -> None:
    picture = bold(figure)

    normalized = normalize(255 - picture if inverted else picture)
    x, y, width, height = cv2.boundingRect(normalized.pixels)
    seen = cv2.resize(normalized.pixels[y : y + height, x : x + width], (96, 96))

    assert normalized.inverted == inverted
    assert likeness(np.asarray(seen, np.uint8), picture) > 0.8


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("way", [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC])
@pytest.mark.parametrize("side", [48, 100])
def test_few_pixels_enlarged_are_no_light(side: int, way: int, inverted: bool) -> None:
    large = np.zeros((240, 240), np.uint8)
    cv2.ellipse(large, (120, 70), (80, 55), 0, 0, 360, 255, 26)
    cv2.ellipse(large, (110, 178), (96, 48), 0, 0, 360, 200, 26)
    few = cv2.resize(large, (8, 8), interpolation=cv2.INTER_AREA)
    picture = np.asarray(cv2.resize(few, (side, side), interpolation=way), np.uint8)

    normalized = normalize(255 - picture if inverted else picture)

    assert normalized.inverted == inverted
    assert likeness(normalized.pixels, normalize(np.asarray(few, np.uint8)).pixels) > 0.7


def test_strokes_that_leave_a_coarse_picture_are_no_lines() -> None:
    outline = np.array([[20, 27], [20, 15], [6, 15], [6, 18], [3, 18], [3, 11], [24, 11], [24, 27]])
    hollow = cv2.polylines(np.zeros((28, 28), np.uint8), [outline], False, 255, 1)

    _, _, width, height = cv2.boundingRect(normalize(np.asarray(hollow, np.uint8)).pixels)

    assert height > 0.7 * width, "the leg is there still"


def test_a_dark_band_with_a_nine_on_it_does_not_go_around_the_loop_of_the_nine() -> None:
    band = np.full((40, 40), 255, np.uint8)
    band[:, 9:30] = 0
    cv2.ellipse(band, (19, 14), (7, 9), 0, 0, 360, 255, 3)
    cv2.line(band, (26, 14), (24, 37), 255, 3)

    assert "touches_border" in normalize(band).flags, "the band is there still"


@pytest.mark.parametrize("ink", [0, 255])
def test_nothing_is_around_a_mask_that_is_empty_or_full(ink: int) -> None:
    mask = np.full((60, 90), ink, np.uint8)

    assert np.array_equal(without_surroundings(mask), mask)
