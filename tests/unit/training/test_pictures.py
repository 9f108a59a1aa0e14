"""What is learned from is made as it should be, and the same again from the same seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training import glyphs, photos, pictures, shards, strokes, suites, symbols
from training.corruptions import KINDS
from training.data import Digits
from training.sheets import contact_sheet
from training.warp import Bend, bent


def a_seven() -> glyphs.Gray:
    digit = np.zeros((28, 28), np.uint8)
    digit[5:8, 6:22] = digit[8:23, 14:17] = 255
    return digit


@pytest.fixture
def digits() -> Digits:
    return Digits(np.stack([a_seven()] * 3), np.array([7, 7, 7]))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_damage_changes_the_digit_and_keeps_its_form(kind: str) -> None:
    damaged = KINDS[kind](a_seven(), np.random.default_rng(1), 1.0)

    assert damaged.shape == (28, 28)
    assert damaged.dtype == np.uint8
    assert (damaged != a_seven()).any()


def test_there_are_fifteen_kinds_of_damage() -> None:
    assert len(KINDS) == 15


@pytest.mark.parametrize("way", [pictures.drawn, pictures.photographed])
def test_a_glyph_can_still_be_seen_in_its_picture(way: pictures.Step) -> None:
    rng = np.random.default_rng(2)

    made = [way(glyphs.handwritten(a_seven()), rng) for _ in range(200)]

    assert all(picture.dtype == np.uint8 and picture.ndim == 2 for picture in made)
    assert min(int(np.ptp(picture)) for picture in made) > 10
    assert {picture.shape[0] for picture in made} == set(pictures.FRAMES.tolist())


def test_a_slanted_stroke_is_stretched_and_a_bar_is_left_alone() -> None:
    slanted = np.zeros((glyphs.CANVAS, glyphs.CANVAS), np.uint8)
    bar = slanted.copy()
    cv2.line(slanted, (28, 56), (36, 8), 255, 4)
    bar[8:57, 30:34] = 255

    wider = [pictures.stretched(slanted, np.random.default_rng(seed)) for seed in range(20)]

    for picture in wider:
        _, top, width, height = cv2.boundingRect(picture)
        assert 12 < width <= height + 1
        assert (top, height) == cv2.boundingRect(slanted)[1::2]
    assert all(pictures.stretched(bar, np.random.default_rng(seed)) is bar for seed in range(20))


def test_every_shape_of_a_digit_is_drawn_within_the_canvas() -> None:
    rng = np.random.default_rng(3)

    drawn = [strokes.drawn_digit(rng) for _ in range(600)]

    assert {label for _, label in drawn} == set(range(10))
    for glyph, _ in drawn:
        assert glyph.any()
        assert not glyph[0].any()
        assert not glyph[:, 0].any()


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0.0, 0.0], [0.4, 1.0], [1.0, 0.2]])

    line = glyphs.curve(points)

    for point in points:
        assert np.abs(line - point).sum(1).min() < 1e-9


def test_typefaces_kept_out_are_never_learned_from() -> None:
    learned, kept_out = glyphs.typefaces(), glyphs.typefaces(kept_out=True)

    assert len(learned) > len(kept_out) > 3
    assert not set(learned) & set(kept_out)


@pytest.mark.parametrize("symbol", symbols.LEARNED + symbols.KEPT_OUT)
def test_a_symbol_lies_within_its_canvas_and_is_never_the_same(symbol: symbols.Symbol) -> None:
    rng = np.random.default_rng(8)
    made = [symbols.with_some_pen(symbol(rng), rng) for _ in range(20)]

    for glyph in made:
        left, top, width, height = cv2.boundingRect(glyph)
        assert max(width, height) >= glyphs.CANVAS - 20
        assert min(left, top, glyphs.CANVAS - left - width, glyphs.CANVAS - top - height) >= 6
    assert len({glyph.tobytes() for glyph in made}) > 10


def test_symbols_and_views_kept_out_are_never_learned_from() -> None:
    assert len(symbols.KEPT_OUT) > 3
    assert not set(symbols.LEARNED) & set(symbols.KEPT_OUT)
    assert photos.KEPT_OUT
    assert not set(photos.LEARNED) & set(photos.KEPT_OUT)


def test_a_doodle_lies_within_its_canvas_and_is_never_the_same() -> None:
    rng = np.random.default_rng(14)
    made = [glyphs.doodle(rng) for _ in range(50)]

    assert len({glyph.tobytes() for glyph in made}) == len(made)
    for glyph in made:
        left, top, width, height = cv2.boundingRect(glyph)
        assert min(left, top, glyphs.CANVAS - left - width, glyphs.CANVAS - top - height) > 0


def test_letters_that_look_like_digits_are_not_called_none() -> None:
    rng = np.random.default_rng(4)

    assert not {glyphs.letter_choice(rng) for _ in range(3000)} & glyphs.TWINS


def test_no_bend_leaves_a_picture_as_it_was() -> None:
    still = bent(a_seven(), np.random.default_rng(5), Bend(0, 0, 0, 0, 0))

    assert (still == a_seven()).all()


def test_a_shard_is_the_same_from_the_same_seed(digits: Digits) -> None:
    first, again, other = (shards.make_shard(digits, (seed,), 40) for seed in (1, 1, 2))

    assert (first.images == again.images).all()
    assert (first.labels == again.labels).all()
    assert (first.images != other.images).any()
    assert first.images.shape == (40, 28, 28)
    assert set(first.labels.tolist()) <= set(range(11))


def test_a_shard_is_saved_whole(digits: Digits, tmp_path: Path) -> None:
    shards.save(digits, tmp_path / "new" / "0000.npz")

    with np.load(tmp_path / "new" / "0000.npz") as saved:
        assert (saved["images"] == digits.images).all()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["0000.npz"]


@pytest.mark.parametrize("kind", sorted(set(suites.NOT_DIGITS) - {"several digits"}))
def test_what_is_no_digit_is_made_without_any_data_set(kind: str) -> None:
    picture = suites.NOT_DIGITS[kind](np.random.default_rng(6))

    assert picture.dtype == np.uint8
    assert picture.ndim == 2


def test_a_contact_sheet_is_written_even_if_there_is_nothing_to_show(tmp_path: Path) -> None:
    contact_sheet([], [], tmp_path / "none.png")
    contact_sheet([a_seven()] * 20, ["7"] * 20, tmp_path / "some.png")

    assert (tmp_path / "none.png").stat().st_size > 0
    assert (tmp_path / "some.png").stat().st_size > (tmp_path / "none.png").stat().st_size


@pytest.mark.parametrize("view", photos.LEARNED + photos.KEPT_OUT)
@pytest.mark.parametrize("side", [48, 200])
def test_every_view_is_a_picture_and_never_the_same_again(view: photos.Painter, side: int) -> None:
    one, same, other = (view(np.random.default_rng(seed), side) for seed in (1, 1, 2))

    assert one.shape == (side, side)
    assert np.ptp(one) > 0.1
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
