"""Where the ink is: strokes are told from paper, light, specks and what is around them, whatever the polarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from worker.parts import DETAILED, Figure, Gray, edges_reached, is_detailed, main_figure
from worker.surroundings import sheet, without_surroundings

#: Smaller pictures are too coarse to show anything beside a character, be it light that changes, in pixels.
LIGHTED = 20
#: Contrast of ink and paper below which there is nothing to read, of 255, and how many pixels may be mere specks.
NOTHING, SPECKS = 12, 4
#: Light is evened out where the paper along the border varies by this share of the whole range.
UNEVEN = 0.25
#: Ink and paper differ for more than this share of the variance, unless the light does.
TWO_TONED = 0.85
#: The usual light and the usual dark are this share of the whole range apart, unless the light changes.
STARK = 0.7
#: A picture was enlarged from few pixels if so many a side show all of it but for this share of its variance.
FEW, UNSHOWN = 16, 0.025
#: A digit whose box has this share of the picture fills it.
FILLING = 0.8
#: What stands free in the picture is a digit and no light from this share of all ink.
ALONE = 0.9
#: The paper under uneven light is looked at in a square of so many pixels, in which no stroke is as wide as the second.
COARSE, WIDE = 48, 17
#: In a coarse picture, what touches the digit is a box or a line if it spans more than this share.
SPANNING = 0.72
#: A pixel belongs to a stroke from this share of the level that separates ink from paper, and of the contrast: all
#: levels between noise and clear ink are as good for Otsu's method, which takes the lowest.
SENSITIVITY, FAINTEST = 0.75, 0.25
#: The structuring element of a pixel and its neighbors.
AROUND = np.ones((3, 3), np.uint8)


class Ink(NamedTuple):
    """Ink of shape (H, W): its strength (0 none) and the mask of the strokes that count.

    `box` is around these strokes: left, top, width and height. `contrast` is how far strokes stand out from the paper,
    `parts` how many of them could be characters of their own, `share` how much of all ink they are (0 to 1). `lost`: it
    could not be told from the paper.
    """

    strength: Gray
    strokes: Gray
    box: Sequence[int]
    contrast: float
    inverted: bool
    parts: int
    share: float
    lost: bool

    @property
    def edges(self) -> int:
        """How many of the picture's four edges the strokes touch."""
        return edges_reached(self.box, self.strokes.shape)


class Relief(NamedTuple):
    """How much each pixel differs from the paper towards the ink; what the paper was like."""

    strength: Gray
    light_paper: bool
    uneven: bool


def find_ink(gray: Gray) -> Ink | None:
    """Separate the strokes of a picture (H, W) from all else; None if nothing is on it."""
    ink = _ink_on(gray)
    if ink is None or not _is_lighted(gray) or (within := sheet(gray, ink.strokes)) is None:
        return ink
    paper = np.median(gray[(within & ink.strokes) > 0])
    return _ink_on(np.where(within, gray, paper).astype(np.uint8)) or ink


def _is_lighted(picture: Gray) -> bool:
    return bool(min(picture.shape) >= LIGHTED)


def _ink_on(gray: Gray) -> Ink | None:
    if is_detailed(gray):
        gray = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), dtype=np.uint8)
    around, lighted = border(gray), _is_lighted(gray)
    level, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light = np.asarray(light, dtype=np.uint8)
    uneven = lighted and _is_uneven(gray, around)
    if uneven and not _may_be_filled(gray, light):
        return _ink_above(_above_uneven_paper(gray))
    ink = _ink_above(_above_even_paper(gray, light, np.count_nonzero(around > level) / around.size))
    if not lighted or (ink and _fills(ink) and (uneven or _may_be_filled(gray, light))):
        return ink
    if uneven:
        return _ink_above(_above_uneven_paper(gray))
    if ink is None or not (ink.edges or is_detailed(gray)) or _is_two_toned(gray, light):
        return ink
    # What comes in from the edges may be light or shadow; light in the middle hides ink, or looks like it.
    other = _ink_above(_above_uneven_paper(gray))
    return other if other and _is_clearer(other, ink) else ink


def _fills(ink: Ink) -> bool:
    """Whether the strokes take up nearly the whole picture; what looks like changing light at its edges may be they."""
    _, _, width, height = ink.box
    return width * height > FILLING * ink.strokes.size


def _is_clearer(one: Ink, other: Ink) -> bool:
    """Whether it touches fewer edges, or stands as free and leaves next to nothing out."""
    return one.edges < other.edges or (one.edges == other.edges == 0 and one.share > ALONE)


def _ink_above(relief: Relief) -> Ink | None:
    strength, inverted, uneven = relief
    level, rough = cv2.threshold(strength, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contrast = cv2.mean(strength, rough)[0]
    if contrast < NOTHING:
        return None
    faintest = max(level * SENSITIVITY, contrast * FAINTEST, NOTHING / 2)
    mask = np.asarray(cv2.threshold(strength, faintest, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
    strokes, parts, share = _figure(mask)
    if cv2.countNonZero(strokes) < SPECKS:
        return None
    box = cv2.boundingRect(strokes)
    lost = uneven and edges_reached(box, strokes.shape) > 2
    return Ink(strength, strokes, box, contrast, inverted, parts, share, lost)


def _figure(mask: Gray) -> Figure:
    """The figure in a mask of all ink, without what is around it."""
    if is_detailed(mask):
        return main_figure(without_surroundings(mask))
    if _stands_alone(mask):
        return Figure(mask, 1, 1.0)
    return main_figure(_without_coarse_surroundings(mask) if _is_lighted(mask) else mask)


def _stands_alone(mask: Gray) -> bool:
    """Whether all ink is one part, and doesn't span the picture as a digit and the box that it crosses do."""
    return _span(mask) <= SPANNING and _parts(mask) == 1


def _without_coarse_surroundings(mask: Gray) -> Gray:
    """As in detailed pictures, enlarged; but one part remains, and what is cut off it spans the picture.

    Else strokes and damage are easily taken for lines.
    """
    times = -(-DETAILED // min(mask.shape))
    large = np.asarray(cv2.resize(mask, None, fx=times, fy=times, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    freed = without_surroundings(large)
    if freed is large:
        return mask
    middle = np.s_[times // 2 :: times]
    rest = mask & freed[middle, middle]
    if _parts(rest) != 1:
        return mask
    aside = mask & ~rest
    cut = (cv2.dilate(aside, np.ones((3, 3), np.uint8)) & rest).any()
    return rest if not cut or _span(aside) > SPANNING else mask


def _parts(mask: Gray) -> int:
    return cv2.connectedComponents(mask)[0] - 1


def _span(mask: Gray) -> float:
    """The larger of the ink's shares of the picture's width and height."""
    _, _, width, height = cv2.boundingRect(mask)
    return float(max(width / mask.shape[1], height / mask.shape[0]))


def _above_even_paper(gray: Gray, light: Gray, light_border: float) -> Relief:
    """The paper is what is light (1) or what is dark (0), whichever has most of the picture."""
    light_paper = _lightness(light, light_border) > 0.5
    paper = np.uint8(cv2.mean(gray, light if light_paper else 1 - light)[0])
    ink = paper - np.minimum(gray, paper) if light_paper else np.maximum(gray, paper) - paper
    return Relief(ink, light_paper, uneven=False)


def _is_two_toned(gray: Gray, light: Gray) -> bool:
    """Whether most of the variance is that between ink and paper, not within them (N. Otsu, 1979)."""
    share, step = cv2.mean(light)[0], cv2.mean(gray, light)[0] - cv2.mean(gray, 1 - light)[0]
    return bool(share * (1 - share) * step**2 > TWO_TONED * cv2.meanStdDev(gray)[1][0, 0] ** 2)


def _may_be_filled(gray: Gray, light: Gray) -> bool:
    """Whether a digit could take up all of the picture, by what tells strokes from light that changes."""
    return _is_stark(gray, light) or _is_enlarged(gray)


def _is_stark(gray: Gray, light: Gray) -> bool:
    """Whether the usual light and dark are nearly the extremes; under changing light ink is darker than shadow.

    Blurred edges are neither light nor dark: the half of the pixels that differ least from their neighbors counts.
    """
    steps = cv2.morphologyEx(gray, cv2.MORPH_GRADIENT, AROUND)
    flat = cv2.threshold(steps, _median(steps), 1, cv2.THRESH_BINARY_INV)[1]
    on_light, on_dark = flat & light, flat & (1 - light)
    both = cv2.countNonZero(on_light) and cv2.countNonZero(on_dark)
    return bool(both and _median(gray, on_light) - _median(gray, on_dark) > STARK * _range(gray))


def _is_enlarged(gray: Gray) -> bool:
    """Whether few pixels, enlarged, show nearly all of the picture: strokes so blurred look like light."""
    few = cv2.resize(gray, (FEW, FEW), interpolation=cv2.INTER_AREA)
    ways = (cv2.INTER_NEAREST, cv2.INTER_LINEAR)
    unshown = min(cv2.norm(gray, cv2.resize(few, gray.shape[::-1], interpolation=way)) for way in ways)
    return bool(unshown**2 < UNSHOWN * gray.size * cv2.meanStdDev(gray)[1][0, 0] ** 2)


def _median(gray: Gray, mask: Gray | None = None) -> int:
    """As `np.median` of the pixels in a mask, ten times as fast: from their histogram."""
    counts = np.cumsum(cv2.calcHist([gray], [0], mask, [256], [0, 256]))
    return int(np.searchsorted(counts, counts[-1] / 2))


def _lightness(light: Gray, light_border: float) -> float:
    """The light share of the area, of the border and of the corners, which all are mostly paper: their mean."""
    corners = int(light[0, 0]) + int(light[0, -1]) + int(light[-1, 0]) + int(light[-1, -1])
    return float(cv2.mean(light)[0] + light_border + corners / 4) / 3


def border(gray: Gray) -> Gray:
    """The outermost pixels of a picture, in one row."""
    return np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))


def _is_uneven(gray: Gray, around: Gray) -> bool:
    """Whether the border's pixels differ much, the darkest and the lightest fifth left out.

    Light changes little by little: where most of the difference is one jump, it is ink that lies on the border.
    """
    much = UNEVEN * _range(gray)
    if _range(around) <= much:
        return False
    fifth = around.size // 5
    paper = np.sort(around)[fifth:-fifth]
    spread = int(paper[-1]) - int(paper[0])
    return spread > much and bool(np.diff(paper).max() < spread / 2)


def _range(gray: Gray) -> float:
    darkest, lightest, *_ = cv2.minMaxLoc(gray)
    return lightest - darkest


def _above_uneven_paper(gray: Gray) -> Relief:
    """The paper is what a morphological closing (on dark paper: opening) wider than any stroke leaves.

    Where the light decides what is light and dark, only details tell ink from paper. Ink takes its share of whatever
    light falls on the paper; what shines on a dark screen adds to it.
    """
    small = np.asarray(cv2.resize(gray, (COARSE, COARSE), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    light_paper = _has_dark_details(small)
    # The light goes on beyond the edges as it comes to them.
    beyond = np.pad(small.astype(np.int16), WIDE, "reflect", reflect_type="odd").clip(0, 255).astype(np.uint8)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDE, WIDE))
    paper = cv2.morphologyEx(beyond, cv2.MORPH_CLOSE if light_paper else cv2.MORPH_OPEN, wide)
    paper = cv2.GaussianBlur(paper, (9, 9), 0)[WIDE:-WIDE, WIDE:-WIDE]
    paper = cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = 255 - cv2.divide(gray, paper, scale=255) if light_paper else cv2.subtract(gray, paper)
    return Relief(np.asarray(ink, dtype=np.uint8), light_paper, uneven=True)


def _has_dark_details(small: Gray) -> bool:
    detail = small.astype(np.float32) - cv2.medianBlur(small, 25)
    return float((detail**3).sum()) < 0
