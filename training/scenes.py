"""Digits as people send them, in scenes unlike those that are learned from: paper, light, frames, pens and files.

Each scene takes a digit (28, 28), light on black, and a generator, and gives the bytes of an image file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator

from training import framed
from training.painting import (
    BLACK,
    CREAM,
    DARK_BLUE,
    WHITE,
    across,
    clouds,
    cover,
    dappled,
    grainy,
    jpeg,
    lit,
    painted,
    paper,
    png,
    under_a_lamp,
)
from training.pictures import as_gray
from training.warp import Gray

Scene = Callable[[Gray, Generator], bytes]


def graph_paper(digit: Gray, rng: Generator) -> bytes:
    """Red pen on blue squares."""
    sheet, first = paper(WHITE, 200), int(rng.integers(20))
    for at in range(first, 200, 22):
        sheet[at : at + 2] = sheet[:, at : at + 2] = (230, 195, 150)
    return png(painted(sheet, cover(digit, rng, 200, 0.75), (40, 30, 200)))


def ruled_paper(digit: Gray, rng: Generator) -> bytes:
    """A pen on lines with a margin, photographed."""
    sheet, first = paper(WHITE, 220), int(rng.integers(40))
    for at in range(first, 220, 44):
        sheet[at : at + 2] = (215, 175, 150)
    sheet[:, 18:20] = (120, 120, 230)
    return jpeg(grainy(painted(sheet, cover(digit, rng, 220, 0.75), BLACK), rng), 70)


def sticky_note(digit: Gray, rng: Generator) -> bytes:
    """A blue pen on yellow."""
    return jpeg(grainy(painted(paper((80, 225, 250), 160), cover(digit, rng, 160, 0.8), DARK_BLUE), rng))


def kraft_paper(digit: Gray, rng: Generator) -> bytes:
    """A marker on brown paper with fibers."""
    sheet = paper((105, 150, 190), 180) + 40 * clouds(rng, 180, 1.0)
    return jpeg(painted(sheet, cover(digit, rng, 180, 0.75), BLACK))


def crumpled_paper(digit: Gray, rng: Generator) -> bytes:
    """Paper whose folds are lighter and darker than the rest."""
    sheet = painted(paper(CREAM, 220), cover(digit, rng, 220, 0.7), BLACK)
    return jpeg(grainy(sheet * (1 + 0.22 * clouds(rng, 220, 7.0)), rng))


def blackboard(digit: Gray, rng: Generator) -> bytes:
    """Chalk that leaves gaps, on a board that was wiped."""
    board = paper((60, 85, 45), 220) + 20 * clouds(rng, 220, 12.0)
    gaps = cv2.GaussianBlur(rng.random((220, 220), np.float32), (0, 0), 1.2) < 0.47
    covered = np.where(gaps, np.float32(0), cover(digit, rng, 220, 0.8))
    return jpeg(grainy(painted(board, covered, (225, 235, 235)), rng, 4))


def pencil_under_a_lamp(digit: Gray, rng: Generator) -> bytes:
    """Faint strokes, light in the middle and darker all around."""
    rows, columns = np.mgrid[0:240, 0:240].astype(np.float32) / 240 - 0.5
    light = (1 - 0.7 * (rows**2 + columns**2))[..., None]
    return jpeg(
        grainy(painted(paper(CREAM, 240), 0.35 * cover(digit, rng, 240, 0.6), (95, 90, 90)) * light, rng, 4), 60
    )


def hand_shadow(digit: Gray, rng: Generator) -> bytes:
    """Half of the paper in the writer's shadow."""
    shade = 0.4 / (1 + np.exp(-(across(200, rng) + rng.uniform(-40, 40)) / 5))
    return jpeg(grainy(painted(paper(CREAM, 200), cover(digit, rng, 200, 0.7), DARK_BLUE), rng) * (1 - shade))


def whiteboard_glare(digit: Gray, rng: Generator) -> bytes:
    """A green marker, and a window that is mirrored in the board."""
    rows, columns = np.mgrid[0:220, 0:220].astype(np.float32)
    row, column = rng.uniform(0, 220, 2)
    glare = 0.8 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 45**2))[..., None]
    board = grainy(painted(paper((212, 208, 205), 220), 0.85 * cover(digit, rng, 220, 0.7), (60, 90, 40)), rng)
    return jpeg(board * (1 - glare) + 255 * glare)


def lit_from_one_side(digit: Gray, rng: Generator) -> bytes:
    """A bold marker on paper, half as light on one side as on the other."""
    return jpeg(grainy(lit(painted(paper(CREAM, 140), cover(digit, rng, 140, 0.92, 7), BLACK), rng, 0.55), rng))


def chalk_lit_from_one_side(digit: Gray, rng: Generator) -> bytes:
    """The same on a blackboard."""
    board = painted(paper((60, 70, 50), 180), cover(digit, rng, 180, 0.85), (220, 225, 225))
    return jpeg(grainy(lit(board, rng, 0.45), rng, 4))


def small_and_lit_from_one_side(digit: Gray, rng: Generator) -> bytes:
    """The same in 32 pixels."""
    return jpeg(grainy(lit(painted(paper(CREAM, 32), cover(digit, rng, 32, 0.9), (60, 60, 60)), rng, 0.55), rng), 90)


def very_bold(digit: Gray, rng: Generator) -> bytes:
    """A thick marker."""
    return png(painted(paper(WHITE, 140), cover(digit, rng, 140, 0.85, 9), BLACK))


def one_pixel_wide(digit: Gray, rng: Generator) -> bytes:
    """What remains of the strokes' middles in a drawing program's finest pen (C. Lantuéjoul's skeleton, 1978)."""
    rest, cross = as_gray(255 * cover(digit, rng, 300, 1.0)), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    middle = np.zeros_like(rest)
    while rest.any():
        inner = cv2.erode(rest, cross)
        middle |= rest & ~cv2.dilate(inner, cross)
        rest = np.asarray(inner, np.uint8)
    line = cv2.morphologyEx(np.where(middle > 127, np.uint8(255), np.uint8(0)), cv2.MORPH_CLOSE, np.ones((3, 3)))
    return png(255 - line.astype(np.float32))


def tiny_in_a_large_frame(digit: Gray, rng: Generator) -> bytes:
    """A digit of fifty pixels somewhere on four hundred."""
    return png(painted(paper(WHITE, 400), cover(digit, rng, 400, 0.12), BLACK))


def small_under_a_lamp(digit: Gray, rng: Generator) -> bytes:
    """A digit of a twelfth to a fifth of a page, anywhere on it; half as light in the corners as under the lamp."""
    page = painted(paper(CREAM, 500), cover(digit, rng, 500, rng.uniform(0.08, 0.2)), DARK_BLUE)
    return jpeg(grainy(under_a_lamp(page, rng, 0.5), rng))


def small_in_dappled_light(digit: Gray, rng: Generator) -> bytes:
    """The same under a tree, in pencil."""
    page = painted(paper(WHITE, 500), 0.8 * cover(digit, rng, 500, rng.uniform(0.08, 0.2)), BLACK)
    return jpeg(grainy(dappled(page, rng, 0.55), rng))


def small_chalk_in_dappled_light(digit: Gray, rng: Generator) -> bytes:
    """The same on a blackboard."""
    board = painted(paper((60, 70, 50), 500), cover(digit, rng, 500, rng.uniform(0.08, 0.2)), (220, 225, 225))
    return jpeg(grainy(dappled(board, rng, 0.55), rng))


def cut_to_its_edges(digit: Gray, rng: Generator) -> bytes:
    """Soft strokes, light on dark, with nothing around them."""
    strokes = _strokes(digit)
    height, width = strokes.shape
    times = rng.uniform(24, 100) / max(width, height)
    size = max(2, round(width * times)), max(2, round(height * times))
    return png(np.asarray(cv2.resize(strokes, size, interpolation=cv2.INTER_CUBIC), np.float32))


def few_pixels_enlarged(digit: Gray, rng: Generator) -> bytes:
    """Cut to its edges, stretched into a square of 8 to 20 pixels, as old collections have digits, and made larger."""
    side = int(rng.integers(8, 21))
    small = cv2.resize(_strokes(digit), (side, side), interpolation=cv2.INTER_AREA)
    way = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    large = cv2.resize(small, None, fx=(times := rng.uniform(3, 12)), fy=times, interpolation=way)
    return png(np.asarray(large if rng.random() < 0.5 else 255 - large, np.float32))


def _strokes(digit: Gray) -> Gray:
    x, y, width, height = cv2.boundingRect(cv2.threshold(digit, 60, 255, cv2.THRESH_BINARY)[1])
    return digit[y : y + height, x : x + width]


def neon(digit: Gray, rng: Generator) -> bytes:
    """Glowing on dark."""
    covered = cover(digit, rng, 180, 0.75)
    glow = np.maximum(covered, np.float32(0.6) * cv2.GaussianBlur(covered, (0, 0), 6))
    return png(painted(paper((28, 18, 18), 180), np.asarray(glow, np.float32), (170, 255, 60)))


def white_on_nothing(digit: Gray, rng: Generator) -> bytes:
    """White ink on a transparent ground."""
    covered = cover(digit, rng, 120, 0.8)
    return png(np.dstack((paper((255, 255, 255), 120), 255 * covered)))


def faint_in_16_bits(digit: Gray, rng: Generator) -> bytes:
    """A scan of 65,536 grays that uses less than a third of them."""
    values = ((1 - 0.8 * cover(digit, rng, 100, 0.8)) * 20000).astype(np.uint16)
    return bytes(cv2.imencode(".png", values)[1])


def one_bit(digit: Gray, rng: Generator) -> bytes:
    """A fax."""
    values = np.where(cover(digit, rng, 90, 0.8) < 0.5, np.uint8(255), np.uint8(0))
    return bytes(cv2.imencode(".png", values, [cv2.IMWRITE_PNG_BILEVEL, 1])[1])


def crude_jpeg(digit: Gray, rng: Generator) -> bytes:
    """As small as JPEG makes it."""
    return jpeg(painted(paper((240, 240, 240), 64), cover(digit, rng, 64, 0.85), BLACK), 10)


KINDS: Mapping[str, Scene] = MappingProxyType(
    {
        scene.__name__.replace("_", " "): scene
        for scene in (
            graph_paper, ruled_paper, sticky_note, kraft_paper, crumpled_paper, blackboard, pencil_under_a_lamp,
            hand_shadow, whiteboard_glare, lit_from_one_side, chalk_lit_from_one_side, small_and_lit_from_one_side,
            framed.printed_box, framed.photographed_box, framed.coarse_box, framed.crossed_box, framed.comb_field,
            framed.underlined, framed.coarse_underline, framed.circled, framed.coarse_circle, framed.highlighted,
            framed.table_cell, framed.scanner_edge, framed.sheet_on_a_table, framed.corner_of_a_sheet,
            framed.round_sticker, framed.badge, framed.small_sheet_on_a_table, framed.between_bars,
            framed.punched_hole, framed.hard_shadow, framed.cell_among_others, framed.below_a_line_of_writing,
            framed.between_rows_of_print, very_bold, one_pixel_wide, tiny_in_a_large_frame, cut_to_its_edges,
            few_pixels_enlarged, neon, white_on_nothing, faint_in_16_bits, one_bit, crude_jpeg, small_under_a_lamp,
            small_in_dappled_light, small_chalk_in_dappled_light,
        )
    }
)  # fmt: skip
