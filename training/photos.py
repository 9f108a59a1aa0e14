"""Photographs without anything written, as far as they can be painted: what a camera shows that was held elsewhere.

Each view is of shape (side, side), 0 to 1. No photograph of anybody's is used. Some views are kept out of training so
that evaluation can show others.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.painting import across, clouds
from training.pictures import as_gray
from training.warp import Gray

View = NDArray[np.float32]
Painter = Callable[[Generator, int], View]


def photograph(rng: Generator, *, kept_out: bool = False) -> Gray:
    """One of the views, through a lens and a sensor."""
    views, side = KEPT_OUT if kept_out else LEARNED, int(rng.integers(48, 260))
    view = views[rng.integers(len(views))](rng, side)
    view = cv2.GaussianBlur(view + 0.02 * clouds(rng, side, 1.0)[..., 0], (0, 0), float(rng.uniform(0.3, 1.6)))
    dark, contrast = rng.uniform(0, 160), rng.uniform(40, 200)
    shown = dark + contrast * (view - view.min()) / np.ptp(view)
    return as_gray(np.asarray(shown + rng.standard_normal(view.shape) * rng.uniform(0, 6), np.float32))


def landscape(rng: Generator, side: int) -> View:
    """Hills, the farther the lighter, below a sky with clouds, perhaps with a sun."""
    view = 0.8 + 0.15 * _soft(rng, side, side / 8) - np.linspace(0, 0.15, side, dtype=np.float32)[:, None]
    if rng.random() < 0.4:
        cv2.circle(view, _place(rng, side, 0.1, 0.4), max(2, side // 14), 1.0, -1, cv2.LINE_AA)
    for hill in range(int(rng.integers(2, 5))):
        ridge = side * (0.4 + 0.15 * hill) + _wave(rng, side) * side * 0.12
        below = np.arange(side)[:, None] > ridge
        view = np.where(below, 0.6 - 0.14 * hill + 0.08 * _soft(rng, side, 2), view).astype(np.float32)
    return view


def dead_leaves(rng: Generator, side: int) -> View:
    """Things of all sizes in front of each other, as in what photographs have in common.

    There are the fewer of a size the larger it is (A. Lee, D. Mumford, J. Huang, Occlusion models for natural images,
    2001).
    """
    view, least, most = _soft(rng, side, side / 8), rng.uniform(0.01, 0.1), rng.uniform(0.2, 0.6)
    for share in rng.uniform(0, 1, int(rng.integers(30, 300))):
        radius = 1 / (share / least**2 + (1 - share) / most**2) ** 0.5
        corners = _place(rng, side, 0, 1) + side * radius * rng.standard_normal((int(rng.integers(3, 7)), 2))
        tone = float(rng.uniform(0, 1))
        if rng.random() < 0.5:
            cv2.fillConvexPoly(view, cv2.convexHull(corners.astype(np.int32)), tone, cv2.LINE_AA)
        else:
            cv2.ellipse(view, cv2.minAreaRect(corners.astype(np.float32)), tone, -1, cv2.LINE_AA)
    return view


def room(rng: Generator, side: int) -> View:
    """Two walls and a floor, and some furniture with its shadow."""
    view, corner = np.full((side, side), 0.75, np.float32), _place(rng, side, 0.3, 0.7)
    cv2.fillConvexPoly(view, np.array([(0, 0), (corner[0], 0), corner, (0, corner[1] + side // 6)]), 0.9)
    floor = [(0, corner[1] + side // 6), corner, (side, corner[1] + side // 5), (side, side), (0, side)]
    cv2.fillPoly(view, [np.array(floor)], 0.5)
    for _ in range(int(rng.integers(1, 4))):
        (left, top), width = _place(rng, side, 0.1, 0.8), int(side * rng.uniform(0.1, 0.4))
        tone, low = float(rng.uniform(0.1, 0.9)), top + int(width * rng.uniform(0.5, 1.5))
        cv2.ellipse(view, (left + width // 2, low), (width, max(1, width // 6)), 0, 0, 360, 0.3, -1, cv2.LINE_AA)
        cv2.rectangle(view, (left, top), (left + width, low), tone, -1)
        cv2.rectangle(view, (left + width // 2, top), (left + width, low), tone * 0.8, -1)
    return view * (1 - 0.25 * _ramp(rng, side))


def portrait(rng: Generator, side: int) -> View:
    """A head and shoulders, lit from aside; no hair closes below the chin, which would be a zero."""
    view = 0.5 + 0.3 * _soft(rng, side, side / 6)
    (x, y), size, skin = _place(rng, side, 0.4, 0.6), side * rng.uniform(0.12, 0.3), float(rng.uniform(0.35, 0.95))
    hair = rng.uniform(0.8, 1.15), rng.uniform(1, 1.6)
    for center, axes, tone in (
        ((x, y + 2.4 * size), (2 * size, 1.4 * size), rng.uniform(0, 1)),
        ((x, y - 0.2 * size), (hair[0] * size, hair[1] * size), rng.uniform(0, 0.6)),
        ((x, y + 1.2 * size), (0.4 * size, 0.7 * size), skin - 0.1),
        ((x, y), (0.75 * size, size), skin),
        ((x - 0.3 * size, y - 0.15 * size), (0.12 * size, 0.07 * size), skin - 0.3),
        ((x + 0.3 * size, y - 0.15 * size), (0.12 * size, 0.07 * size), skin - 0.3),
        ((x, y + 0.5 * size), (0.28 * size, 0.07 * size), skin - 0.2),
    ):
        whole = tuple(int(value) for value in center), tuple(max(1, int(value)) for value in axes)
        cv2.ellipse(view, *whole, 0, 0, 360, float(tone), -1, cv2.LINE_AA)
    return view * (1 - 0.5 * _ramp(rng, side))


def foliage(rng: Generator, side: int) -> View:
    """Leaves in front of leaves."""
    view = 0.3 + 0.2 * _soft(rng, side, side / 10)
    for depth in np.linspace(0.2, 1, int(rng.integers(40, 160))):
        axes = max(1, int(side * rng.uniform(0.02, 0.09))), max(1, int(side * rng.uniform(0.01, 0.03)))
        tone = float(depth * rng.uniform(0.5, 1))
        cv2.ellipse(view, _place(rng, side, 0, 1), axes, float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
    return view


def buildings(rng: Generator, side: int) -> View:
    """Houses with rows of windows before the sky."""
    view, left = 0.85 + 0.1 * _soft(rng, side, side / 6), 0
    while left < side:
        width, top = int(side * rng.uniform(0.2, 0.45)), int(side * rng.uniform(0.1, 0.6))
        tone, pane = float(rng.uniform(0.2, 0.7)), float(rng.uniform(0, 1))
        step = max(4, int(side * rng.uniform(0.06, 0.14)))
        cv2.rectangle(view, (left, top), (left + width, side), tone, -1)
        for row in range(top + step // 2, side, step):
            for column in range(left + step // 2, left + width - step // 2, step):
                cv2.rectangle(view, (column, row), (column + step // 2, row + step // 2), pane, -1)
        left += width
    return view


def still_life(rng: Generator, side: int) -> View:
    """Balls and cups on a table, each with light on one side and a shadow."""
    view = np.where(np.arange(side)[:, None] > side * rng.uniform(0.3, 0.6), 0.6, 0.8).astype(np.float32)
    view = view + 0.1 * _soft(rng, side, 3)
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    for _ in range(int(rng.integers(1, 5))):
        (x, y), radius, tone = _place(rng, side, 0.2, 0.8), side * rng.uniform(0.08, 0.25), rng.uniform(0.3, 1)
        shadow = ((columns - x - radius) / (1.5 * radius)) ** 2 + ((rows - y - radius) / (0.3 * radius)) ** 2 < 1
        ball = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
        light = 1 - np.hypot(columns - x + 0.4 * radius, rows - y + 0.4 * radius) / (2 * radius)
        view = np.where(ball, tone * light, np.where(shadow, view * 0.6, view)).astype(np.float32)
    return view


def _soft(rng: Generator, side: int, grain: float) -> View:
    return clouds(rng, side, grain)[..., 0]


def _ramp(rng: Generator, side: int) -> View:
    slope = across(side, rng)[..., 0]
    return np.asarray((slope - slope.min()) / np.ptp(slope), np.float32)


def _wave(rng: Generator, side: int) -> View:
    """Heights along a row, -1 to 1."""
    noise = rng.standard_normal((1, 3 * side), np.float32)
    along = cv2.GaussianBlur(noise, (0, 0), side / 8)[0, side : 2 * side]
    return np.asarray(along / np.abs(along).max(), np.float32)


def _place(rng: Generator, side: int, low: float, high: float) -> tuple[int, int]:
    x, y = rng.uniform(low * side, high * side, 2)
    return int(x), int(y)


LEARNED: tuple[Painter, ...] = (landscape, portrait, foliage, buildings, dead_leaves)
KEPT_OUT: tuple[Painter, ...] = (room, still_life)
