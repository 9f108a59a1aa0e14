"""Digits as people send them, in scenes unlike those that are learned from: paper, light, frames, pens and files.

Each scene takes a digit (28, 28), light on black, and a generator, and gives the bytes of an image file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.random import Generator

from training.painting import (
    BLACK,
    CREAM,
    DARK_BLUE,
    WHITE,
    across,
    clouds,
    coarse,
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


def printed_box(digit: Gray, rng: Generator) -> bytes:
    """The field of a form, scanned."""
    field, margin = paper(WHITE, 150), int(rng.integers(4, 14))
    cv2.rectangle(field, (margin, margin), (150 - margin, 150 - margin), (60, 60, 60), int(rng.integers(1, 4)))
    return png(painted(field, cover(digit, rng, 150, 0.62), BLACK))


def photographed_box(digit: Gray, rng: Generator) -> bytes:
    """The field of a form, photographed: turned a little, and darker on one side."""
    field, margin, gray = paper(CREAM, 180), int(rng.integers(8, 20)), int(rng.integers(40, 120))
    cv2.rectangle(field, (margin, margin), (180 - margin, 180 - margin), (gray, gray, gray), int(rng.integers(1, 4)))
    field = grainy(painted(field, cover(digit, rng, 180, 0.6), DARK_BLUE), rng, 5)
    turn = cv2.getRotationMatrix2D((90, 90), rng.uniform(-2.5, 2.5), 1)
    field = np.asarray(cv2.warpAffine(field, turn, (180, 180), borderMode=cv2.BORDER_REPLICATE), np.float32)
    return jpeg(lit(field, rng, 0.7), 70)


def coarse_box(digit: Gray, rng: Generator) -> bytes:
    """The field of a form, scanned at a low resolution."""
    field, margin = paper(WHITE, 150), int(rng.integers(6, 16))
    cv2.rectangle(field, (margin, margin), (150 - margin, 150 - margin), (60, 60, 60), int(rng.integers(3, 7)))
    return png(coarse(painted(field, np.pad(cover(digit, rng, 100, 0.95), 25), BLACK), rng))


def coarse_circle(digit: Gray, rng: Generator) -> bytes:
    """A circle around the digit, at a low resolution."""
    sheet = painted(paper(WHITE, 160), np.pad(cover(digit, rng, 80, 1.0), 40), BLACK)
    return png(coarse(cv2.circle(sheet, (80, 80), 72, BLACK, int(rng.integers(3, 7)), cv2.LINE_AA), rng))


def crossed_box(digit: Gray, rng: Generator) -> bytes:
    """The field of a form, and a digit that crosses its sides."""
    field = paper(WHITE, 150)
    cv2.rectangle(field, (22, 22), (128, 128), (60, 60, 60), 2)
    return png(painted(field, cover(digit, rng, 150, 0.72), BLACK))


def comb_field(digit: Gray, rng: Generator) -> bytes:
    """One place of a form's field that has a line below and low walls between its places."""
    field, bottom, wall = paper(WHITE, 150), int(rng.integers(118, 136)), int(rng.integers(12, 40))
    walls = np.array([[10, bottom - wall], [10, bottom], [140, bottom], [140, bottom - wall]])
    gray = int(rng.integers(40, 110))
    cv2.polylines(field, [walls], False, (gray, gray, gray), int(rng.integers(1, 4)))
    return png(painted(field, np.pad(cover(digit, rng, 106, 0.85), ((8, 36), (22, 22))), DARK_BLUE))


def underlined(digit: Gray, rng: Generator) -> bytes:
    """A stroke of the pen under the digit."""
    sheet = painted(paper(WHITE, 160), np.pad(cover(digit, rng, 110, 0.9), ((10, 40), (25, 25))), BLACK)
    left, right, height = rng.integers(20, 45), rng.integers(115, 140), rng.integers(124, 140)
    ends = (int(left), int(height)), (int(right), int(height + rng.integers(-6, 7)))
    return png(cv2.line(sheet, *ends, BLACK, int(rng.integers(2, 6)), cv2.LINE_AA))


def circled(digit: Gray, rng: Generator) -> bytes:
    """An oval of the same pen around the digit."""
    sheet = painted(paper(WHITE, 160), np.pad(cover(digit, rng, 80, 1.0), 40), BLACK)
    axes, tilt = (int(rng.integers(58, 74)), 74), rng.uniform(-15, 15)
    return png(cv2.ellipse(sheet, (80, 80), axes, tilt, 0, 360, BLACK, int(rng.integers(2, 6)), cv2.LINE_AA))


def coarse_underline(digit: Gray, rng: Generator) -> bytes:
    """A stroke of the pen under the digit, at a low resolution."""
    sheet = painted(paper(WHITE, 180), np.pad(cover(digit, rng, 140, 0.9), ((5, 35), (20, 20))), BLACK)
    left, right = ((int(rng.integers(low, low + 40)), 160 + int(rng.integers(-4, 5))) for low in (15, 125))
    return png(coarse(cv2.line(sheet, left, right, BLACK, int(rng.integers(3, 8)), cv2.LINE_AA), rng))


def highlighted(digit: Gray, rng: Generator) -> bytes:
    """A piece of the paper marked in yellow, with the digit or a part of it."""
    sheet, (left, top, right, bottom) = paper(WHITE, 170), rng.integers((5, 5, 105, 105), (30, 30, 165, 165))
    sheet[top:bottom, left:right] = (90, 255, 250)
    return jpeg(grainy(painted(sheet, np.pad(cover(digit, rng, 110, 0.9), 30), BLACK), rng))


def table_cell(digit: Gray, rng: Generator) -> bytes:
    """A cell that was cut out with the lines on two of its sides."""
    cell, at = paper(WHITE, 120), int(rng.integers(8))
    cell[:, at : at + 2] = cell[118 - at : 120 - at] = 50
    return png(painted(cell, cover(digit, rng, 120, 0.7), BLACK))


def scanner_edge(digit: Gray, rng: Generator) -> bytes:
    """The black beside the sheet on one side of a scan."""
    sheet = painted(paper(WHITE, 200), np.pad(cover(digit, rng, 120, 1.0), 40), DARK_BLUE)
    width = int(rng.integers(8, 30))
    sides = (np.s_[:width], np.s_[-width:], np.s_[:, :width], np.s_[:, -width:])
    sheet[sides[rng.integers(4)]] = 20
    return jpeg(grainy(sheet, rng, 2))


def sheet_on_a_table(digit: Gray, rng: Generator) -> bytes:
    """A sheet seen from aside, and the table around it."""
    sheet = painted(paper(CREAM, 200), cover(digit, rng, 200, 0.7), BLACK)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    seen = (200 * (corners + rng.uniform(-0.13, 0.13, (4, 2)))).astype(np.float32)
    aside = cv2.getPerspectiveTransform((200 * corners).astype(np.float32), seen)
    return jpeg(np.asarray(cv2.warpPerspective(sheet, aside, (200, 200), borderValue=(70, 90, 120)), np.float32))


def round_sticker(digit: Gray, rng: Generator) -> bytes:
    """A colored disc on something darker."""
    disc = cv2.circle(
        paper((90, 110, 100), 200), (100, 100), int(rng.integers(80, 96)), (60, 200, 250), -1, cv2.LINE_AA
    )
    return jpeg(grainy(painted(disc, np.pad(cover(digit, rng, 110, 0.95), 45), BLACK), rng))


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
            printed_box, photographed_box, coarse_box, crossed_box, comb_field, underlined, coarse_underline, circled,
            coarse_circle, highlighted, table_cell, scanner_edge, sheet_on_a_table, round_sticker, very_bold,
            one_pixel_wide, tiny_in_a_large_frame, cut_to_its_edges, few_pixels_enlarged, neon, white_on_nothing,
            faint_in_16_bits, one_bit, crude_jpeg, small_under_a_lamp, small_in_dappled_light,
            small_chalk_in_dappled_light,
        )
    }
)  # fmt: skip
