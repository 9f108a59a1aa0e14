"""What frames a whole picture: the bars beside a photo on a screen, a rim around it, the walls of a table's cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.paper import border, tone_range
from worker.parts import Gray, is_detailed

#: Smaller pictures have no room for bars, in pixels.
ROOMY = 30
#: Levels that a bar of one tone may still vary by, and the share of the whole range by which what is inside differs.
ONE_TONE, OTHER_TONE = 20, 0.25
#: Bars on two sides only have the first share of the picture's length each; what is between them has the second share
#: of it at least, and what is inside of bars on all sides the third.
WIDE, BETWEEN, INSIDE = 0.06, 0.3, 0.5
#: The edges of bars are blurred over so many pixels, in pictures with details.
BLURRED = 2
#: So much along the edges of what is inside is its paper.
PAPER = 0.85


def inside_bars(gray: Gray) -> tuple[slice, slice] | None:
    """The rows and columns inside of bars of one tone, on all sides or on two that face each other; None without any.

    Strokes are no bars: what is inside has paper of another tone up to its edges, and something on it.
    """
    if min(gray.shape) < ROOMY:
        return None
    lengths, tone = gray.shape, float(gray[0, 0])
    ends = [_flat_ends(gray, tone), _flat_ends(gray.T, tone)]
    framed = all(min(pair) for pair in ends)
    least_bar = [1.0 if framed else WIDE * length for length in lengths]
    blurred = BLURRED if is_detailed(gray) else 1
    rows, columns = (
        slice(pair[0] + blurred, length - pair[1] - blurred) if min(pair) >= least else slice(0, length)
        for pair, length, least in zip(ends, lengths, least_bar, strict=True)
    )
    inner = gray[rows, columns]
    share = INSIDE if framed else BETWEEN
    if inner.shape == lengths or any(part < share * whole for part, whole in zip(inner.shape, lengths, strict=True)):
        return None
    return (rows, columns) if _is_picture(inner, tone, OTHER_TONE * tone_range(gray)) else None


def _flat_ends(gray: Gray, tone: float) -> tuple[int, int]:
    """How many of the first rows and of the last have one tone, as far as the middle of them shows; or none."""
    other = np.flatnonzero(_differ(gray[:, gray.shape[1] // 2], tone) > ONE_TONE)
    if not other.size:
        return 0, 0
    first, last = int(other[0]), len(gray) - 1 - int(other[-1])
    return first * _is_flat(gray[:first], tone), last * _is_flat(gray[len(gray) - last :], tone)


def _is_flat(bar: Gray, tone: float) -> bool:
    if not bar.size:
        return False
    darkest, lightest, *_ = cv2.minMaxLoc(bar)
    return max(lightest - tone, tone - darkest) <= ONE_TONE


def _is_picture(inner: Gray, tone: float, much: float) -> bool:
    """Whether it has paper of its own, up to its edges and in its corners, and something on it."""
    corners = inner[[0, 0, -1, -1], [0, -1, 0, -1]]
    if not (_differ(corners, tone) > much).all() or (_differ(border(inner), tone) > much).mean() <= PAPER:
        return False
    return bool(abs(float(np.median(inner)) - tone) > much and tone_range(inner) > much)


def _differ(tones: Gray, tone: float) -> NDArray[np.float64]:
    return np.abs(tones - np.float64(tone))
