"""What lies around a digit and is none of it: ruled lines, the box of a form field, a circle.

Masks (H, W) are 0 and 255. Nothing is taken out unless a figure remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.parts import Gray, edges_reached, is_detailed, main_figure, stroke_width

#: How many pixels wide the finest lines are, in detailed pictures and in coarse ones.
FINE_LINE, COARSE_LINE = 2, 1
#: A ruled line runs straight over the first share of the frame at least, and is no thicker than the second, or than
#: the finest lines. With what goes on at its level, to within the third share, it is as long as the fourth.
RUN, THICK, LEVEL, LONG = 0.15, 0.025, 0.02, 0.3
#: A box around the digit is as wide and high as the first share of the picture at least; its sides are drawn over the
#: second share of their length, and are no thicker and no more slanted than the third share of the shorter one.
FRAMED, STRAIGHT, SWERVE = 0.5, 0.9, 0.08
#: What is seen of at least three sides of a box that the digit crosses, and small gaps in it, as shares of the picture;
#: the digit's strokes are so many times as wide as the sides, which are no thicker than the fourth share of what is
#: widest.
SEEN, GAP, WIDER, FINE = 0.4, 0.05, 1.5, 0.4
#: A box or a circle around a digit, or a piece of it, is as wide and high as the first share of the picture at least,
#: and fills less than the second share of its own box; the digit is as high as the third share of what is around it.
SURROUNDING, FILLED, SURROUNDED = 0.3, 0.5, 0.22
#: A line under the digit is so far away from it, as a share of the digit's height, and no thicker and no more slanted
#: than the second share of its own length.
AWAY, FLAT = 0.08, 0.2
#: Lines above and below go on beyond the digit on both sides, by the first share of their length. What is no line
#: belongs to the digit from the second share of the largest such part's area.
OVERHANG, PIECE = 0.1, 0.04
#: A zero is narrower than the first share of its height and fills between the second and the third share of the
#: smallest rectangle around it; its slash is no wider than the fourth share of its length, and as wide as the fifth
#: share of its height, as it leans.
OVAL, ROUND, SQUARE, SLIM, LEANING = 0.85, 0.65, 0.88, 0.25, 0.6
#: What a circle encloses has this share of its convex hull at least.
CONVEX = 0.9
#: What remains without lines is at least this share of the ink.
REMAINING = 0.04
#: Characters that were set aside have these shares of the figure's height and area, and more than this share of their
#: own height in width.
AS_HIGH, AS_LARGE, UPRIGHT = 0.5, 0.3, 0.15


def without_surroundings(mask: Gray) -> Gray:
    """Take out whole parts around others, ruled lines and boxes; where there are none, the mask itself is returned."""
    return _without_lines(_without_parts_around(mask))


def has_others(aside: Gray, figure: Gray) -> bool:
    """Whether there are characters in what was set aside, as where they touch the line that they are written on.

    Lines and boxes are straight, and circles go around the figure, above it, too.
    """
    left, top, width, height = cv2.boundingRect(figure)
    rest = aside & ~cv2.dilate(_runs(aside), np.ones((3, 3), np.uint8))
    if rest[:top, left : left + width].any():
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(rest)
    _, _, widths, heights, areas = stats[1:].T
    written = (heights >= AS_HIGH * height) & (widths >= UPRIGHT * heights)
    return bool((written & (areas >= AS_LARGE * cv2.countNonZero(figure))).any())


def _without_parts_around(mask: Gray) -> Gray:
    """Take out parts that go around another one, as a box or a circle or a piece of them does, or lie along it."""
    if cv2.connectedComponents(mask)[0] == 2:
        return mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    left, _, width, height, _ = stats.T
    right, bottom = left + width, stats[:, cv2.CC_STAT_TOP] + height
    around = np.zeros(len(stats), bool)
    for outer in np.flatnonzero(width >= SURROUNDING * mask.shape[1])[1:]:
        above = (left > left[outer]) & (right < right[outer]) & (bottom < bottom[outer])
        highest = int(np.argmax(above * height))
        if height[highest] >= SURROUNDED * height[outer] and above[highest]:
            parts = _part(labels, int(outer)), _part(labels, highest)
            if _goes_around(*parts):
                # What lies beside a box and is cut off belongs to its neighbors.
                cut_off = (left == 0) | (right == mask.shape[1])
                around |= cut_off & ((right <= left[outer]) | (left >= right[outer]))
                around[outer] = True
            elif _underlines(*parts):
                around[outer] = True
    around |= _lines_along(stats, mask.shape[1])
    around[0] = False
    return np.where(around.take(labels), 0, mask).astype(np.uint8) if around.any() else mask


def _part(labels: NDArray[np.int32], number: int) -> Gray:
    return np.asarray(labels == number).view(np.uint8)


def _goes_around(outer: Gray, inner: Gray) -> bool:
    left, top, width, height = cv2.boundingRect(inner)
    apart = not outer[top : top + height, left : left + width].any()
    above = cv2.boundingRect(outer)[1] < top
    return apart and above and _is_slim(outer) and not (_is_zero(outer, inner) or _is_hollow(outer))


def _is_slim(part: Gray) -> bool:
    """Whether it is high enough to go around a digit, and mostly empty."""
    _, _, width, height = cv2.boundingRect(part)
    return bool(height >= SURROUNDING * part.shape[0] and cv2.countNonZero(part) < FILLED * width * height)


def _is_hollow(part: Gray) -> bool:
    """Whether this is the outline of a digit, which is closed, as a circle is, but encloses no convex area."""
    outlines, hierarchy = cv2.findContours(part, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    enclosed = [outline for outline, (*_, outer) in zip(outlines, hierarchy[0], strict=True) if outer >= 0]
    if not enclosed:
        return False
    largest = max(enclosed, key=cv2.contourArea)
    return cv2.contourArea(largest) < CONVEX * cv2.contourArea(cv2.convexHull(largest))


def _underlines(line: Gray, figure: Gray) -> bool:
    left, top, width, height = cv2.boundingRect(figure)
    rows = np.flatnonzero(line[:, left : left + width].any(1))
    thickness, length = np.ptp(rows), cv2.boundingRect(line)[2]
    return bool(rows[0] - (top + height) >= AWAY * height and thickness <= FLAT * length)


def _lines_along(stats: NDArray[np.int32], across: int) -> NDArray[np.bool_]:
    """Which parts are lines above or below all others and go on beyond them on both sides, as a double underline.

    One alone may be the foot of a one or a two, or the bar of a seven: it is near, or shorter than the digit is high.
    """
    left, top, width, height, area = stats.T
    lines: NDArray[np.bool_] = (width >= SURROUNDING * across) & (height <= FLAT * width)
    lines[0] = False
    if not lines.any():
        return lines
    others = np.where(lines, 0, area)
    others[0] = 0
    digit: NDArray[np.bool_] = others > PIECE * others.max()
    if not digit.any():
        return digit
    start, end = top[digit].min(), (top + height)[digit].max()
    gaps, over = np.maximum(top - end, start - top - height), OVERHANG * width
    lines &= (gaps > 0) & (left + over < left[digit].min()) & (left + width - over > (left + width)[digit].max())
    if np.count_nonzero(lines) < 2:
        lines &= (gaps >= AWAY * (end - start)) & (width >= end - start)
    return lines


def _is_zero(ring: Gray, within: Gray) -> bool:
    """Whether these are a zero and its loose slash: a closed oval, and a straight stroke that leans."""
    oval, slash = _outline(ring), _outline(within)
    _, _, width, height = cv2.boundingRect(oval)
    around = np.prod(cv2.minAreaRect(oval)[1])
    is_oval = width < OVAL * height and ROUND * around < cv2.contourArea(oval) < SQUARE * around
    _, _, width, height = cv2.boundingRect(slash)
    sides = cv2.minAreaRect(slash)[1]
    return bool(is_oval and min(sides) < SLIM * max(sides) and width > LEANING * height)


def _outline(part: Gray) -> NDArray[np.int32]:
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.asarray(outlines[0], dtype=np.int32)


def _without_lines(mask: Gray) -> Gray:
    """Take out ruled lines and boxes, if what remains is a figure that stands free in the frame."""
    found = [lines for look in (_ruled, _ruled_down, _framing, _sides) if (lines := look(mask)) is not None]
    if not found:
        return mask
    lines = reduce(cv2.bitwise_or, found)
    rest = cv2.subtract(mask, lines)
    crossing = 3 * _finest(mask) + 1
    rest = np.asarray(rest | (_closed(rest, crossing, crossing) & lines), dtype=np.uint8)
    enough = cv2.countNonZero(rest) >= REMAINING * cv2.countNonZero(mask)
    return rest if enough and not _edges_reached(main_figure(rest).strokes) else mask


def _ruled(mask: Gray) -> Gray | None:
    """The pixels of thin straight lines that come from the left edge or the right one, or from both."""
    if not _reaches_sides(mask):
        return None
    too_thick = max(_finest(mask), round(THICK * max(mask.shape))) + 1
    runs = _runs(mask)
    runs = cv2.subtract(runs, _opened(runs, too_thick, 1))
    if not _reaches_sides(runs):
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats(_with_rims(runs))
    left, top, length, height, _ = stats.T
    ruled = (left == 0) | (left + length == mask.shape[1])
    ruled[0] = False
    level = top[:, None] < top + height + LEVEL * mask.shape[1]
    ruled &= (level & level.T) @ (length * ruled) >= LONG * mask.shape[1]
    return np.asarray(np.where(ruled.take(labels), mask, 0), dtype=np.uint8) if ruled.any() else None


def _ruled_down(mask: Gray) -> Gray | None:
    """The same from the upper edge or the lower one."""
    lines = _ruled(np.ascontiguousarray(mask.T))
    return None if lines is None else lines.T


def _reaches_sides(lines: Gray) -> bool:
    """Whether any come from the left edge or the right one; openings and rims move ends by up to the finest width."""
    left, _, width, _ = cv2.boundingRect(lines)
    return bool(width > 0 and min(left, lines.shape[1] - left - width) <= _finest(lines))


def _framing(mask: Gray) -> Gray | None:
    """The pixels of a box that is drawn around the rest.

    A zero or an eight may be as straight as a box; but nothing is in it, or what is in it spans it.
    """
    x, y, width, height = _largest_box(mask)
    if min(width / mask.shape[1], height / mask.shape[0]) < FRAMED:
        return None
    box, depth = mask[y : y + height, x : x + width], max(_finest(mask), round(SWERVE * min(width, height)))
    sides, within = (box[:depth], box[-depth:], box[:, :depth].T, box[:, -depth:].T), np.s_[depth:-depth, depth:-depth]
    if any(_inked_columns(side) < STRAIGHT for side in sides) or _edges_reached(box[within]) > 1:
        return None
    framing = np.zeros_like(mask)
    framing[y : y + height, x : x + width] = box
    framing[y : y + height, x : x + width][within] = 0
    return framing


def _inked_columns(mask: Gray) -> float:
    """The share of columns in which there is anything."""
    return float(cv2.countNonZero(cv2.reduce(mask, 0, cv2.REDUCE_MAX)) / mask.shape[1])


def _sides(mask: Gray) -> Gray | None:
    """The pixels of a box whose sides, three at least, are thinner than the digit's strokes, which may cross them."""
    thin = _thin(mask)
    if cv2.countNonZero(thin) < 3 * SEEN * min(mask.shape) * _finest(mask):
        return None
    gap = round(GAP * max(mask.shape))
    across, down = _runs(_closed(thin, 1, gap)), _runs(np.ascontiguousarray(_closed(thin, gap, 1).T)).T
    row, column = mask.shape[0] // 2, mask.shape[1] // 2
    seen = [_inked_columns(half) for half in (across[:row], across[row:], down[:, :column].T, down[:, column:].T)]
    if sum(side >= SEEN for side in seen) < 3:
        return None
    lines = cv2.bitwise_and(_with_rims(across | down), mask)
    rest = cv2.subtract(mask, lines)
    height, width = mask.shape
    thickness = cv2.countNonZero(lines) / (sum(seen[:2]) * width + sum(seen[2:]) * height)
    return lines if rest.any() and stroke_width(main_figure(rest).strokes) > WIDER * thickness else None


def _thin(mask: Gray) -> Gray:
    """What is much narrower than the widest stroke, in one direction or the other."""
    bordered = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    widest = 2 * cv2.minMaxLoc(cv2.distanceTransform(bordered, cv2.DIST_C, 3))[1] - 1
    too_thick = max(_finest(mask), round(FINE * widest)) + 1
    return np.asarray(cv2.subtract(mask, _opened(mask, too_thick, too_thick)), dtype=np.uint8)


def _runs(mask: Gray) -> Gray:
    """What is long in a row."""
    return _opened(mask, 1, round(mask.shape[1] * RUN))


def _with_rims(lines: Gray) -> Gray:
    """Lines are blurred a little."""
    size = _finest(lines) + 1
    return np.asarray(cv2.dilate(lines, np.ones((size, size), np.uint8)), dtype=np.uint8)


def _finest(mask: Gray) -> int:
    return FINE_LINE if is_detailed(mask) else COARSE_LINE


def _opened(mask: Gray, height: int, width: int) -> Gray:
    """Without what has no room for a rectangle; `cv2.morphologyEx` moves the rest by a pixel where a side is even."""
    rectangle, mirrored = np.ones((height, width), np.uint8), ((width - 1) // 2, (height - 1) // 2)
    return np.asarray(cv2.dilate(cv2.erode(mask, rectangle), rectangle, anchor=mirrored), dtype=np.uint8)


def _closed(mask: Gray, height: int, width: int) -> Gray:
    """Without gaps that have no room for a rectangle."""
    return ~_opened(~mask, height, width)


def _edges_reached(mask: Gray) -> int:
    return edges_reached(cv2.boundingRect(mask), mask.shape)


def _largest_box(mask: Gray) -> Sequence[int]:
    """Left, top, width and height of the part that spans most."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(outline) for outline in outlines]
    return max(boxes, key=lambda box: box[2] * box[3], default=(0, 0, 0, 0))
