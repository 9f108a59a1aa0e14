"""Digits among other things: boxes, lines, neighbors, sheets, holes and frames; see `training/scenes.py`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from training.painting import (
    BLACK,
    CREAM,
    DARK_BLUE,
    WHITE,
    across,
    coarse,
    cover,
    grainy,
    jpeg,
    lit,
    painted,
    paper,
    png,
)
from training.warp import Gray


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


def badge(digit: Gray, rng: Generator) -> bytes:
    """A disc with a digit of the color of the wall behind it."""
    tones = [((250, 250, 250), (60, 60, 190)), ((35, 35, 35), (225, 230, 230)), ((70, 110, 90), (40, 190, 240))]
    wall, color = tones[int(rng.integers(len(tones)))]
    disc = cv2.circle(paper(wall, 240), (120, 120), int(rng.integers(62, 110)), color, -1, cv2.LINE_AA)
    return jpeg(grainy(painted(disc, np.pad(cover(digit, rng, 80, 1.0), 80), wall), rng))


def corner_of_a_sheet(digit: Gray, rng: Generator) -> bytes:
    """A sheet that the picture's edges cut off, and the table beside it."""
    sheet = painted(paper(CREAM, 300), np.pad(cover(digit, rng, 100, 1.0), 100), DARK_BLUE)
    place = cv2.getRotationMatrix2D((150, 150), rng.uniform(-25, 25), 1)
    place[:, 2] += rng.choice([-1, 1], 2) * rng.uniform(40, 65, 2)
    moved = cv2.warpAffine(sheet, place, (300, 300), borderValue=(50, 60, 75))[30:270, 30:270]
    return jpeg(grainy(np.asarray(moved, np.float32), rng))


def small_sheet_on_a_table(digit: Gray, rng: Generator) -> bytes:
    """A sheet seen from afar: it lies somewhere on a dark table, turned a little."""
    sheet = painted(paper(CREAM, 160), cover(digit, rng, 160, 0.7), BLACK)
    place = cv2.getRotationMatrix2D((80, 80), rng.uniform(-25, 25), rng.uniform(0.5, 0.9))
    place[:, 2] += rng.uniform(40, 100, 2)
    return jpeg(grainy(np.asarray(cv2.warpAffine(sheet, place, (300, 300), borderValue=(50, 60, 75)), np.float32), rng))


def between_bars(digit: Gray, rng: Generator) -> bytes:
    """A photograph on a screen, with bars above and below, or all around."""
    photo = lit(painted(paper(CREAM, 200), cover(digit, rng, 200, 0.7), DARK_BLUE), rng, 0.8)
    above, beside = rng.integers(16, 60), rng.integers(8, 60) * rng.integers(2)
    tone = int(rng.choice([0, 30, 255]))
    bars = cv2.copyMakeBorder(photo, *(int(above),) * 2, *(int(beside),) * 2, cv2.BORDER_CONSTANT, value=(tone,) * 3)
    return jpeg(np.asarray(bars, np.float32), 85)


def punched_hole(digit: Gray, rng: Generator) -> bytes:
    """A hole of the punch beside the digit, which shows what is dark below."""
    sheet = painted(paper(WHITE, 200), np.pad(cover(digit, rng, 130, 0.85), ((35, 35), (70, 0))), BLACK)
    hole = (int(rng.integers(22, 42)), int(rng.integers(30, 170)))
    return jpeg(grainy(cv2.circle(sheet, hole, int(rng.integers(10, 17)), (40, 40, 40), -1, cv2.LINE_AA), rng))


def hard_shadow(digit: Gray, rng: Generator) -> bytes:
    """The edge of the telephone's shadow near the digit."""
    shade = rng.uniform(0.17, 0.3) * (1 + np.tanh((across(220, rng) + rng.uniform(-50, 50)) / 3))
    page = painted(paper(CREAM, 220), 0.7 * cover(digit, rng, 220, 0.4), BLACK)
    return jpeg(grainy(np.asarray(page * (1 - shade), np.float32), rng))


def cell_among_others(digit: Gray, rng: Generator) -> bytes:
    """A form's box, with the walls of the boxes at its sides."""
    field, gray, pen = paper(WHITE, 170), int(rng.integers(40, 110)), int(rng.integers(1, 4))
    for left in (-110, 28, 166):
        cv2.rectangle(field, (left, 22), (left + 114, 148), (gray, gray, gray), pen)
    return png(painted(field, np.pad(cover(digit, rng, 106, 0.85), 32), DARK_BLUE))


def below_a_line_of_writing(digit: Gray, rng: Generator) -> bytes:
    """What reaches down from the words above, cut off by the picture's edge."""
    page = painted(paper(WHITE, 160), np.pad(cover(digit, rng, 110, 0.95), ((30, 20), (25, 25))), BLACK)
    words = "".join(rng.choice(list("gyqjpf ae"), 9))
    at = int(rng.integers(-20, 5)), int(rng.integers(6, 16))
    line = cv2.putText(np.zeros((160, 160), np.uint8), words, at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.1, 255, 3)
    return jpeg(painted(page, line / np.float32(255), BLACK), 85)


def between_rows_of_print(digit: Gray, rng: Generator) -> bytes:
    """The words of a form above the digit and below it."""
    form = painted(paper(WHITE, 200), np.pad(cover(digit, rng, 110, 0.95), 45), DARK_BLUE)
    rows = np.zeros((200, 200), np.uint8)
    for bottom in rng.integers((14, 180), (30, 196)):
        words, left = "".join(rng.choice(list("aeinorst  bdfgHT"), 24)), int(rng.integers(-20, 5))
        cv2.putText(rows, words, (left, int(bottom)), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2, cv2.LINE_AA)
    return jpeg(grainy(painted(form, np.asarray(rows / 255, np.float32), BLACK), rng), 85)
