"""The connected parts of a mask (H, W) of 0 and 255: which of them are the character, and how wide its strokes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Measure = NDArray[Any]
Which = NDArray[Any]

#: Smaller pictures are too coarse to show noise, ruled lines, surroundings and pens of several widths, in pixels.
DETAILED = 48
#: A part is kept from this share of the main part's area: if it lies near it, or wherever it lies.
NEAR_PART, FAR_PART = 0.04, 0.3
#: How far from the main part is near, in shares of its longer side.
NEAR = 0.25
#: What was drawn with a pen finer than this share of the main part's was not drawn with the same pen.
FINER = 0.35
#: What is solid fills the first share of its box and the second of its hull, is wide or nearly square (the third
#: share), and no smaller than so many pixels. It is no stroke if it is so many times as wide as those of the main part.
SOLID, CONVEX, STOUT, LARGE, BOLDER = 0.7, 0.95, 0.6, 10, 1.8
#: What comes in from three edges is the table beside a sheet if it is so many times as wide as the strokes on it.
TABLE = 3
#: No figure is a stroke if it is wider than this share of its length, and fills so much of its hull.
STOCKY, FILLED = 0.5, 0.93
#: What reaches in from beyond the picture is this far from the main part, as a share of its longer side; pieces of what
#: is written above or beside are lower than the third share of its height, and apart by the first share or by so many
#: strokes.
REACHING, CUT_OFF, LOW, STROKES_AWAY = 0.12, 0.06, 0.5, 1.5
#: Another character has these shares of the main part's longer side and height, is one of so few parts, and further
#: away than so many strokes are wide.
CHARACTER, HIGH, FEW, BROKEN = 0.35, 0.3, 3, 1.2
#: What is left out is another character from this share of the main part's height.
AS_HIGH = 0.6
#: A row of print has so many parts at least, lower than the share `LOW` of the main one, and less than so many times as
#: high as another. Where there is print, more than this share of the low parts that count are in such rows.
SEVERAL, UNLIKE, PRINT = 3, 2, 0.75
#: The structuring elements of two pixels by two, and of a pixel and its neighbors.
PAIRS, AROUND = np.ones((2, 2), np.uint8), np.ones((3, 3), np.uint8)


class Figure(NamedTuple):
    """The strokes that count, how many of their parts could be characters of their own, and their share of all ink.

    `apart`: one of these parts is clearly beside or below the others, not the end of a broken stroke, or is left out
    though it is as high.
    """

    strokes: Gray
    parts: int
    share: float
    apart: bool = False


def is_detailed(picture: NDArray[np.generic]) -> bool:
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


def is_solid(part: Gray) -> bool:
    """Whether a part of a detailed picture is a disc or a block: hardly longer than wide, and filled."""
    if not is_detailed(part):
        return False
    _, _, width, height = cv2.boundingRect(part)
    # A square that stands on a corner has half of its box.
    if cv2.countNonZero(part) < FILLED / 2 * width * height:
        return False
    hull = cv2.convexHull(cv2.findNonZero(part))
    shorter, longer = sorted(cv2.minAreaRect(hull)[1])
    return shorter > STOCKY * longer and cv2.countNonZero(part) > FILLED * area_within(hull, part)


def area_within(hull: NDArray[np.int32], part: Gray) -> int:
    """How many pixels a hull encloses; its contour alone would leave out half of those along it."""
    return cv2.countNonZero(cv2.fillConvexPoly(np.zeros(part.shape, np.uint8), hull, 255))


class _Parts(NamedTuple):
    """The connected parts of a mask: `labels` (H, W) from 1 on, and each measure of all parts, in pixels.

    `edges` is how many of the picture's four edges a part touches.
    """

    labels: NDArray[np.int32]
    left: Measure
    top: Measure
    width: Measure
    height: Measure
    area: Measure
    shorter: Measure
    longer: Measure
    edges: Measure

    def gaps(self, main: int) -> Measure:
        """How far each part's box is from that of one of them, less than nothing if they overlap."""
        right, bottom = self.left + self.width, self.top + self.height
        beside = np.maximum(self.left - right[main], self.left[main] - right)
        below = np.maximum(self.top - bottom[main], self.top[main] - bottom)
        return np.asarray(np.maximum(beside, below))

    def mask(self, part: int) -> Gray:
        """One of them, cut to its box."""
        left, top = self.left[part], self.top[part]
        box = self.labels[top : top + self.height[part], left : left + self.width[part]]
        return np.where(box == part + 1, 255, 0).astype(np.uint8)


def _parts_of(mask: Gray) -> _Parts:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, top, width, height, area = stats[1:].T
    edges = (left == 0) + (top == 0).astype(int)
    edges += (left + width == mask.shape[1]).astype(int) + (top + height == mask.shape[0])
    return _Parts(labels, left, top, width, height, area, np.minimum(width, height), np.maximum(width, height), edges)


def main_figure(mask: Gray) -> Figure:
    """The largest connected part and what may belong to it or stand beside it as its equal."""
    # Most pictures have one part, and statistics take as long again.
    if cv2.connectedComponents(mask)[0] == 2:
        return Figure(mask, 1, 1.0)
    parts = _parts_of(mask)
    solid = _solid(parts)
    main = _main(parts, solid)
    gaps = parts.gaps(main)
    foreign = _foreign(parts, main, gaps, solid)
    near = gaps <= NEAR * parts.longer[main]
    large = parts.area >= FAR_PART * parts.area[main]
    kept = (large | (near & (parts.area >= NEAR_PART * parts.area[main]))) & ~foreign
    characters = np.count_nonzero(kept & large & (parts.height >= parts.height[main] / 2))
    share = float(parts.area[kept].sum() / parts.area[~foreign].sum())
    apart = _is_apart(parts, main, gaps, kept) or _is_left_out(parts, main, kept | foreign)
    return Figure(_only(parts.labels, kept), int(characters), share, apart)


def _main(parts: _Parts, solid: Which) -> int:
    """The largest part; what is solid, or comes in from several edges, must be much larger than another."""
    main = int(np.argmax(np.where((parts.edges > 1) | solid, parts.area / 4, parts.area)))
    if parts.edges[main] < 3 or not is_detailed(parts.labels):
        return main
    free = int(np.argmax(np.where(parts.edges == 0, parts.area, 0)))
    is_speck = parts.edges[free] or parts.area[free] < NEAR_PART * parts.area[main]
    is_table = not is_speck and stroke_width(parts.mask(main)) > TABLE * stroke_width(parts.mask(free))
    return free if is_table else main


def _solid(parts: _Parts) -> Which:
    """Which parts are little but area, as punched holes, buttons and fingers are."""
    if not is_detailed(parts.labels):
        return np.zeros(len(parts.area), bool)
    solid: Which = (parts.area > SOLID * parts.width * parts.height) & (parts.shorter >= LARGE)
    solid &= (parts.shorter > STOUT * parts.longer) | (parts.width > parts.height)
    for part in np.flatnonzero(solid).tolist():
        piece = parts.mask(part)
        solid[part] = parts.area[part] > CONVEX * area_within(cv2.convexHull(cv2.findNonZero(piece)), piece)
    return solid


def _foreign(parts: _Parts, main: int, gaps: Measure, solid: Which) -> Which:
    """Which parts were not written with the main one, however near and large they are."""
    edges, longer = parts.edges, parts.longer
    from_beyond = (edges > 0) & (edges[main] == 0)
    if not is_detailed(parts.labels):
        # Along three edges of the picture, as a table or a shadow, while the digit stands free.
        return np.asarray(from_beyond & (edges > 2))
    pen = stroke_width(parts.mask(main))
    # Or in a corner of it; or in a finer pen, as a form.
    foreign: Which = (from_beyond & (edges > 1)) | (parts.area < FINER * pen * (parts.width + parts.height))
    foreign |= solid & (parts.shorter > BOLDER * pen) & (not solid[main])
    apart = gaps > np.maximum(STROKES_AWAY * pen, CUT_OFF * longer[main])
    foreign |= from_beyond & apart & (parts.height < LOW * parts.height[main]) & (parts.width < longer[main])
    counted = parts.area >= NEAR_PART * parts.area[main]
    for part in np.flatnonzero(from_beyond & (gaps > REACHING * longer[main]) & counted & ~foreign).tolist():
        foreign[part] = stroke_width(parts.mask(part)) > BOLDER * pen
    return foreign | _printed(parts, main, gaps, foreign)


def _printed(parts: _Parts, main: int, gaps: Measure, foreign: Which) -> Which:
    """Which parts are letters or words of print: several low ones in a row that goes on where no piece would be.

    The pieces of a figure of dashes or dots may lie in rows, too; but many are as high as the main one, or in no row.
    """
    printed, beyond = np.zeros(len(gaps), bool), gaps > NEAR * parts.longer[main]
    low, large = parts.height < LOW * parts.height[main], parts.area >= FAR_PART * parts.area[main]
    if np.count_nonzero(large & ~low) >= SEVERAL:
        return printed
    counted = low & ~foreign & (large | (~beyond & (parts.area >= NEAR_PART * parts.area[main])))
    for part in np.flatnonzero(counted).tolist():
        row = low & _on_a_level(parts, part)
        if np.count_nonzero(row) >= SEVERAL and (row & beyond).any():
            printed |= row
    is_print = np.count_nonzero(counted & printed) > PRINT * np.count_nonzero(counted)
    return printed & is_print


def _on_a_level(parts: _Parts, part: int) -> Which:
    """Which parts are on a level with one of them, and about as high."""
    top, height, middle = parts.top[part], parts.height[part], parts.top + parts.height / 2
    level: Which = (middle > top) & (middle < top + height)
    level &= (parts.height * UNLIKE > height) & (parts.height < height * UNLIKE)
    return level


def _is_apart(parts: _Parts, main: int, gaps: Measure, kept: Which) -> bool:
    """Whether something stands beside or below the main part that is no end of a broken stroke of it."""
    if not 1 < np.count_nonzero(kept) <= FEW:
        return False
    longer = parts.longer
    other = kept & (parts.edges == 0) & (longer >= CHARACTER * longer[main])
    other &= (parts.height >= HIGH * parts.height[main]) & (gaps > CUT_OFF * longer[main])
    return bool(other.any() and gaps[other].max() > BROKEN * stroke_width(parts.mask(main)))


def _is_left_out(parts: _Parts, main: int, known: Which) -> bool:
    """Whether a part that stands free is too far away and too slim for the figure, but as high: the 1 of a 10."""
    return bool((~known & (parts.edges == 0) & (parts.height >= AS_HIGH * parts.height[main])).any())


def _only(labels: NDArray[np.int32], kept: NDArray[np.bool_]) -> Gray:
    """The mask of some of the parts; `kept` doesn't count what lies between the parts."""
    return np.concatenate(([0], np.where(kept, 255, 0))).astype(np.uint8).take(labels)
