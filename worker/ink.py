"""Where the ink is: strokes are told from paper, light, specks and lines, whatever the polarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

#: Smaller pictures are too coarse to show noise, ruled lines and surroundings, or light that changes, in pixels.
DETAILED, LIGHTED = 48, 20
#: Contrast of ink and paper below which there is nothing to read, of 255.
NOTHING = 12
#: Light is evened out where the paper along the border varies by this share of the whole range.
UNEVEN = 0.25
#: A pixel belongs to a stroke from this share of the level that separates ink from paper.
SENSITIVITY = 0.75
#: A part is kept from this share of the main part's area: if it lies near it, or wherever it lies.
NEAR_PART, FAR_PART = 0.04, 0.3
#: How far from the main part is near, in shares of its longer side.
NEAR = 0.25
#: A ruled line runs straight over the first share of the frame at least, and is no thicker than the second, or than
#: two pixels.
RUN, THICK = 0.15, 0.025
#: A line comes from an edge if it has a pixel so near to it: openings and dilations move ends by one pixel each.
REACH = 3
#: A box around the digit is as wide and high as the first share of the picture at least; its sides are drawn over the
#: second share of their length, and are no thicker and no more slanted than the third share of the shorter one.
FRAMED, STRAIGHT, SWERVE = 0.5, 0.9, 0.08


class Ink(NamedTuple):
    """Ink of shape (H, W): its strength (0 none) and the mask of the strokes that count.

    `contrast` is how far strokes stand out from the paper, `parts` how many of them could be characters of
    their own, `share` how much of all ink they are (0 to 1). `lost`: it could not be told from the paper.
    """

    strength: Gray
    strokes: Gray
    contrast: float
    inverted: bool
    parts: int
    share: float
    lost: bool


class Relief(NamedTuple):
    """How much each pixel differs from the paper towards the ink; what the paper was like."""

    strength: Gray
    light_paper: bool
    uneven: bool


def find_ink(gray: Gray) -> Ink | None:
    """Separate the strokes of a picture (H, W) from all else; None if nothing is on it."""
    strength, inverted, uneven = _above_paper(gray)
    level, rough = cv2.threshold(strength, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contrast = cv2.mean(strength, rough)[0]
    if contrast < NOTHING:
        return None
    mask = cv2.threshold(strength, max(level * SENSITIVITY, NOTHING / 2), 255, cv2.THRESH_BINARY)[1]
    if min(gray.shape) >= DETAILED:
        mask = _without_lines(np.asarray(mask, dtype=np.uint8))
    strokes, parts, share = _main_parts(np.asarray(mask, dtype=np.uint8))
    return Ink(strength, strokes, contrast, inverted, parts, share, uneven and _edges_reached(strokes) > 2)


def _edges_reached(strokes: Gray) -> int:
    return sum(bool(edge.any()) for edge in (strokes[0], strokes[-1], strokes[:, 0], strokes[:, -1]))


def _above_paper(gray: Gray) -> Relief:
    if min(gray.shape) >= DETAILED:
        gray = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), dtype=np.uint8)
    around = np.sort(border(gray))
    if min(gray.shape) >= LIGHTED and _is_uneven(gray, around):
        return _above_uneven_paper(gray)
    level, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light_border = np.count_nonzero(around > level) / around.size
    light_paper = _lightness(np.asarray(light, dtype=np.uint8), light_border) > 0.5
    paper = np.uint8(cv2.mean(gray, light if light_paper else 1 - light)[0])
    ink = paper - np.minimum(gray, paper) if light_paper else np.maximum(gray, paper) - paper
    return Relief(ink, light_paper, uneven=False)


def _lightness(light: Gray, light_border: float) -> float:
    """The light share of the area, of the border and of the corners, which all are mostly paper: their mean."""
    corners = int(light[0, 0]) + int(light[0, -1]) + int(light[-1, 0]) + int(light[-1, -1])
    return float(cv2.mean(light)[0] + light_border + corners / 4) / 3


def border(gray: Gray) -> Gray:
    """The outermost pixels of a picture, in one row."""
    return np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))


def _is_uneven(gray: Gray, around: Gray) -> bool:
    """Whether the border's sorted pixels differ much, the darkest and the lightest fifth left out.

    Light changes little by little: where most of the difference is one jump, it is ink that lies on the border.
    """
    fifth = around.size // 5
    paper = around[fifth:-fifth]
    spread = int(paper[-1]) - int(paper[0])
    darkest, lightest, *_ = cv2.minMaxLoc(gray)
    return spread > UNEVEN * (lightest - darkest) and bool(np.diff(paper).max() < spread / 2)


def _above_uneven_paper(gray: Gray) -> Relief:
    """The paper is what a morphological closing (on dark paper: opening) wider than any stroke leaves.

    Where the light decides what is light and dark, only details tell ink from paper. Ink takes its share of whatever
    light falls on the paper; what shines on a dark screen adds to it.
    """
    small = np.asarray(cv2.resize(gray, (48, 48), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    light_paper = _has_dark_details(small)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE if light_paper else cv2.MORPH_OPEN, wide)
    paper = cv2.resize(cv2.GaussianBlur(paper, (9, 9), 0), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = 255 - cv2.divide(gray, paper, scale=255) if light_paper else cv2.subtract(gray, paper)
    return Relief(np.asarray(ink, dtype=np.uint8), light_paper, uneven=True)


def _has_dark_details(small: Gray) -> bool:
    detail = small.astype(np.float32) - cv2.medianBlur(small, 25)
    return float((detail**3).sum()) < 0


def _without_lines(mask: Gray) -> Gray:
    """Take out ruled lines and frames, if what remains is a figure that stands free in the frame."""
    lines = _ruled(mask) | _ruled(mask.T).T | _framing(mask)
    if not lines.any():
        return mask
    rest = mask & ~lines
    crossings = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) & lines
    rest = np.asarray(rest | crossings, dtype=np.uint8)
    enough = cv2.countNonZero(rest) >= NEAR_PART * cv2.countNonZero(mask)
    return rest if enough and not border(_main_parts(rest)[0]).any() else mask


def _ruled(mask: Gray) -> Gray:
    """The pixels of thin straight lines that come from the left edge or the right one."""
    height, width = mask.shape
    if not (mask[:, :REACH].any() or mask[:, -REACH:].any()):
        return np.zeros_like(mask)
    mask = np.ascontiguousarray(mask)
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, round(width * RUN)), np.uint8))
    runs &= ~cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((max(2, round(height * THICK)) + 1, 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(runs, np.ones((3, 3), np.uint8)))
    left, length = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    ruled = (left == 0) | (left + length == width)
    ruled[0] = False
    return np.asarray(np.where(ruled.take(labels), mask, 0), dtype=np.uint8)


def _framing(mask: Gray) -> Gray:
    """The pixels of a box that is drawn around the rest.

    A zero or an eight may be as straight as a box; but nothing is in it, or what is in it spans it.
    """
    framing = np.zeros_like(mask)
    x, y, width, height = _largest_box(mask)
    if min(width / mask.shape[1], height / mask.shape[0]) < FRAMED:
        return framing
    box, depth = mask[y : y + height, x : x + width], max(2, round(SWERVE * min(width, height)))
    sides, within = (box[:depth], box[-depth:], box[:, :depth].T, box[:, -depth:].T), np.s_[depth:-depth, depth:-depth]
    if all(side.any(0).mean() >= STRAIGHT for side in sides) and _edges_reached(box[within]) <= 1:
        framing[y : y + height, x : x + width] = box
        framing[y : y + height, x : x + width][within] = 0
    return framing


def _largest_box(mask: Gray) -> Sequence[int]:
    """Left, top, width and height of the part that spans most."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(outline) for outline in outlines]
    return max(boxes, key=lambda box: box[2] * box[3], default=(0, 0, 0, 0))


def _main_parts(mask: Gray) -> tuple[Gray, int, float]:
    """Keep the largest connected part and what may belong to it or stand beside it as its equal."""
    # Most pictures have one part, and statistics take as long again.
    if cv2.connectedComponents(mask)[0] == 2:
        return mask, 1, 1.0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, top, width, height, area = stats[1:].T
    right, bottom = left + width, top + height
    sides = (left == 0) + (top == 0).astype(int) + (right == mask.shape[1]) + (bottom == mask.shape[0])
    main = int(np.argmax(np.where(sides > 1, area / 4, area)))
    gap = np.maximum.reduce([left - right[main], left[main] - right, top - bottom[main], top[main] - bottom])
    near = gap <= NEAR * max(width[main], height[main])
    large = area >= FAR_PART * area[main]
    # What lies in a corner of the picture, as a table or a shadow does, is no part of a digit that stands free.
    outside = (sides > 1) & (sides[main] == 0) & (min(mask.shape) >= DETAILED)
    kept = (large | (near & (area >= NEAR_PART * area[main]))) & ~outside
    parts = np.count_nonzero(kept & large & (height >= height[main] / 2))
    strokes = np.concatenate(([0], np.where(kept, 255, 0))).astype(np.uint8).take(labels)
    return strokes, int(parts), float(area[kept].sum() / area[~outside].sum())
