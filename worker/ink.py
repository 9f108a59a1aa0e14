"""Where the ink is: strokes are told from paper, light, specks and lines, whatever the polarity.

Pictures with a side below PHOTO pixels are taken as drawn: they have no light, noise or lines of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

PHOTO = 48
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
#: Straight runs of this share of the frame make a line of paper or frame when together they span the second share.
RUN, LINE = 0.2, 0.9


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
    if min(gray.shape) >= PHOTO:
        mask = _without_lines(mask)
    strokes, parts, share = _main_parts(np.asarray(mask, dtype=np.uint8))
    return Ink(strength, strokes, contrast, inverted, parts, share)


def _above_paper(gray: Gray) -> tuple[Gray, bool]:
    """How much each pixel differs from the paper towards the ink, and whether the paper is light."""
    if min(gray.shape) >= PHOTO:
        gray = np.asarray(cv2.medianBlur(gray, 3), dtype=np.uint8)
        if _is_uneven(gray):
            return _above_uneven_paper(gray)
    level, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light_paper = cv2.mean(light)[0] + np.count_nonzero(border(gray) > level) / border(gray).size > 1
    paper = cv2.mean(gray, light if light_paper else 1 - light)[0]
    return _difference(gray, paper, light_paper), light_paper


def border(gray: Gray) -> Gray:
    """The outermost pixels of a picture, in one row."""
    return np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))


def _difference(gray: Gray, paper: float | Gray, light_paper: bool) -> Gray:
    ink = cv2.subtract(paper, gray) if light_paper else cv2.subtract(gray, paper)
    return np.asarray(ink, dtype=np.uint8)


def _is_uneven(gray: Gray) -> bool:
    low, high = np.percentile(border(_thumbnail(gray, 16)), (10, 90))
    return float(high - low) > UNEVEN * float(np.ptp(gray))


def _thumbnail(gray: Gray, side: int) -> Gray:
    return np.asarray(cv2.resize(gray, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _above_uneven_paper(gray: Gray) -> tuple[Gray, bool]:
    """The paper is what a morphological closing (on dark paper: opening) wider than any stroke leaves."""
    small = _thumbnail(gray, 48)
    detail = small.astype(np.float32) - cv2.medianBlur(small, 25)
    light_paper = float((detail**3).sum()) < 0
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE if light_paper else cv2.MORPH_OPEN, wide)
    paper = cv2.resize(cv2.GaussianBlur(paper, (9, 9), 0), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return _difference(gray, np.asarray(paper, dtype=np.uint8), light_paper), light_paper


def _without_lines(mask: Gray) -> Gray:
    """Take out ruled lines and frames, unless nothing else would be left."""
    height, width = mask.shape
    lines = _lines(mask, (max(int(width * RUN), 1), 1)) | _lines(mask, (1, max(int(height * RUN), 1)))
    rest = mask & ~lines
    if not lines.any() or cv2.countNonZero(rest) < NEAR_PART * cv2.countNonZero(mask):
        return mask
    crossings = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) & lines
    return np.asarray(rest | crossings, dtype=np.uint8)


def _lines(mask: Gray, run: tuple[int, int]) -> Gray:
    """Straight runs along one axis that together span the frame."""
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(run[::-1], np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(runs, np.ones((3, 3), np.uint8)))
    along, frame = (cv2.CC_STAT_WIDTH, mask.shape[1]) if run[0] > 1 else (cv2.CC_STAT_HEIGHT, mask.shape[0])
    spanning = stats[:, along] >= LINE * frame
    spanning[0] = False
    return np.asarray(np.where(spanning[labels], mask, 0), dtype=np.uint8) if count > 1 else np.zeros_like(mask)


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
    return strokes, parts, float(area[kept].sum() / area.sum())
