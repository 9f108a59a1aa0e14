"""The connected parts of a mask (H, W) of 0 and 255: which of them are the character, and how wide its strokes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

#: Smaller pictures are too coarse to show noise, ruled lines, surroundings and pens of several widths, in pixels.
DETAILED = 48
#: A part is kept from this share of the main part's area: if it lies near it, or wherever it lies.
NEAR_PART, FAR_PART = 0.04, 0.3
#: How far from the main part is near, in shares of its longer side.
NEAR = 0.25
#: What was drawn with a pen finer than this share of the main part's was not drawn with the same pen.
FINER = 0.35
#: The structuring elements of two pixels by two, and of a pixel and its neighbors.
PAIRS, AROUND = np.ones((2, 2), np.uint8), np.ones((3, 3), np.uint8)


class Figure(NamedTuple):
    """The strokes that count, how many of their parts could be characters of their own, and their share of all ink."""

    strokes: Gray
    parts: int
    share: float


def is_detailed(picture: Gray) -> bool:
    """Whether a picture is large enough to show more than a character."""
    return bool(min(picture.shape) >= DETAILED)


def edges_reached(box: Sequence[int], shape: Sequence[int]) -> int:
    """How many of a picture's four edges a box in it touches; the box is left, top, width and height."""
    x, y, width, height = box
    return (x == 0) + (y == 0) + (x + width == shape[1]) + (y + height == shape[0]) if width else 0


def stroke_width(strokes: Gray) -> float:
    """Mean width in pixels: a stroke of width w and length l loses l pixels to a 2 x 2 erosion of its w * l."""
    area = cv2.countNonZero(strokes)
    inner = cv2.countNonZero(cv2.erode(strokes, PAIRS, borderType=cv2.BORDER_CONSTANT, borderValue=0))
    return area / (area - inner)


def main_figure(mask: Gray) -> Figure:
    """The largest connected part and what may belong to it or stand beside it as its equal."""
    # Most pictures have one part, and statistics take as long again.
    if cv2.connectedComponents(mask)[0] == 2:
        return Figure(mask, 1, 1.0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, top, width, height, area = stats[1:].T
    right, bottom = left + width, top + height
    edges = (left == 0) + (top == 0).astype(int) + (right == mask.shape[1]) + (bottom == mask.shape[0])
    main = int(np.argmax(np.where(edges > 1, area / 4, area)))
    gap = np.maximum.reduce([left - right[main], left[main] - right, top - bottom[main], top[main] - bottom])
    near = gap <= NEAR * max(width[main], height[main])
    large = area >= FAR_PART * area[main]
    # Along three edges of the picture, or in a corner of it, as a table or a shadow, while the digit stands free.
    foreign = (edges > (1 if is_detailed(mask) else 2)) & (edges[main] == 0)
    if is_detailed(mask):
        # In another pen, as a form.
        pen = stroke_width(_only(labels, np.arange(len(area)) == main))
        foreign |= area < FINER * pen * (width + height)
    kept = (large | (near & (area >= NEAR_PART * area[main]))) & ~foreign
    parts = np.count_nonzero(kept & large & (height >= height[main] / 2))
    return Figure(_only(labels, kept), int(parts), float(area[kept].sum() / area[~foreign].sum()))


def _only(labels: NDArray[np.int32], kept: NDArray[np.bool_]) -> Gray:
    """The mask of some of the parts; `kept` doesn't count what lies between the parts."""
    return np.concatenate(([0], np.where(kept, 255, 0))).astype(np.uint8).take(labels)
