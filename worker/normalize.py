"""From any picture of a digit to MNIST's conditions; used by training and serving alike.

MNIST's conditions are a light digit on black, its longer side 20 pixels, its center of mass in the middle of
28 x 28 (Y. LeCun et al., Gradient-based learning applied to document recognition, 1998), strokes about two
pixels wide. A picture that already meets them passes through untouched, or merely inverted or moved; one as clean but
of another size is scaled without a search for anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from worker.bars import inside_bars
from worker.ink import Ink, find_ink
from worker.paper import border
from worker.parts import AROUND, Gray, edges_reached, is_solid, stroke_width

SIDE, BOX, CENTER = 28, 20, 14.0
#: Larger pictures are searched for ink at this size, in pixels; small finds are then looked at in full.
SEARCH, SMALL_FIND = 256, 80
#: Strokes thinner than the first width are widened to the second, thicker ones thinned to the third, in pixels of
#: the result.
THIN, TARGET, THICK = 1.35, 2.0, 5.0
#: Strokes are changed at this many times the result's resolution at least.
FINE = 2
#: Ink fainter than this is not looked for at the rims of strokes, of 255.
RIM = 10
#: Pictures with fewer pixels a side may hold counts instead of tones, which go so far at least, and not up to the last.
COARSE, COUNTS = 20, (8, 64)
#: Below these a reading is doubtful: contrast of 255, pixels of the longer side, share of the ink that was used.
FAINT, TINY, CLUTTERED = 40, 7, 0.5
#: MNIST's smallest longer side, largest distance from the center and smallest peak, over its training images.
MNIST_SIDE, MNIST_SHIFT, MNIST_PEAK = 19, 0.52, 250
#: A clean picture's ink has a longer side of so many pixels at most, is in the strokes from so much of 255 on, and goes
#: beyond them by so many pixels: what is fainter further away are boxes, lines, specks.
CLEAN_SIDE, CLEAN_INK, CLEAN_RIMS = 26, 90, 3


class Normalized(NamedTuple):
    """A picture under MNIST's conditions: pixels of shape (28, 28), what was done, and what is doubtful.

    Flags are `blank`, `too_small`, `low_contrast`, `touches_border`, `several_components`, `second_character` (one of
    the components clearly is no piece of the digit), `solid` (no strokes, but a disc or a block) and `cluttered` (less
    than half of the ink is in the digit, or ink and paper could not be told apart).
    """

    pixels: Gray
    inverted: bool
    flags: tuple[str, ...] = ()


def normalize(gray: Gray) -> Normalized:
    """Bring a gray picture (height, width) of any size and polarity to MNIST's conditions."""
    if gray.shape == (SIDE, SIDE) and (clean := _clean(gray)):
        return clean
    gray = _stretched(gray)
    small = _at_most(gray, SEARCH)
    if inside := inside_bars(small):
        return normalize(_part(gray, inside, max(gray.shape) / max(small.shape)))
    ink = find_ink(small)
    if ink is None:
        return _blank()
    if small is not gray and max(ink.box[2:]) < SMALL_FIND:
        return normalize(_closer(gray, ink))
    if ink.lost:
        return Normalized(_whole(ink.strength), ink.inverted, ("cluttered",))
    digit = _redrawn(ink)
    return Normalized(_placed(digit), ink.inverted, _flags(ink)) if digit.size else _blank()


def plain(gray: Gray) -> Normalized:
    """The simple way: polarity from the border, then a resize to 28 x 28."""
    inverted = bool(border(gray).mean() > 127)
    resized = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Normalized(np.asarray(255 - resized if inverted else resized, dtype=np.uint8), inverted)


def _blank() -> Normalized:
    return Normalized(np.zeros((SIDE, SIDE), np.uint8), inverted=False, flags=("blank",))


def _clean(gray: Gray) -> Normalized | None:
    """A digit alone on black or white, at full contrast; None if the picture (28, 28) is another one.

    Under MNIST's conditions it is left untouched, else moved, and brought to MNIST's size and pen if it has others.
    """
    # No stroke of MNIST's reaches into the corner.
    light_paper = bool(gray[0, 0] > 127)
    on_black = np.asarray(cv2.bitwise_not(gray) if light_paper else gray, dtype=np.uint8)
    if _peak(on_black) < MNIST_PEAK:
        return None
    if not _has_mnists_size(cv2.boundingRect(on_black)[2:]):
        on_black = np.asarray(cv2.threshold(on_black, RIM, 255, cv2.THRESH_TOZERO)[1], dtype=np.uint8)
    elif max(abs(at - CENTER) for at in _center_of_mass(on_black)) <= MNIST_SHIFT:
        return Normalized(on_black, light_paper)
    return _alone(on_black, light_paper)


def _has_mnists_size(sides: Sequence[int]) -> bool:
    return MNIST_SIDE <= max(sides) <= BOX


def _alone(on_black: Gray, inverted: bool) -> Normalized | None:
    """A digit in one part with nothing beside it on black (28, 28); None if there is anything else."""
    x, y, width, height = cv2.boundingRect(on_black)
    side = max(width, height)
    if not TINY <= side <= CLEAN_SIDE:
        return None
    strokes = np.asarray(cv2.threshold(on_black, CLEAN_INK, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
    box = cv2.boundingRect(strokes)
    if side - max(box[2:]) > CLEAN_RIMS or cv2.connectedComponents(strokes)[0] != 2:
        return None
    pen = stroke_width(strokes) * BOX / side
    # What is as thick may be a block with a digit in it, what is as fine and large a box that a digit touches.
    if pen > THICK or (pen < THIN and side > BOX):
        return None
    digit = _with_width(on_black[y : y + height, x : x + width], pen)
    if not _has_mnists_size(digit.shape):
        digit = _resized(digit, BOX / max(digit.shape))
    return Normalized(_placed(digit), inverted, ("touches_border",) if edges_reached(box, strokes.shape) else ())


def _peak(gray: Gray) -> float:
    """The largest value: as `gray.max()`, which is slower on pictures so small."""
    return cv2.minMaxLoc(gray)[1]


def _center_of_mass(gray: Gray) -> tuple[float, float]:
    moments = cv2.moments(gray)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


def _stretched(gray: Gray) -> Gray:
    """So few pixels show no noise: what differs a little differs on purpose, as counts from 0 to 16 do."""
    if min(gray.shape) >= COARSE:
        return gray
    darkest, lightest, *_ = cv2.minMaxLoc(gray)
    if lightest - darkest < COUNTS[0] or lightest >= COUNTS[1]:
        return gray
    return np.asarray(cv2.normalize(gray, None, 0, 255, cv2.NORM_MINMAX), dtype=np.uint8)


def _at_most(gray: Gray, side: int) -> Gray:
    scale = side / max(gray.shape)
    return _resized(gray, scale) if scale < 1 else gray


def _resized(gray: Gray, scale: float) -> Gray:
    if scale == 1:
        return gray
    height, width = gray.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(gray, size, interpolation=way), dtype=np.uint8)


def _part(gray: Gray, place: tuple[slice, slice], scale: float) -> Gray:
    """What is in a place that was found in a picture so many times smaller."""
    rows, columns = (slice(max(0, int(part.start * scale)), int(part.stop * scale)) for part in place)
    return gray[rows, columns]


def _closer(gray: Gray, ink: Ink) -> Gray:
    """The part of a picture in which ink was found that is small in it; beyond its sheet everything is paper."""
    place, scale = _around(ink.box), max(gray.shape) / max(ink.strokes.shape)
    part = _part(gray, place, scale)
    if ink.sheet is None:
        return part
    within = cv2.resize(_part(ink.sheet, place, 1), part.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.where(within, part, np.median(part[within > 0])).astype(np.uint8)


def _around(box: Sequence[int]) -> tuple[slice, slice]:
    """The rows and columns of a box with some space around it; they may begin before the picture."""
    x, y, width, height = box
    margin = max(width, height) / 2
    return slice(y - margin, y + height + margin), slice(x - margin, x + width + margin)


def _redrawn(ink: Ink) -> Gray:
    """The strokes, cut to their box, at full strength and MNIST's size, with near its width.

    Empty if they are shadows: nothing beside the specks that set the contrast.
    """
    x, y, width, height = ink.box
    rows, columns = slice(max(0, y - 1), y + height + 1), slice(max(0, x - 1), x + width + 1)
    kept = cv2.dilate(ink.strokes[rows, columns], AROUND)
    full = cv2.convertScaleAbs(cv2.bitwise_and(ink.strength[rows, columns], kept), alpha=255 / ink.contrast)
    crop = _cut(np.asarray(full, dtype=np.uint8))
    if not crop.size:
        return crop
    crop = _with_width(crop, stroke_width(ink.strokes[y : y + height, x : x + width]) * BOX / max(crop.shape))
    return _resized(crop, BOX / max(crop.shape))


def _whole(strength: Gray) -> Gray:
    """All that there is, if nothing can be set aside."""
    small = cv2.resize(strength, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.convertScaleAbs(small, alpha=255 / max(1, _peak(small))), dtype=np.uint8)


def _cut(full: Gray) -> Gray:
    """The faint rims of strokes belong to them."""
    x, y, width, height = cv2.boundingRect(cv2.threshold(full, RIM, 255, cv2.THRESH_BINARY)[1])
    return full[y : y + height, x : x + width]


def _with_width(crop: Gray, width: float) -> Gray:
    """Widen strokes that are thin and thin those that are thick; `width` is in pixels of the result."""
    if THIN <= width <= THICK:
        return crop
    crop = _resized(crop, max(1.0, FINE * BOX / max(crop.shape)))
    change = (TARGET if width < THIN else THICK) - width
    size = round(abs(change) * max(crop.shape) / BOX) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    if change < 0:
        return np.asarray(cv2.erode(crop, kernel), dtype=np.uint8)
    padded = cv2.copyMakeBorder(crop, *(size // 2,) * 4, cv2.BORDER_CONSTANT)
    return np.asarray(cv2.dilate(padded, kernel), dtype=np.uint8)


def _placed(digit: Gray) -> Gray:
    """Full strength, center of mass in the middle as far as the frame allows."""
    height, width = digit.shape
    x, y = _center_of_mass(digit)
    left = min(max(round(CENTER - x), 0), SIDE - width)
    top = min(max(round(CENTER - y), 0), SIDE - height)
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    pixels[top : top + height, left : left + width] = cv2.convertScaleAbs(digit, alpha=255 / max(1, _peak(digit)))
    return pixels


def _flags(ink: Ink) -> tuple[str, ...]:
    doubts = (
        ("too_small", max(ink.box[2:]) < TINY),
        ("low_contrast", ink.contrast < FAINT),
        ("touches_border", ink.edges > 0),
        ("several_components", ink.parts > 1),
        ("second_character", ink.apart),
        ("solid", is_solid(ink.strokes)),
        ("cluttered", ink.share < CLUTTERED),
    )
    return tuple([flag for flag, raised in doubts if raised])
