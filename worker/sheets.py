"""The sheet that a digit is on, told from the table or the wall that it lies or hangs on.

Masks (H, W) are 0 and 255; hulls are outlines without dents, as OpenCV has them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.parts import Gray, area_within, edges_reached, is_detailed, main_figure, stroke_width

Hull = NDArray[np.int32]

#: A sheet has the first share of the picture at least, and the second share of it is empty; cut off by the picture's
#: edges it has so many corners at most, or is an oval, and the polygon or oval has nearly the same area.
SHEET, EMPTY, CORNERS, SHAPED = 0.4, 0.75, 6, 0.95
#: A sheet with strokes on it has this share of the picture at least; its four corners, or up to eight where they are
#: cut off, show so much of it exactly. Else so much of each side is straight, to within so little.
SMALL_SHEET, FOUR_CORNERS, MANY_CORNERS, CUT_CORNERS = 0.05, 0.965, 0.98, 8
STRAIGHT_SIDE, INDENTED = 0.5, 0.02
#: Marks on a sheet differ from it by this share of what differs most. They are a figure if they have between the first
#: share of the sheet's area and the second, and strokes no wider than the third share of their length, or than the
#: fourth where they are slimmer than the fifth; what is not slim leaves room in its box.
MARKED, DRAWN, STROKE, SLIM_STROKE, SLIM_FIGURE, ROOM = 0.4, (0.004, 0.3), 0.35, 0.5, 0.4, 0.6
#: A disc is no zero if its diameters are as equal as the first share, and what is on it fills less than the second
#: share of its hull, or is narrower than the third share of its length.
CIRCULAR, DENTED, BAR = 0.85, 0.8, 0.25
#: The fewest points that an oval can be fitted to, and how far ink on a disc differs from what is around the disc, as a
#: share of how far the disc does; of that ink's pixels, this many percent are none of its blurred edges.
FEWEST, INKED, SHARP = 5, 0.3, 20
#: How exactly its corners are found, as a share of its outline, and how far from its edges it may still be blurred, as
#: a share of the picture.
EXACT, BLURRED = 0.02, 0.03


def sheet(gray: Gray, strokes: Gray) -> Gray | None:
    """A mask of the sheet that the digit is on, if what was taken for strokes is a sheet on a table of another color.

    It is large and little is on it; it has straight sides, or is round. If it is round or fills the picture, what is on
    it is no part of the table. It may be smaller if a figure is on it, which on a disc is unlike the inside of a zero.
    In coarse pictures only round ones are told from damage.
    """
    inked, least = cv2.countNonZero(strokes), SMALL_SHEET if is_detailed(gray) else SHEET
    if inked < EMPTY * least * strokes.size:
        return None
    outlines, _ = cv2.findContours(strokes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    if area < least * strokes.size or inked < EMPTY * area:
        return None
    convex = cv2.contourArea(outline) > SHAPED * area
    if is_detailed(gray) and convex and ((straight := _has_straight_sides(hull)) or _is_oval(hull)):
        within = _inside(hull, strokes)
        marks = _marks(gray, within, strokes)
        if _is_figure(marks, area) and (straight or not _is_counter(marks, hull)):
            return within
    return _inside(hull, strokes) if area >= SHEET * strokes.size and _is_large_sheet(gray, strokes, hull) else None


def _inside(hull: Hull, strokes: Gray) -> Gray:
    """The mask of a sheet without its edges, which may be blurred."""
    blurred = max(3, round(BLURRED * max(strokes.shape)))
    return np.asarray(cv2.erode(_filled(hull, strokes), np.ones((blurred, blurred))), dtype=np.uint8)


def _filled(hull: Hull, strokes: Gray) -> Gray:
    return np.asarray(cv2.fillConvexPoly(np.zeros_like(strokes), hull, 255), dtype=np.uint8)


def _is_large_sheet(gray: Gray, strokes: Gray, hull: Hull) -> bool:
    straight = is_detailed(gray) and _is_polygon(hull)
    if not (straight or _is_oval(hull)):
        return False
    # What fills the picture, or is round, may be the digit.
    apart = straight and edges_reached(cv2.boundingRect(strokes), strokes.shape) <= 2
    return apart or _is_marked(gray, strokes, _filled(hull, strokes))


def _has_straight_sides(hull: Hull) -> bool:
    return _is_rectangle(hull) or _is_cut_off(hull) or _has_round_corners(hull)


def _is_rectangle(hull: Hull) -> bool:
    """Whether it fills the smallest rectangle around it, turned or not."""
    return bool(cv2.contourArea(hull) > SHAPED * np.prod(cv2.minAreaRect(hull)[1]))


def _is_cut_off(hull: Hull) -> bool:
    """Whether it has the few corners of a sheet, seen from aside, that the picture's edges may cut off."""
    for exactness in (EXACT / 2, EXACT / 4):
        corners = cv2.approxPolyDP(hull, exactness * cv2.arcLength(hull, True), True)
        exactly = FOUR_CORNERS if len(corners) == 4 else MANY_CORNERS
        if len(corners) <= CUT_CORNERS and cv2.contourArea(corners) >= exactly * cv2.contourArea(hull):
            return True
    return False


def _has_round_corners(hull: Hull) -> bool:
    """Whether each side of its box is straight for the most part."""
    x, y, width, height = cv2.boundingRect(hull)
    shape = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), hull - (x, y), 1)
    deep, wide = max(1, round(INDENTED * height)), max(1, round(INDENTED * width))
    sides = shape[deep], shape[-1 - deep], shape[:, wide], shape[:, -1 - wide]
    return bool(min(side.mean() for side in sides) > STRAIGHT_SIDE)


def _marks(gray: Gray, within: Gray, strokes: Gray) -> Gray:
    """What differs from the sheet, on it; the ink on it is left out of `strokes`."""
    sheet_tone = round(float(np.median(gray[strokes > 0])))
    differs = cv2.absdiff(gray, np.full_like(gray, sheet_tone)) & within & ~strokes
    return np.asarray(np.where(differs > MARKED * float(differs.max()), 255, 0), dtype=np.uint8)


def _is_figure(marks: Gray, area: float) -> bool:
    """Whether what is on a sheet of this area is drawn in strokes, unlike the counter of a bold digit."""
    if not marks.any():
        return False
    figure = main_figure(marks).strokes
    _, _, width, height = cv2.boundingRect(figure)
    ink, length = cv2.countNonZero(figure), max(width, height)
    if not DRAWN[0] * area < ink < DRAWN[1] * area:
        return False
    if min(width, height) < SLIM_FIGURE * length:
        return bool(stroke_width(figure) < SLIM_STROKE * length)
    return bool(stroke_width(figure) < STROKE * length and ink < ROOM * width * height)


def _is_counter(marks: Gray, disc: Hull) -> bool:
    """Whether what is on a disc may be the inside of a bold zero: neither a bar nor dented, or the disc is oval."""
    shorter, longer = sorted(cv2.fitEllipse(disc)[1])
    if shorter < CIRCULAR * longer:
        return True
    figure = main_figure(marks).strokes
    hull = cv2.convexHull(cv2.findNonZero(figure))
    narrow, long = sorted(cv2.minAreaRect(hull)[1])
    return narrow > BAR * long and cv2.countNonZero(figure) > DENTED * area_within(hull, figure)


def _is_polygon(hull: Hull) -> bool:
    corners = cv2.approxPolyDP(hull, EXACT * cv2.arcLength(hull, True), True)
    return len(corners) <= CORNERS and cv2.contourArea(corners) >= SHAPED * cv2.contourArea(hull)


def _is_oval(hull: Hull) -> bool:
    if len(hull) < FEWEST:
        return False
    _, axes, _ = cv2.fitEllipse(hull)
    return bool(SHAPED < cv2.contourArea(hull) / (np.pi / 4 * np.prod(axes)) < 1 / SHAPED)


def _is_marked(gray: Gray, strokes: Gray, whole: Gray) -> bool:
    """Whether what is left out in strokes is ink: the counter of a bold zero is like the paper around the zero."""
    parts = whole & ~strokes, ~whole, strokes
    if not all(part.any() for part in parts):
        return False
    inked, around, on = (gray[part > 0] for part in parts)
    table = float(np.median(around))
    step = float(np.median(on)) - table
    # Blurred edges are between the ink and what it is on.
    ink = np.percentile(inked, SHARP if step > 0 else 100 - SHARP)
    return bool(abs(ink - table) > INKED * abs(step))
