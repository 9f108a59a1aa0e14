"""Whatever picture came, the network sees MNIST's conditions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.unit.worker.sevens import Gray, likeness, seven
from worker.decisions import GRAVE
from worker.mnist import BESIDE, mnist_test
from worker.normalize import normalize, plain


def assert_fulfills_mnists_conditions(pixels: Gray) -> None:
    assert pixels.shape == (28, 28)
    assert pixels.dtype == np.uint8
    side = max(cv2.boundingRect(pixels)[2:])
    assert side in {19, 20}
    moments = cv2.moments(pixels)
    assert abs(moments["m10"] / moments["m00"] - 14) <= 1
    assert abs(moments["m01"] / moments["m00"] - 14) <= 1
    assert pixels.max() >= 250
    assert pixels[0, 0] == 0


@pytest.mark.parametrize(("side", "pen"), [(28, 1), (28, 2), (28, 4), (64, 1), (100, 12), (400, 3), (1200, 20)])
@pytest.mark.parametrize("inverted", [False, True])
def test_any_size_pen_and_polarity_becomes_the_same_seven(side: int, pen: int, inverted: bool) -> None:
    picture = seven(side, pen)

    normalized = normalize(255 - picture if inverted else picture)

    assert_fulfills_mnists_conditions(normalized.pixels)
    assert normalized.inverted is inverted
    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(200, 20)).pixels) > 0.75


def test_an_image_under_mnists_conditions_passes_untouched() -> None:
    digit = normalize(seven(100, 9)).pixels

    assert normalize(digit).pixels is digit


def test_an_image_under_mnists_conditions_in_dark_on_light_is_merely_inverted() -> None:
    digit = normalize(seven(100, 9)).pixels

    normalized = normalize(255 - digit)

    assert np.array_equal(normalized.pixels, digit)
    assert normalized.inverted
    assert normalized.flags == ()


@pytest.mark.parametrize("place", [(0, 5), (1, 3), (8, 5), (8, 8)])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_of_mnists_size_and_pen_is_merely_moved(place: tuple[int, int], inverted: bool) -> None:
    digit = normalize(seven(100, 9)).pixels
    x, y, width, height = cv2.boundingRect(digit)
    top, left = min(place[0], 28 - height), min(place[1], 28 - width)
    moved = np.zeros((28, 28), np.uint8)
    moved[top : top + height, left : left + width] = digit[y : y + height, x : x + width]

    normalized = normalize(255 - moved if inverted else moved)

    assert np.array_equal(normalized.pixels, digit)
    assert normalized.inverted is inverted
    strokes = moved > 90
    cut_off = strokes[0].any() or strokes[-1].any() or strokes[:, 0].any() or strokes[:, -1].any()
    assert normalized.flags == (("touches_border",) if cut_off else ())


def a_clean_seven(side: int) -> Gray:
    """A seven (28, 28) that is so many pixels high."""
    digit = seven(100, 9)
    x, y, width, height = cv2.boundingRect(digit)
    size = side * width // height, side
    small = cv2.resize(digit[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    above, left = (28 - size[1]) // 2, (28 - size[0]) // 2
    return np.pad(small, ((above, 28 - above - size[1]), (left, 28 - left - size[0])))


@pytest.mark.parametrize("side", [9, 14, 23, 26])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_clean_digit_of_another_size_is_merely_scaled(side: int, inverted: bool) -> None:
    clean = a_clean_seven(side)

    normalized = normalize(255 - clean if inverted else clean)

    assert_fulfills_mnists_conditions(normalized.pixels)
    assert likeness(normalized.pixels, normalize(seven(100, 9)).pixels) > 0.85
    assert normalized.inverted is inverted
    assert normalized.flags == ()


def test_a_faint_box_around_a_clean_digit_is_set_aside() -> None:
    digit = a_clean_seven(14)
    boxed = cv2.rectangle(digit.copy(), (3, 3), (24, 24), 80, 1)

    assert likeness(normalize(boxed).pixels, normalize(digit).pixels) > 0.85


@pytest.mark.skipif(not BESIDE.is_file(), reason="MNIST is not on this machine.")
def test_all_of_mnists_test_set_passes_untouched_and_so_is_read_as_without_normalization() -> None:
    images, _ = mnist_test()

    assert len(images) == 10_000
    assert all(normalize(image).pixels is image for image in images)


def test_strokes_of_one_pixel_are_widened() -> None:
    thin, wide = normalize(seven(300, 1)).pixels, normalize(seven(300, 28)).pixels

    assert 0.4 < thin.sum() / wide.sum() < 1.1


def test_a_tiny_digit_in_a_large_frame_is_found() -> None:
    frame = np.full((900, 1400), 240, np.uint8)
    frame[700:760, 1200:1260] -= seven(60, 4, size=0.9) // 2

    normalized = normalize(frame)

    assert_fulfills_mnists_conditions(normalized.pixels)
    assert likeness(normalized.pixels, normalize(seven(200, 14)).pixels) > 0.75


def test_faint_ink_comes_out_at_full_strength() -> None:
    faint = (200 - seven(100, 8) * 0.12).astype(np.uint8)

    normalized = normalize(faint)

    assert normalized.pixels.max() == 255
    assert normalized.flags == ("low_contrast",)


def test_uneven_light_is_evened_out() -> None:
    light = np.linspace(0.35, 1, 200)[None, :]
    photo = (light * (230 - 0.6 * seven(200, 14))).astype(np.uint8)

    normalized = normalize(photo)

    assert normalized.inverted
    assert likeness(normalized.pixels, normalize(seven(200, 14)).pixels) > 0.9


def test_noise_and_specks_are_set_aside() -> None:
    rng = np.random.default_rng(3)
    photo = 200.0 - 0.6 * seven(120, 9) + rng.normal(0, 8, (120, 120))
    photo[100:103, 5:8] = 40

    normalized = normalize(np.clip(photo, 0, 255).astype(np.uint8))

    assert likeness(normalized.pixels, normalize(seven(120, 9)).pixels) > 0.9


@pytest.mark.parametrize("ink", [60, 120])
def test_glare_in_the_middle_of_a_picture_hides_no_ink(ink: int) -> None:
    board = cv2.convertScaleAbs(seven(200, 14), alpha=-(205 - ink) / 255, beta=205).astype(np.float32)
    rows, columns = np.mgrid[0:200, 0:200].astype(np.float32)
    glare = 0.8 * np.exp(-((rows - 80) ** 2 + (columns - 120) ** 2) / (2 * 40**2))

    normalized = normalize((board * (1 - glare) + 255 * glare).astype(np.uint8))

    assert normalized.inverted
    assert likeness(normalized.pixels, normalize(seven(200, 14)).pixels) > 0.85


def test_faint_ink_is_found_where_light_falls_off_towards_all_edges() -> None:
    rows, columns = np.mgrid[0:240, 0:240] / 240 - 0.5
    light = 1 - 0.7 * (rows**2 + columns**2)

    normalized = normalize(((235 - 45.0 * (seven(240, 12) > 0)) * light).astype(np.uint8))

    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(160, 8)).pixels) > 0.85


@pytest.mark.parametrize("side", [28, 48, 96])
@pytest.mark.parametrize("contrast", [60, 190])
def test_soft_light_and_noise_are_no_ink(side: int, contrast: int) -> None:
    rng, clear, found = np.random.default_rng(1), normalize(seven(160, 20)).pixels, 0
    inked = 230 - contrast * (seven(side, max(2, side // 16), size=0.35) > 0)

    for _ in range(100):
        light = cv2.resize(rng.uniform(0.55, 1, (2, 2)), (side, side), interpolation=cv2.INTER_LINEAR)
        photo = np.clip(inked * light + rng.normal(0, 2, (side, side)), 0, 255).astype(np.uint8)
        found += likeness(normalize(photo).pixels, clear) > 0.7

    assert found > 90


@pytest.mark.parametrize("place", [np.s_[:18], np.s_[:, -18:]])
def test_the_shadow_along_an_edge_is_set_aside(place: tuple[slice, ...]) -> None:
    scan = 255 - seven(200, 14)
    scan[place] = 20

    normalized = normalize(scan)

    assert normalized.flags == ()
    assert likeness(normalized.pixels, normalize(seven(200, 14)).pixels) > 0.9


def test_faint_ink_in_the_middle_of_a_lamps_light_is_found() -> None:
    down, right = np.mgrid[-1:1:200j, -1:1:200j]
    light = 1 - 0.2 * (down**2 + right**2)
    photo = (light * (235 - 0.2 * seven(200, 14))).astype(np.uint8)

    normalized = normalize(photo)

    assert normalized.inverted
    assert likeness(normalized.pixels, normalize(seven(200, 14)).pixels) > 0.9


def test_a_loose_bar_stays_with_its_digit() -> None:
    five = np.zeros((80, 80), np.uint8)
    cv2.ellipse(five, (38, 50), (16, 16), 0, -90, 150, 255, 5)
    cv2.line(five, (34, 22), (34, 34), 255, 5)
    alone = normalize(five).pixels
    cv2.line(five, (40, 14), (60, 14), 255, 5)

    assert likeness(normalize(five).pixels, alone) < 0.8


@pytest.mark.parametrize(
    ("light", "specks"),
    [
        ([[242, 160], [242, 211]], [(23, 6), (20, 24)]),
        ([[187, 143], [248, 199]], [(20, 25), (16, 19)]),
        ([[179, 246], [255, 176]], [(11, 11), (10, 16)]),
    ],
)
def test_a_shadow_beside_two_specks_is_blank(light: list[list[int]], specks: list[tuple[int, int]]) -> None:
    paper = cv2.resize(np.array(light, np.float32), (28, 28), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    for speck in specks:
        paper[speck] = 30
    assert normalize(paper).flags == ("blank",)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_page_is_blank(level: int) -> None:
    normalized = normalize(np.full((50, 60), level, np.uint8))

    assert normalized.flags == ("blank",)
    assert not normalized.pixels.any()


def test_what_is_doubtful_is_flagged() -> None:
    two = np.hstack([seven(60, 5), seven(60, 5)])
    tiny = np.zeros((28, 28), np.uint8)
    tiny[10:15, 12:14] = 255
    cut = seven(60, 5)[:, 12:]
    stacked = np.vstack([seven(60, 5), seven(60, 5)])
    disc = cv2.circle(np.zeros((100, 100), np.uint8), (50, 50), 30, 255, -1)

    assert "several_components" in normalize(two).flags
    assert "too_small" in normalize(tiny).flags
    assert "touches_border" in normalize(cut).flags
    assert "second_character" in normalize(stacked).flags
    assert "solid" in normalize(np.asarray(disc, np.uint8)).flags


@pytest.mark.parametrize("side", [40, 100, 400])
@pytest.mark.parametrize("gap", [0.18, 0.35])
def test_a_slim_one_beside_another_digit_is_a_second_character(gap: float, side: int) -> None:
    picture, at = np.pad(seven(side, side // 17), ((0, 0), (0, side // 2))), round(side * (0.8 + gap))
    cv2.line(picture, (at, round(side * 0.22)), (at, round(side * 0.78)), 255, side // 27)

    assert "second_character" in normalize(picture).flags


def test_a_digit_of_one_part_or_with_a_loose_bar_has_no_grave_flag() -> None:
    loose = 255 - seven(100, 8)
    loose[45:50, :60] = 255

    for picture in (seven(100, 8), seven(100, 40), loose):
        assert not GRAVE.intersection(normalize(picture).flags)


def test_counts_from_0_to_16_are_a_picture() -> None:
    few = cv2.resize(seven(160, 9, size=0.9), (8, 8), interpolation=cv2.INTER_AREA)
    counts = np.round(few / 255 * 16).astype(np.uint8)

    assert likeness(normalize(counts).pixels, normalize(np.asarray(few, np.uint8)).pixels) > 0.95


@pytest.mark.parametrize("shape", [(16, 16), (18, 400)])
def test_noise_of_few_pixels_is_blank(shape: tuple[int, int]) -> None:
    noisy = np.random.default_rng(1).normal(235, 2.5, shape)
    assert normalize(noisy.astype(np.uint8)).flags == ("blank",)


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_any_picture_at_all_gives_28_by_28(gray: Gray) -> None:
    for way in (normalize, plain):
        pixels = way(gray).pixels
        assert pixels.shape == (28, 28)
        assert pixels.dtype == np.uint8


@pytest.mark.parametrize("width", [1, 2, 4, 7])
@pytest.mark.parametrize("row", [0, 300, 700, 723])
@pytest.mark.parametrize("turned", [False, True])
def test_a_dot_in_a_long_strip_is_no_fault(width: int, row: int, turned: bool) -> None:
    strip = np.zeros((724, width), np.uint8)
    strip[row : row + 9] = 255

    assert normalize(strip.T if turned else strip).pixels.shape == (28, 28)


def test_the_plain_way_only_turns_and_resizes() -> None:
    dark_on_light = plain(255 - seven(28, 3))

    assert dark_on_light.inverted
    assert (dark_on_light.pixels == seven(28, 3)).all()
    assert not plain(seven(28, 3)).inverted
