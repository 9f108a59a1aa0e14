"""Characters to learn from: handwritten (MNIST), printed (fonts), drawn (strokes), and what is no digit at all.

A glyph is light on black, CANVAS x CANVAS, with a margin all around. Fonts are those that matplotlib and OpenCV
bring along; every fourth typeface is kept out of training so that evaluation can show others.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Gray = NDArray[np.uint8]
Points = NDArray[np.float64]

CANVAS = 64
NONE = 10
#: Letters nobody can tell from a digit once they are scaled to the same size, and those that only context tells.
TWINS, COUSINS = set("OoIlQi"), set("SsZzBbqg")
SIGNS = "?!&%@#+=*<>$~^{}[]()"
STROKE_FONTS = (0, 1, 2, 3, 4, 5, 6, 7)
#: Widths of pens on the canvas, in pixels; wide ones fill what is drawn in fine detail.
PENS, FINE_PENS = (1, 2, 3, 4, 5, 6, 8, 10), (1, 2, 3, 4)
PRINT_FONTS = ("DejaVu", "STIXGeneral", "cmr10", "cmss10", "cmtt10", "cmb10")


@cache
def typefaces(*, kept_out: bool = False) -> tuple[Path | int, ...]:
    """Font files and numbers of OpenCV's stroke fonts: for training, or those kept out of it."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    files = sorted(path for path in folder.glob("*.ttf") if path.stem.startswith(PRINT_FONTS))
    faces: tuple[Path | int, ...] = (*(path for path in files if "Display" not in path.stem), *STROKE_FONTS)
    return tuple(face for number, face in enumerate(faces) if (number % 4 == 3) == kept_out)


@cache
def printed(character: str, face: Path | int) -> Gray:
    """A character in a typeface, as large as the canvas allows."""
    picture = np.zeros((192, 192), np.uint8)
    if isinstance(face, int):
        cv2.putText(picture, character, (40, 130), face, 3.5, 255, 6, cv2.LINE_AA)
    else:
        page = Image.fromarray(picture)
        ImageDraw.Draw(page).text((40, 20), character, fill=255, font=ImageFont.truetype(str(face), 110))
        picture = np.asarray(page)
    return fitted(picture)


def fitted(picture: Gray, margin: int = 8) -> Gray:
    """What is drawn on a picture, cut out and scaled to the canvas with the aspect kept."""
    x, y, width, height = cv2.boundingRect(picture)
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    if not width:
        return canvas
    scale = (CANVAS - 2 * margin) / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    cut = cv2.resize(picture[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    left, top = (CANVAS - size[0]) // 2, (CANVAS - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cut
    return canvas


def some_printed(characters: str, rng: Generator, *, kept_out: bool = False) -> Gray:
    """One of these characters in one of the typefaces."""
    faces = typefaces(kept_out=kept_out)
    return printed(characters[rng.integers(len(characters))], faces[rng.integers(len(faces))])


def letter_choice(rng: Generator) -> str:
    """A letter or sign that is no digit's twin; digits' cousins come seldom."""
    letters = sorted(set(string.ascii_letters) - TWINS - COUSINS)
    pool = sorted(COUSINS) if rng.random() < 0.06 else letters if rng.random() < 0.85 else SIGNS
    return str(pool[rng.integers(len(pool))])


def handwritten(digit: Gray) -> Gray:
    """An MNIST digit, smoothly enlarged."""
    return np.asarray(cv2.resize(digit, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def curve(points: Points, steps: int = 8) -> Points:
    """A Catmull-Rom spline through points (n, 2)."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    before, start, end, after = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps)[None, :, None]
    cubic = 3 * start - before - 3 * end + after
    square = 2 * before - 5 * start + 4 * end - after
    return np.asarray((2 * start + (end - before) * t + square * t**2 + cubic * t**3) / 2).reshape(-1, 2)


def with_pen(lines: list[Points], rng: Generator, widths: Sequence[int] = PENS) -> Gray:
    """Lines in the unit square, drawn with a pen of some width."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    width = int(rng.choice(widths))
    inner = CANVAS - 16 - width
    drawn = [np.round(8 + width / 2 + line * inner).astype(np.int32) for line in lines]
    kind = cv2.LINE_AA if rng.random() < 0.6 else cv2.LINE_8
    return np.asarray(cv2.polylines(canvas, drawn, False, 255, width, kind), dtype=np.uint8)


def filled(outline: Points) -> Gray:
    """The area within a line in the unit square."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    return np.asarray(cv2.fillPoly(canvas, [np.round(8 + outline * (CANVAS - 16)).astype(np.int32)], 255), np.uint8)


def scribble(rng: Generator) -> Gray:
    """A curve that goes where it likes."""
    return with_pen([curve(rng.random((int(rng.integers(7, 16)), 2)))], rng)


def shape(rng: Generator) -> Gray:
    """Something of straight lines: a bar, a cross, a frame, a grid, a star, a corner."""
    kind = rng.integers(6)
    low, high = np.sort(rng.random(2) * [0.4, 0.4] + [0.0, 0.6])
    bar = np.array([[0.0, 0.5], [1.0, 0.5 + rng.normal(0, 0.08)]])
    if kind == 0:
        return with_pen([bar], rng)
    if kind == 1:
        return with_pen([bar, bar[:, ::-1]], rng)
    if kind == 2:
        return with_pen([np.array([[0, low], [1, low], [1, high], [0, high], [0, low]])], rng)
    if kind == 3:
        rows = [np.array([[0, at], [1, at]]) for at in np.linspace(0, 1, int(rng.integers(2, 5)))]
        return with_pen([*rows, *(row[:, ::-1] for row in rows if rng.random() < 0.8)], rng)
    if kind == 4:
        angles = rng.random() + np.pi * np.arange(3) / 3
        return with_pen([0.5 + 0.5 * np.outer([-1, 1], [np.cos(angle), np.sin(angle)]) for angle in angles], rng)
    return with_pen([np.array([[0, 0], [1, low], [high, 1], [0, 0]])[: int(rng.integers(3, 5))]], rng)


def doodle(rng: Generator) -> Gray:
    """Lines without a meaning: straight ones from point to point, a dented outline, or lines and arcs that meet."""
    kind, count = rng.integers(3), int(rng.integers(7, 10))
    if kind == 0:
        return with_pen([rng.random((count, 2))], rng, FINE_PENS)
    if kind == 1:
        angles, reach = np.sort(rng.uniform(0, 2 * np.pi, count)), rng.uniform(0.25, 0.5, count)
        # Without clear dents it would be a zero.
        reach[::3] *= 0.3
        outline = 0.5 + np.stack([reach * np.cos(angles), reach * np.sin(angles)], 1)
        return with_pen([np.vstack([outline, outline[:1]])], rng, FINE_PENS)
    lines: list[Points] = []
    for _ in range(count):
        start = lines[rng.integers(len(lines))][-1] if lines and rng.random() < 0.7 else rng.random(2)
        end = rng.random(2)
        aside = rng.choice([0, rng.normal(0, 0.4)]) * (end - start)[::-1] * [-1, 1]
        lines.append(curve(np.stack([start, (start + end) / 2 + aside, end])))
    return with_pen(lines, rng, FINE_PENS)


def blot(rng: Generator) -> Gray:
    """A smooth random stain, as photos and textures leave it."""
    noise = rng.standard_normal((CANVAS, CANVAS)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(1.5, 8)))
    return np.asarray(cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX), dtype=np.uint8)


def several(digits: Gray, rng: Generator) -> Gray:
    """Two to four digits (n, 28, 28) in a row."""
    row = [digit[:, 4 - int(rng.integers(4)) : 24] for digit in digits]
    return fitted(np.hstack(row))
