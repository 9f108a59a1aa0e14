"""Where the ink is: strokes are told from paper, light, specks and lines, whatever the polarity."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

#: Smaller pictures are too coarse to show noise and ruled lines, or light that changes, in pixels.
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


@dataclass(frozen=True, slots=True)
class Ink:
    """Ink of shape (H, W): its strength (0 none) and the mask of the strokes that count.

    `contrast` is how far strokes stand out from the paper, `parts` how many of them could be characters of
    their own, `share` how much of all ink they are (0 to 1).
    """

    strength: Gray
    strokes: Gray
    contrast: float
    inverted: bool
    parts: int
    share: float


def find_ink(gray: Gray) -> Ink | None:
    """Separate the strokes of a picture (H, W) from all else; None if nothing is on it."""
    strength, inverted = _above_paper(gray)
    level, rough = cv2.threshold(strength, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contrast = cv2.mean(strength, rough)[0]
    if contrast < NOTHING:
        return None
    mask = cv2.threshold(strength, max(level * SENSITIVITY, NOTHING / 2), 255, cv2.THRESH_BINARY)[1]
    if min(gray.shape) >= DETAILED:
        mask = _without_lines(np.asarray(mask, dtype=np.uint8))
    strokes, parts, share = _main_parts(np.asarray(mask, dtype=np.uint8))
    return Ink(strength, strokes, contrast, inverted, parts, share)


def _above_paper(gray: Gray) -> tuple[Gray, bool]:
    """How much each pixel differs from the paper towards the ink, and whether the paper is light."""
    if min(gray.shape) >= DETAILED:
        gray = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), dtype=np.uint8)
    around = np.sort(border(gray))
    if min(gray.shape) >= LIGHTED and _is_uneven(gray, around):
        return _above_uneven_paper(gray)
    level, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light_paper = bool(cv2.mean(light)[0] + np.count_nonzero(around > level) / around.size > 1)
    paper = np.uint8(cv2.mean(gray, light if light_paper else 1 - light)[0])
    return (paper - np.minimum(gray, paper) if light_paper else np.maximum(gray, paper) - paper), light_paper


def border(gray: Gray) -> Gray:
    """The outermost pixels of a picture, in one row."""
    return np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))


def _is_uneven(gray: Gray, around: Gray) -> bool:
    """Whether the border's sorted pixels differ much, the darkest and the lightest fifth left out."""
    fifth = around.size // 5
    darkest, lightest, *_ = cv2.minMaxLoc(gray)
    return int(around[-fifth]) - int(around[fifth]) > UNEVEN * (lightest - darkest)


def _above_uneven_paper(gray: Gray) -> tuple[Gray, bool]:
    """The paper is what a morphological closing (on dark paper: opening) wider than any stroke leaves.

    Ink takes its share of whatever light falls on the paper; what shines on a dark screen adds to it.
    """
    small = np.asarray(cv2.resize(gray, (48, 48), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    detail = small.astype(np.float32) - cv2.medianBlur(small, 25)
    light_paper = float((detail**3).sum()) < 0
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE if light_paper else cv2.MORPH_OPEN, wide)
    paper = cv2.resize(cv2.GaussianBlur(paper, (9, 9), 0), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = 255 - cv2.divide(gray, paper, scale=255) if light_paper else cv2.subtract(gray, paper)
    return np.asarray(ink, dtype=np.uint8), light_paper


def _without_lines(mask: Gray) -> Gray:
    """Take out ruled lines and frames, if what remains is a figure that stands free in the frame."""
    lines = _ruled(mask) | _ruled(mask.T).T
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
    mask = np.ascontiguousarray(mask)
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, round(width * RUN)), np.uint8))
    runs &= ~cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((max(2, round(height * THICK)) + 1, 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(runs, np.ones((3, 3), np.uint8)))
    left, length = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_WIDTH]
    ruled = (left == 0) | (left + length == width)
    ruled[0] = False
    return np.asarray(np.where(ruled[labels], mask, 0), dtype=np.uint8)


def _main_parts(mask: Gray) -> tuple[Gray, int, float]:
    """Keep the largest connected part and what may belong to it or stand beside it as its equal."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count == 2:
        return mask, 1, 1.0
    left, top, width, height, area = stats[1:].T
    right, bottom = left + width, top + height
    sides = (left == 0) + (top == 0).astype(int) + (right == mask.shape[1]) + (bottom == mask.shape[0])
    main = int(np.argmax(np.where(sides > 1, area / 4, area)))
    gap = np.maximum.reduce([left - right[main], left[main] - right, top - bottom[main], top[main] - bottom])
    near = gap <= NEAR * max(width[main], height[main])
    large = area >= FAR_PART * area[main]
    kept = large | (near & (area >= NEAR_PART * area[main]))
    parts = np.count_nonzero(large & (height >= height[main] / 2))
    strokes = np.concatenate(([0], np.where(kept, 255, 0))).astype(np.uint8)[labels]
    return strokes, int(parts), float(area[kept].sum() / area.sum())
