"""Digits drawn from a few strokes, in the shapes that MNIST's writers seldom or never used.

Zeros with a slash, ones with a flag and a foot, sevens with a bar, open and closed fours, threes with a flat top, nines
with straight or hooked legs: each a list of lines in the unit square, bent a little differently every time. Shapes that
MNIST's writers use for another digit are left out: a one with a long, nearly level flag is their seven, a one with a
foot and no flag their two.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from training.glyphs import Gray, Points, curve, with_pen

Line = tuple[tuple[float, float], ...]

#: A line is either smooth through its points or straight from point to point.
SMOOTH, STRAIGHT = True, False
SHAPES: tuple[tuple[int, tuple[tuple[bool, Line], ...]], ...] = (
    (0, ((SMOOTH, ((0.5, 0), (0.15, 0.25), (0.12, 0.7), (0.5, 1), (0.87, 0.7), (0.85, 0.25), (0.5, 0))),)),
    (
        0,
        (
            (
                SMOOTH,
                ((0.6, 0.02), (0.25, 0.1), (0.1, 0.5), (0.3, 0.95), (0.65, 0.97), (0.9, 0.5), (0.7, 0.1), (0.4, 0.02)),
            ),
        ),
    ),
    (
        0,
        (
            (SMOOTH, ((0.5, 0), (0.15, 0.25), (0.12, 0.7), (0.5, 1), (0.87, 0.7), (0.85, 0.25), (0.5, 0))),
            (STRAIGHT, ((0.82, 0.18), (0.18, 0.82))),
        ),
    ),
    (
        0,
        (
            (SMOOTH, ((0.5, 0.06), (0.2, 0.28), (0.18, 0.7), (0.5, 0.94), (0.81, 0.7), (0.8, 0.28), (0.5, 0.06))),
            (STRAIGHT, ((0.97, 0), (0.03, 1))),
        ),
    ),
    (1, ((STRAIGHT, ((0.5, 0), (0.5, 1))),)),
    (1, ((STRAIGHT, ((0.25, 0.28), (0.55, 0), (0.55, 1))),)),
    (1, ((STRAIGHT, ((0.25, 0.25), (0.5, 0), (0.5, 1))), (STRAIGHT, ((0.2, 1), (0.8, 1))))),
    (1, ((STRAIGHT, ((0.35, 0.12), (0.5, 0), (0.5, 1))), (STRAIGHT, ((0.3, 1), (0.7, 1))))),
    (1, ((STRAIGHT, ((0.1, 0.45), (0.6, 0), (0.6, 1))),)),
    (1, ((STRAIGHT, ((0.25, 0.25), (0.55, 0), (0.5, 1))), (STRAIGHT, ((0, 1), (1, 0.95))))),
    (
        2,
        (
            (SMOOTH, ((0.45, 0.4), (0.2, 0.3), (0.3, 0.05), (0.7, 0.05), (0.8, 0.3), (0.5, 0.7), (0.1, 1))),
            (STRAIGHT, ((0.1, 1), (0.92, 0.95))),
        ),
    ),
    (
        2,
        (
            (SMOOTH, ((0.25, 0.3), (0.2, 0.1), (0.5, 0), (0.8, 0.15), (0.7, 0.45), (0.4, 0.75), (0.15, 1))),
            (STRAIGHT, ((0.15, 1), (0.9, 1))),
        ),
    ),
    (4, ((STRAIGHT, ((0.6, 1), (0.6, 0), (0.15, 0.55), (0.85, 0.55))),)),
    (
        4,
        (
            (SMOOTH, ((0.62, 0), (0.3, 0.3), (0.12, 0.6))),
            (STRAIGHT, ((0.12, 0.6), (0.9, 0.6))),
            (STRAIGHT, ((0.62, 0), (0.62, 1))),
        ),
    ),
    (
        2,
        (
            (SMOOTH, ((0.12, 0.25), (0.35, 0.02), (0.75, 0.06), (0.82, 0.35), (0.5, 0.68), (0.1, 1))),
            (STRAIGHT, ((0.1, 1), (0.92, 1))),
        ),
    ),
    (
        2,
        (
            (
                SMOOTH,
                ((0.15, 0.2), (0.5, 0), (0.82, 0.25), (0.55, 0.7), (0.2, 0.98), (0.12, 0.8), (0.4, 0.82), (0.95, 0.98)),
            ),
        ),
    ),
    (2, ((STRAIGHT, ((0.1, 0), (0.85, 0), (0.85, 0.45), (0.1, 0.55), (0.1, 1), (0.9, 1))),)),
    (
        3,
        (
            (SMOOTH, ((0.15, 0.12), (0.5, 0), (0.8, 0.2), (0.65, 0.43), (0.38, 0.48))),
            (SMOOTH, ((0.38, 0.48), (0.8, 0.58), (0.85, 0.82), (0.5, 1), (0.1, 0.88))),
        ),
    ),
    (
        3,
        (
            (STRAIGHT, ((0.12, 0), (0.82, 0), (0.42, 0.4))),
            (SMOOTH, ((0.42, 0.4), (0.85, 0.55), (0.8, 0.9), (0.45, 1), (0.1, 0.9))),
        ),
    ),
    (4, ((STRAIGHT, ((0.25, 0), (0.12, 0.58), (0.9, 0.58))), (STRAIGHT, ((0.68, 0.12), (0.68, 1))))),
    (4, ((STRAIGHT, ((0.65, 1), (0.65, 0), (0.08, 0.66), (0.92, 0.66))),)),
    (4, ((STRAIGHT, ((0.15, 0), (0.15, 0.5), (0.82, 0.5))), (STRAIGHT, ((0.82, 0), (0.82, 1))))),
    (4, ((SMOOTH, ((0.2, 0), (0.12, 0.35), (0.4, 0.52), (0.8, 0.4))), (STRAIGHT, ((0.85, 0), (0.75, 1))))),
    (
        5,
        (
            (STRAIGHT, ((0.85, 0), (0.22, 0), (0.18, 0.45))),
            (SMOOTH, ((0.18, 0.45), (0.55, 0.36), (0.88, 0.62), (0.7, 0.93), (0.4, 1), (0.1, 0.9))),
        ),
    ),
    (
        5,
        (
            (STRAIGHT, ((0.25, 0.03), (0.2, 0.45))),
            (SMOOTH, ((0.2, 0.45), (0.6, 0.4), (0.85, 0.7), (0.5, 1), (0.12, 0.92))),
            (STRAIGHT, ((0.28, 0.0), (0.9, 0.0))),
        ),
    ),
    (5, ((STRAIGHT, ((0.88, 0), (0.12, 0), (0.12, 0.45), (0.85, 0.45), (0.85, 1), (0.1, 1))),)),
    (
        6,
        (
            (
                SMOOTH,
                (
                    (0.75, 0.02),
                    (0.4, 0.18),
                    (0.15, 0.6),
                    (0.28, 0.95),
                    (0.6, 1),
                    (0.84, 0.78),
                    (0.65, 0.54),
                    (0.35, 0.56),
                    (0.17, 0.72),
                ),
            ),
        ),
    ),
    (
        6,
        ((SMOOTH, ((0.4, 0), (0.2, 0.4), (0.12, 0.75), (0.4, 1), (0.85, 0.85), (0.75, 0.6), (0.4, 0.6), (0.15, 0.8))),),
    ),
    (7, ((STRAIGHT, ((0.1, 0), (0.9, 0), (0.4, 1))),)),
    (7, ((STRAIGHT, ((0.1, 0), (0.9, 0), (0.4, 1))), (STRAIGHT, ((0.28, 0.5), (0.85, 0.5))))),
    (7, ((STRAIGHT, ((0.1, 0.2), (0.1, 0), (0.88, 0), (0.5, 1))),)),
    (
        7,
        (
            (SMOOTH, ((0.08, 0.08), (0.4, 0.02), (0.9, 0.02), (0.65, 0.45), (0.5, 1))),
            (STRAIGHT, ((0.35, 0.48), (0.88, 0.44))),
        ),
    ),
    (
        8,
        (
            (
                SMOOTH,
                (
                    (0.5, 0.48),
                    (0.2, 0.25),
                    (0.5, 0),
                    (0.8, 0.25),
                    (0.5, 0.48),
                    (0.13, 0.76),
                    (0.5, 1),
                    (0.87, 0.76),
                    (0.5, 0.48),
                ),
            ),
        ),
    ),
    (
        8,
        (
            (
                SMOOTH,
                (
                    (0.85, 0.12),
                    (0.5, 0),
                    (0.18, 0.22),
                    (0.5, 0.46),
                    (0.85, 0.74),
                    (0.5, 1),
                    (0.15, 0.78),
                    (0.45, 0.5),
                    (0.85, 0.12),
                ),
            ),
        ),
    ),
    (
        9,
        (
            (SMOOTH, ((0.8, 0.25), (0.5, 0), (0.18, 0.25), (0.45, 0.5), (0.8, 0.27))),
            (STRAIGHT, ((0.8, 0.1), (0.78, 1))),
        ),
    ),
    (9, ((SMOOTH, ((0.8, 0.2), (0.45, 0), (0.15, 0.28), (0.45, 0.52), (0.82, 0.25), (0.8, 0.6), (0.5, 1))),)),
    (
        9,
        (
            (
                SMOOTH,
                ((0.82, 0.22), (0.5, 0), (0.15, 0.25), (0.45, 0.5), (0.83, 0.25), (0.85, 0.7), (0.6, 1), (0.18, 0.9)),
            ),
        ),
    ),
)


def drawn_digit(rng: Generator) -> tuple[Gray, int]:
    """A digit of one of the shapes and its label."""
    label, lines = SHAPES[rng.integers(len(SHAPES))]
    narrow = float(rng.uniform(0.55, 1.0))
    bent = [_bent(np.array(points), smooth, narrow, rng) for smooth, points in lines]
    return with_pen(bent, rng), label


def _bent(points: Points, smooth: bool, narrow: float, rng: Generator) -> Points:
    moved = points + rng.normal(0, 0.03, points.shape)
    moved = (moved - 0.5) * [narrow, 1.0] + 0.5
    return np.clip(curve(moved) if smooth else moved, 0, 1)
