"""The paper under the ink, evenly lit or not, and how each pixel stands out from it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from worker.parts import AROUND, Gray, is_detailed

#: Light is evened out where the paper along the border varies by this share of the whole range.
UNEVEN = 0.25
#: Ink and paper differ for more than this share of the variance, unless the light does.
TWO_TONED = 0.85
#: The usual light and the usual dark are this share of the whole range apart, unless the light changes.
STARK = 0.7
#: A picture was enlarged from few pixels if so many a side show all of it but for this share of its variance.
FEW, UNSHOWN = 16, 0.025
#: The paper under uneven light is looked at in a square of so many pixels, in which no stroke is as wide as the second;
#: under light that changes over short distances, and for small characters, in one of so many pixels as the third.
COARSE, WIDE, FINE = 48, 17, 144
FIVE = np.ones((5, 5), np.uint8)
#: Light that changes by this share of the whole range within five of these pixels has a hard edge.
HARD = 0.25


class Relief(NamedTuple):
    """How much each pixel differs from the paper towards the ink; what the paper was like."""

    strength: Gray
    light_paper: bool
    uneven: bool


def halves(gray: Gray) -> tuple[float, Gray]:
    """The level that best parts light from dark, and which pixels are lighter (1)."""
    level, light = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return level, np.asarray(light, dtype=np.uint8)


def above_even_paper(gray: Gray, light: Gray, light_border: float) -> Relief:
    """The paper is what is light (1) or what is dark (0), whichever has most of the picture."""
    light_paper = _lightness(light, light_border) > 0.5
    paper = np.uint8(cv2.mean(gray, light if light_paper else 1 - light)[0])
    ink = paper - np.minimum(gray, paper) if light_paper else np.maximum(gray, paper) - paper
    return Relief(ink, light_paper, uneven=False)


def _lightness(light: Gray, light_border: float) -> float:
    """The light share of the area, of the border and of the corners, which all are mostly paper: their mean."""
    corners = int(light[0, 0]) + int(light[0, -1]) + int(light[-1, 0]) + int(light[-1, -1])
    return float(cv2.mean(light)[0] + light_border + corners / 4) / 3


def above_uneven_paper(gray: Gray, small: Gray, light_paper: bool) -> Relief:
    """The paper is what a morphological closing (on dark paper: opening) wider than any stroke leaves.

    It is looked at in `small`, a square that shows the whole of the picture `gray` (H, W) in fewer pixels. Ink takes
    its share of whatever light falls on the paper; what shines on a dark screen adds to it.
    """
    # The light goes on beyond the edges as it comes to them.
    beyond = np.pad(small.astype(np.int16), WIDE, "reflect", reflect_type="odd").clip(0, 255).astype(np.uint8)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WIDE, WIDE))
    paper = np.asarray(
        cv2.morphologyEx(beyond, cv2.MORPH_CLOSE if light_paper else cv2.MORPH_OPEN, wide), dtype=np.uint8
    )
    smooth = _with_hard_edges(paper, light_paper, HARD * tone_range(small)) if is_detailed(gray) else _smooth(paper)
    paper = smooth[WIDE:-WIDE, WIDE:-WIDE]
    paper = cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = 255 - cv2.divide(gray, paper, scale=255) if light_paper else cv2.subtract(gray, paper)
    return Relief(np.asarray(ink, dtype=np.uint8), light_paper, uneven=True)


def _smooth(paper: Gray) -> Gray:
    return np.asarray(cv2.GaussianBlur(paper, (9, 9), 0), dtype=np.uint8)


def _with_hard_edges(paper: Gray, light_paper: bool, much: float) -> Gray:
    """The paper, smooth but where its light changes by much at once: what is between two lights there is no ink."""
    towards_ink = cv2.erode if light_paper else cv2.dilate
    inked = towards_ink(cv2.GaussianBlur(paper, (3, 3), 0), FIVE)
    hard = cv2.dilate(cv2.threshold(cv2.absdiff(paper, inked), much, 1, cv2.THRESH_BINARY)[1], FIVE)
    return np.where(hard, inked, _smooth(paper)).astype(np.uint8)


def has_dark_details(small: Gray) -> bool:
    """Whether what is much darker than around it counts for more than what is much lighter, as ink on light paper."""
    detail = small.astype(np.float32) - cv2.medianBlur(small, 25)
    return float(np.vdot(detail * detail, detail)) < 0


def border(gray: Gray) -> Gray:
    """The outermost pixels of a picture, in one row."""
    return np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))


def is_uneven(gray: Gray, around: Gray) -> bool:
    """Whether the border's pixels differ much, the darkest and the lightest fifth left out.

    Light changes little by little: where most of the difference is one jump, it is ink that lies on the border.
    """
    much = UNEVEN * tone_range(gray)
    if tone_range(around) <= much:
        return False
    fifth = around.size // 5
    paper = np.sort(around)[fifth:-fifth]
    spread = int(paper[-1]) - int(paper[0])
    return spread > much and bool(np.diff(paper).max() < spread / 2)


def is_two_toned(gray: Gray, light: Gray) -> bool:
    """Whether most of the variance is that between ink and paper, not within them (N. Otsu, 1979)."""
    share, step = cv2.mean(light)[0], cv2.mean(gray, light)[0] - cv2.mean(gray, 1 - light)[0]
    return bool(share * (1 - share) * step**2 > TWO_TONED * cv2.meanStdDev(gray)[1][0, 0] ** 2)


def may_be_filled(gray: Gray, light: Gray) -> bool:
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
    return bool(both and _median(gray, on_light) - _median(gray, on_dark) > STARK * tone_range(gray))


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


def tone_range(gray: Gray) -> float:
    """How far the lightest pixel is from the darkest."""
    darkest, lightest, *_ = cv2.minMaxLoc(gray)
    return lightest - darkest
