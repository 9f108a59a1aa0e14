"""Symbols that people draw where a digit is asked for: hearts, smileys, arrows, coins, clocks and so on.

Each is a list of lines, drawn a little differently every time. Some symbols are kept out of training so that
evaluation can show others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from training.glyphs import FINE_PENS, Gray, Points, curve, filled, with_pen

Lines = list[Points]
Pair = tuple[float, float]
Symbol = Callable[[Generator], Lines]

#: One of so many symbols that are an outline alone is filled with ink.
FILLED = 5


def drawn_symbol(rng: Generator, *, kept_out: bool = False) -> Gray:
    """One of the symbols."""
    symbols = KEPT_OUT if kept_out else LEARNED
    return with_some_pen(symbols[rng.integers(len(symbols))](rng), rng)


def with_some_pen(lines: Lines, rng: Generator) -> Gray:
    """Drawn as large as the canvas allows, in a fine pen, or filled."""
    lines = _fitted(lines)
    return filled(lines[0]) if len(lines) == 1 and rng.integers(FILLED) == 0 else with_pen(lines, rng, FINE_PENS)


def _fitted(lines: Lines) -> Lines:
    """Moved and scaled into the unit square, with the aspect kept."""
    low, high = np.vstack(lines).min(0), np.vstack(lines).max(0)
    side = (high - low).max()
    return [(line - low + (side - (high - low)) / 2) / side for line in lines]


def _arc(begin: float = 0, end: float = 2, radii: Pair = (1, 1), center: Pair = (0, 0)) -> Points:
    """A part of an oval, from one multiple of pi to another; 0.5 is down."""
    angles = np.pi * np.linspace(begin, end, 50)
    return np.stack([center[0] + radii[0] * np.cos(angles), center[1] + radii[1] * np.sin(angles)], 1)


def _ray(angle: float, begin: float, end: float) -> Points:
    return np.outer([begin, end], [np.cos(angle), np.sin(angle)])


def heart(rng: Generator) -> Lines:
    """An outline with a notch above and a point below."""
    t = np.pi * np.linspace(0, 2, 60)
    wide, high = rng.uniform(0.8, 1.2) * np.sin(t) ** 3, 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t)
    return [np.stack([wide, -(high - np.cos(4 * t)) / 16], 1)]


def smiley(rng: Generator) -> Lines:
    """A face with two eyes and a mouth, happy or not."""
    apart, wide, deep = rng.uniform(0.2, 0.45), rng.uniform(0.3, 0.6), rng.uniform(-0.2, 0.4)
    eyes = [_arc(radii=(0.05, rng.uniform(0.05, 0.15)), center=(side * apart, -0.3)) for side in (-1, 1)]
    return [_arc(radii=(1, rng.uniform(0.85, 1.15))), *eyes, _arc(0.1, 0.9, (wide, deep), (0, 0.3))]


def coin(rng: Generator) -> Lines:
    """A rim, and something in relief within it."""
    return [_arc(), curve(rng.uniform(-0.6, 0.6, (int(rng.integers(6, 11)), 2)))]


def target(rng: Generator) -> Lines:
    """Two or three circles, one in another."""
    return [_arc(radii=(r, r)) for r in np.linspace(1, rng.uniform(0.25, 0.5), int(rng.integers(2, 4)))]


def clock(rng: Generator) -> Lines:
    """A circle with two hands, which are no slash of a zero."""
    first, between, length = 2 * np.pi * rng.random(), np.pi * rng.uniform(0.2, 0.75), rng.uniform(0.5, 1)
    return [_arc(), _ray(first, 0, length), _ray(first + between, 0, rng.uniform(0.4, 1))]


def crossed_circle(rng: Generator) -> Lines:
    """A circle with a cross in it, upright or not."""
    turned, length = np.pi / 4 * rng.integers(2), rng.uniform(0.5, 1)
    return [_arc(), *(_ray(turned + quarter * np.pi / 2, -length, length) for quarter in range(2))]


def sun(rng: Generator) -> Lines:
    """A circle with rays."""
    count = int(rng.integers(6, 13))
    angles = rng.random() + 2 * np.pi * np.arange(count) / count
    return [_arc(), *(_ray(angle, 1.2, rng.uniform(1.4, 2)) for angle in angles)]


def star(rng: Generator) -> Lines:
    """An outline with four to seven points, mostly five."""
    points = 5 if rng.random() < 0.7 else int(rng.integers(4, 8))
    angles = np.pi * (np.arange(2 * points + 1) / points - 0.5)
    radius = np.where(np.arange(2 * points + 1) % 2, rng.uniform(0.35, 0.6), 1)
    return [np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1)]


def arrow(rng: Generator) -> Lines:
    """A line with a head of two equal sides, in any direction."""
    angle, head, open_by = 2 * np.pi * rng.random(), rng.uniform(0.4, 0.9), rng.uniform(0.45, 0.9)
    tip, sides = _ray(angle, -1, 1), [_ray(angle + side * open_by, 0, -head)[1] for side in (-1, 1)]
    return [tip, np.array([tip[1] + sides[0], tip[1], tip[1] + sides[1]])]


def spiral(rng: Generator) -> Lines:
    """Two turns or more."""
    t = np.linspace(0.05, 1, 100)
    angles = 2 * np.pi * (rng.random() + rng.choice([-1, 1]) * rng.uniform(2, 3.5) * t)
    return [np.stack([t * np.cos(angles), t * np.sin(angles)], 1)]


def house(rng: Generator) -> Lines:
    """Walls and a roof."""
    eaves = rng.uniform(0.4, 0.7)
    return [np.array([[0, eaves], [0.5, 0], [1, eaves], [1, 1.2], [0, 1.2], [0, eaves], [1, eaves]])]


def cup(rng: Generator) -> Lines:
    """A cup from the side, with its handle."""
    foot = rng.uniform(0.4, 0.6)
    body = np.array([[-0.6, -0.7], [-foot, 0.7], [foot, 0.7], [0.6, -0.7], [-0.6, -0.7]])
    return [body, curve(np.array([[0.58, -0.4], [rng.uniform(0.8, 1.1), -0.2], [0.9, 0.2], [0.53, 0.3]]))]


def tree(rng: Generator) -> Lines:
    """A triangle on a trunk."""
    wide, high = rng.uniform(0.4, 0.8), rng.uniform(0.8, 1.5)
    crown = np.array([[0, -high], [wide, 0], [-wide, 0], [0, -high]])
    return [crown, np.array([[0, 0], [0, rng.uniform(0.3, 0.8)]])]


def stick_figure(rng: Generator) -> Lines:
    """A head, a body, arms and legs."""
    arms = np.array([[-0.5, rng.uniform(-0.7, 0)], [0, -0.4], [0.5, rng.uniform(-0.7, 0)]])
    legs = np.array([[-rng.uniform(0.2, 0.5), 1], [0, 0.3], [rng.uniform(0.2, 0.5), 1]])
    return [_arc(radii=(0.3, 0.3), center=(0, -1)), np.array([[0, -0.7], [0, 0.3]]), arms, legs]


def check_mark(rng: Generator) -> Lines:
    """A short line down and a long one up."""
    return [np.array([[0, rng.uniform(0.4, 0.7)], [rng.uniform(0.25, 0.45), 1], [1, rng.uniform(-0.1, 0.2)]])]


def crescent(rng: Generator) -> Lines:
    """A moon that is not full."""
    inner = _arc(1.5, 0.5, (rng.uniform(0.3, 0.6), 1))
    return [np.vstack([_arc(0.5, 1.5), inner])]


def eye(rng: Generator) -> Lines:
    """Two lids and an iris."""
    open_by, iris = rng.uniform(0.4, 0.6), rng.uniform(0.2, 0.35)
    return [_arc(radii=(1, open_by)), _arc(radii=(iris, iris))]


def fish(rng: Generator) -> Lines:
    """A body and a tail in one line."""
    tail = rng.uniform(0.3, 0.5)
    return [np.vstack([[1.6, -tail], _arc(1.9, 0.1, (1, 0.5)), [1.6, tail], [1.6, -tail]])]


def flower(rng: Generator) -> Lines:
    """Four to eight petals in one line."""
    angles = np.pi * np.linspace(0, 2, 120)
    radius = 1 + rng.uniform(0.2, 0.5) * np.cos(rng.integers(4, 9) * angles)
    return [np.stack([radius * np.cos(angles), radius * np.sin(angles)], 1)]


def key(rng: Generator) -> Lines:
    """A bow, a shaft and a bit."""
    bit = rng.uniform(0.2, 0.4)
    shaft = np.array([[0.4, 0], [1.8, 0], [1.8, bit]])
    return [_arc(radii=(0.4, 0.4)), shaft, np.array([[1.5, 0], [1.5, bit]])]


def lightning(rng: Generator) -> Lines:
    """The sign that warns of high voltage."""
    low = rng.uniform(0.5, 0.6)
    return [np.array([[0.5, 0], [0, low], [0.45, low - 0.05], [0.2, 1.2], [0.8, 0.45], [0.4, 0.5], [0.5, 0]])]


def pentagram(rng: Generator) -> Lines:
    """A star of five lines, at any angle."""
    angles = np.pi * (0.8 * np.arange(6) + 2 * rng.random())
    return [np.stack([np.cos(angles), np.sin(angles)], 1)]


LEARNED: tuple[Symbol, ...] = (
    heart, smiley, coin, target, clock, crossed_circle, sun, star, arrow, spiral, house, cup, tree, stick_figure,
    check_mark, crescent,
)  # fmt: skip
KEPT_OUT: tuple[Symbol, ...] = (eye, fish, flower, key, lightning, pentagram)
