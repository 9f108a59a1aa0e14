"""Where the ink is: strokes are told from paper, light, specks and what is around them, whatever the polarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from worker.paper import (
    COARSE,
    FINE,
    Relief,
    above_even_paper,
    above_uneven_paper,
    border,
    halves,
    has_dark_details,
    is_two_toned,
    is_uneven,
    may_be_filled,
)
from worker.parts import AROUND, Figure, Gray, edges_reached, is_detailed, main_figure
from worker.sheets import sheet
from worker.surroundings import has_others, without_surroundings

#: Smaller pictures are too coarse to show anything beside a character, be it light that changes, in pixels.
LIGHTED = 20
#: Contrast of ink and paper below which there is nothing to read, of 255, and how many pixels may be mere specks.
NOTHING, SPECKS = 12, 4
#: Few strokes differ from their paper so many times as much as the darker half of it does, or all of it in the mean.
OUTSTANDING = 8
#: Light makes no more contrast than this by itself; where nothing else is to be seen, up to the second it may be light.
#: What is so many times as clear beside it is the ink; beside what fades out as light does, whatever is clearer.
LIGHT, PALE, CLEARER = 96, 64, 2
#: Light fades out over so large a share of the picture, and so many pixels, at least.
FADING, FADED = 1 / 15, 5
#: A digit whose box has this share of the picture fills it.
FILLING = 0.8
#: What stands free in the picture is a digit and no light from this share of all ink.
ALONE = 0.9
#: In a coarse picture, what touches the digit is a box or a line if it spans more than this share.
SPANNING = 0.72
#: A pixel belongs to a stroke from this share of the level that separates ink from paper, and of the contrast: all
#: levels between noise and clear ink are as good for Otsu's method, which takes the lowest.
SENSITIVITY, FAINTEST = 0.75, 0.25


class Ink(NamedTuple):
    """Ink of shape (H, W): its strength (0 none) and the mask of the strokes that count.

    `box` is around these strokes: left, top, width and height. `contrast` is how far strokes stand out from the paper,
    `parts` how many of them could be characters of their own, `share` how much of all ink they are (0 to 1). `apart`:
    one of them clearly is another one; `lost`: ink could not be told from the paper. `sheet` is the mask of the sheet
    that the strokes are on, if other things are around it.
    """

    strength: Gray
    strokes: Gray
    box: Sequence[int]
    contrast: float
    inverted: bool
    parts: int
    share: float
    apart: bool
    lost: bool
    sheet: Gray | None = None

    @property
    def edges(self) -> int:
        """How many of the picture's four edges the strokes touch."""
        return edges_reached(self.box, self.strokes.shape)


def find_ink(gray: Gray) -> Ink | None:
    """Separate the strokes of a picture (H, W) from all else; None if nothing is on it."""
    ink = _ink_on(gray)
    if ink is None or ink.sheet is not None or not _is_lighted(gray):
        return ink
    return _ink_on_sheet(gray, ink.strokes) or ink


def _ink_on_sheet(gray: Gray, strokes: Gray) -> Ink | None:
    """What is on the sheet that was taken for strokes, if it was one."""
    within = sheet(gray, strokes)
    if within is None:
        return None
    paper = np.median(gray[(within & strokes) > 0])
    written = _ink_on(np.where(within, gray, paper).astype(np.uint8))
    return written._replace(sheet=within) if written else None


def _is_lighted(picture: Gray) -> bool:
    return bool(min(picture.shape) >= LIGHTED)


def _ink_on(gray: Gray) -> Ink | None:
    if not is_detailed(gray):
        return _usual_ink(gray)
    gray = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), dtype=np.uint8)
    ink = _usual_ink(gray)
    if ink and (ink.contrast > LIGHT or is_two_toned(gray, halves(gray)[1])):
        return ink
    # Light that changes over short distances looks like ink.
    is_soft = ink is not None and not _has_edges(ink)
    finer = _ink_among_details(gray, FINE)
    if finer and not finer.edges and (ink is None or finer.contrast > ink.contrast * (1 if is_soft else CLEARER)):
        return finer
    return None if ink and is_soft and ink.contrast <= PALE else ink


def _usual_ink(gray: Gray) -> Ink | None:
    """The ink above paper whose light is even, or changes little by little."""
    around, lighted = border(gray), _is_lighted(gray)
    level, light = halves(gray)
    uneven = lighted and is_uneven(gray, around)
    may_be_table = uneven and is_detailed(gray) and is_two_toned(gray, light)
    if uneven and not may_be_table and not may_be_filled(gray, light):
        return _ink_among_details(gray, COARSE)
    ink = _ink_above(above_even_paper(gray, light, np.count_nonzero(around > level) / around.size))
    if may_be_table:
        if beside_table := _ink_beside_table(gray, ink):
            return beside_table
        if not may_be_filled(gray, light):
            return _ink_among_details(gray, COARSE)
    if not lighted or (ink and _fills(ink) and (uneven or may_be_filled(gray, light))):
        return ink
    is_free = not is_detailed(gray) and not (ink and ink.edges)
    if not uneven and (is_free or (ink and is_two_toned(gray, light))):
        return ink
    # What comes in from the edges may be light or shadow; light in the middle hides ink, or looks like it.
    other = _ink_among_details(gray, COARSE)
    return other if uneven or (other and _is_clearer(other, ink)) else ink


def _ink_beside_table(gray: Gray, even: Ink | None) -> Ink | None:
    """The ink that stands free where what looks like changing light is the table that a sheet lies on.

    In even light (`even`) either that ink is to be seen at once, or the sheet that it is on.
    """
    if even is None:
        return None
    if not even.edges:
        return even if even.parts == 1 else None
    written = _ink_on_sheet(gray, even.strokes)
    return written if written and written.parts == 1 and _stands_free_on_sheet(written) else None


def _stands_free_on_sheet(ink: Ink) -> bool:
    """Whether it keeps away from the sheet's edges, where dents would show the table."""
    return ink.sheet is not None and not (cv2.dilate(ink.strokes, AROUND) & ~ink.sheet).any()


def _fills(ink: Ink) -> bool:
    """Whether the strokes take up nearly the whole picture; what looks like changing light at its edges may be they."""
    _, _, width, height = ink.box
    return width * height > FILLING * ink.strokes.size


def _is_clearer(one: Ink, other: Ink | None) -> bool:
    """Whether it touches fewer edges, or stands as free and leaves next to nothing out; beside nothing: is free."""
    if other is None:
        return not one.edges
    return one.edges < other.edges or (one.edges == other.edges == 0 and one.share > ALONE)


def _ink_above(relief: Relief) -> Ink | None:
    strength, inverted, uneven = relief
    level, rough = cv2.threshold(strength, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contrast = cv2.mean(strength, rough)[0]
    if contrast < NOTHING:
        # Where strokes are few, it is the paper's noise that was divided.
        level, rough = cv2.threshold(strength, max(NOTHING, OUTSTANDING * contrast), 255, cv2.THRESH_BINARY)
        contrast = cv2.mean(strength, rough)[0]
    if contrast < NOTHING:
        return None
    faintest = max(level * SENSITIVITY, contrast * FAINTEST, NOTHING / 2)
    mask = np.asarray(cv2.threshold(strength, faintest, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
    figure = _figure(mask)
    strokes = figure.strokes
    if cv2.countNonZero(strokes) < SPECKS:
        return None
    box = cv2.boundingRect(strokes)
    lost = uneven and edges_reached(box, strokes.shape) > 2
    return Ink(strength, strokes, box, contrast, inverted, figure.parts, figure.share, figure.apart, lost)


def _figure(mask: Gray) -> Figure:
    """The figure in a mask of all ink, without what is around it."""
    if is_detailed(mask):
        freed = without_surroundings(mask)
        figure = main_figure(freed)
        others = freed is not mask and has_others(mask & ~freed, figure.strokes)
        return figure._replace(apart=figure.apart or others)
    if _stands_alone(mask):
        return Figure(mask, 1, 1.0)
    return main_figure(_without_coarse_surroundings(mask) if _is_lighted(mask) else mask)


def _stands_alone(mask: Gray) -> bool:
    """Whether all ink is one part, and doesn't span the picture as a digit and the box that it crosses do."""
    return _span(mask) <= SPANNING and _parts(mask) == 1


def _without_coarse_surroundings(mask: Gray) -> Gray:
    """As in detailed pictures; but one part remains, and what is cut off it spans the picture.

    Else strokes and damage are easily taken for lines.
    """
    rest = without_surroundings(mask)
    if rest is mask or _parts(rest) != 1:
        return mask
    aside = mask & ~rest
    cut = (cv2.dilate(aside, AROUND) & rest).any()
    return rest if not cut or _span(aside) > SPANNING else mask


def _parts(mask: Gray) -> int:
    return cv2.connectedComponents(mask)[0] - 1


def _span(mask: Gray) -> float:
    """The larger of the ink's shares of the picture's width and height."""
    _, _, width, height = cv2.boundingRect(mask)
    return float(max(width / mask.shape[1], height / mask.shape[0]))


def _ink_among_details(gray: Gray, side: int) -> Ink | None:
    """The ink above a paper that is looked at in a square of so many pixels.

    Where the light decides what is light and dark, only details tell ink from paper, and few details tell little.
    """
    small = np.asarray(cv2.resize(gray, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    light_paper = has_dark_details(small)
    ink = _ink_above(above_uneven_paper(gray, small, light_paper))
    if ink or not is_detailed(gray):
        return ink
    other = _ink_above(above_uneven_paper(gray, small, not light_paper))
    return other if other and _stands_out(other) else None


def _has_edges(ink: Ink) -> bool:
    """Whether it comes to an end sooner than light does."""
    steps = cv2.morphologyEx(ink.strength, cv2.MORPH_GRADIENT, AROUND)
    outline = cv2.morphologyEx(ink.strokes, cv2.MORPH_GRADIENT, AROUND)
    # A gradient reaches over two pixels.
    return bool(cv2.mean(steps, outline)[0] / 2 * max(FADED, FADING * max(steps.shape)) > ink.contrast)


def _stands_out(ink: Ink) -> bool:
    """Whether nothing else in the picture comes near to it."""
    return not ink.edges and ink.contrast > OUTSTANDING * cv2.mean(ink.strength, cv2.bitwise_not(ink.strokes))[0]
