"""From a glyph to a picture as people send it: drawn on a screen, or pen on paper under a camera.

Each function takes a gray picture and a generator and gives a gray picture; ink is light on black until
`on_paper` gives both their colors.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.glyphs import CANVAS, Gray

Step = Callable[[Gray, Generator], Gray]
#: Sides of frames: the classic 28, those of other digit sets, and what drawing programs and crops give.
FRAMES = np.array([28, 28, 28, 28, 8, 8, 12, 16, 16, 20, 32, 40, 48, 64, 96, 140])
#: From where on a gray value is ink, of 255.
INK = 40
#: The largest share of its box that the ink of a stretched digit may fill: a bar would become a square.
FULLEST = 0.7


def as_gray(values: NDArray[np.floating]) -> Gray:
    """Values of any range, cut to 0 to 255."""
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def drawn(glyph: Gray, rng: Generator) -> Gray:
    """A digit drawn on a screen: flat colors, any pen, any place, with or without anti-aliasing."""
    picture = on_paper(framed(penned(glyph, rng), rng), rng, flat=True)
    if rng.random() < 0.15:
        return compressed(picture, rng)
    return picture


def photographed(glyph: Gray, rng: Generator) -> Gray:
    """A digit on paper: uneven ink and light, noise, blur, at times a ruled line or a neighbor's stroke."""
    inked = textured(penned(glyph, rng), rng)
    if rng.random() < 0.15:
        inked = neighbored(inked, rng)
    picture = on_paper(framed(inked, rng), rng, flat=False)
    for step, chance in ((ruled, 0.12), (lit, 0.5), (blurred, 0.4), (noisy, 0.7), (compressed, 0.3)):
        if rng.random() < chance:
            picture = step(picture, rng)
    return picture


def stretched(glyph: Gray, rng: Generator) -> Gray:
    """Wider, up to a square, as in data sets that fit digits into boxes; as it is if it is wide or would be a block."""
    x, y, width, height = cv2.boundingRect(cv2.threshold(glyph, INK, 255, cv2.THRESH_BINARY)[1])
    wider = round(width * (height / width) ** rng.uniform(0.3, 1.0))
    if wider <= width:
        return glyph
    cut = cv2.resize(glyph[y : y + height, x : x + width], (wider, height), interpolation=cv2.INTER_AREA)
    if cut.mean() > FULLEST * 255:
        return glyph
    canvas = np.zeros_like(glyph)
    left = (CANVAS - wider) // 2
    canvas[y : y + height, left : left + wider] = cut
    return canvas


def penned(glyph: Gray, rng: Generator) -> Gray:
    """Another width of stroke, by morphology; at times a hard edge."""
    size = int(rng.integers(2, 8))
    kernel = cv2.getStructuringElement(int(rng.integers(3)), (size, size))
    kind = rng.random()
    if kind < 0.3:
        glyph = np.asarray(cv2.dilate(glyph, kernel), dtype=np.uint8)
    elif kind < 0.5:
        thinner = cv2.erode(glyph, kernel)
        # Eroding must not break the character: what remains has to be most of its length.
        glyph = np.asarray(thinner, dtype=np.uint8) if (thinner > 128).mean() > 0.4 * (glyph > 128).mean() else glyph
    if rng.random() < 0.3:
        return np.where(glyph > rng.uniform(60, 200), 255, 0).astype(np.uint8)
    return glyph


def framed(glyph: Gray, rng: Generator) -> Gray:
    """The glyph at some size and place in a frame of its own size."""
    frame = int(FRAMES[rng.integers(len(FRAMES))])
    tight = frame < 24 or rng.random() < 0.15
    share = rng.uniform(1.1, 1.25) if tight else rng.uniform(0.35, 1.1)
    side = max(6, round(frame * float(share)))
    way = cv2.INTER_NEAREST if rng.random() < 0.12 else cv2.INTER_AREA if side < CANVAS else cv2.INTER_LINEAR
    small = cv2.resize(glyph, (side, side), interpolation=way)
    if rng.random() < 0.35:
        small = np.where(small > rng.uniform(50, 150), 255, 0).astype(np.uint8)
    room = side + frame
    canvas = np.zeros((room + frame, room + frame), np.uint8)
    canvas[frame : frame + side, frame : frame + side] = small
    # The glyph's own margin (an eighth of its side) may leave the frame, its ink may not.
    margin = side // 8 - 1
    left, top = (int(rng.integers(min(0, frame - side + margin), max(1, frame - side) + margin)) for _ in "xy")
    low, high = -margin, max(-margin, frame - side + margin)
    left, top = min(max(left, low), high), min(max(top, low), high)
    return canvas[frame - top : 2 * frame - top, frame - left : 2 * frame - left]


def on_paper(ink: Gray, rng: Generator, *, flat: bool) -> Gray:
    """Colors for paper and ink: often black on white or white on black, always told apart."""
    if flat and rng.random() < 0.6:
        return 255 - ink if rng.random() < 0.6 else ink
    contrast = rng.uniform(35, 255) if rng.random() < 0.5 else rng.uniform(120, 255)
    paper = rng.uniform(contrast, 255) if rng.random() < 0.7 else rng.uniform(0, 255 - contrast)
    return as_gray(paper + np.float32(-contrast if paper >= contrast else contrast) * (ink / 255))


def textured(ink: Gray, rng: Generator) -> Gray:
    """Ink that is stronger here and weaker there, as pencils, markers and brushes leave it."""
    grain = cv2.GaussianBlur(rng.standard_normal(ink.shape).astype(np.float32), (0, 0), float(rng.uniform(0.6, 6)))
    grain = grain / max(float(grain.std()), 1e-6) * rng.uniform(0, 0.25)
    return as_gray(ink * np.clip(0.85 + grain, 0.25, 1.0))


def neighbored(ink: Gray, rng: Generator) -> Gray:
    """A piece of the neighboring character at an edge."""
    piece = np.roll(ink, int(rng.choice([-1, 1])) * int(CANVAS * rng.uniform(0.72, 0.85)), axis=int(rng.integers(2)))
    edge = np.zeros_like(ink)
    edge[:5], edge[-5:], edge[:, :5], edge[:, -5:] = piece[:5], piece[-5:], piece[:, :5], piece[:, -5:]
    return np.maximum(ink, edge)


def ruled(picture: Gray, rng: Generator) -> Gray:
    """Paper with lines: parallel, of one color, thinner than a pen's stroke."""
    lined = picture.copy()
    side = picture.shape[0]
    if side < 40:
        return picture
    color = float(np.median(picture)) - rng.uniform(15, 70) * np.sign(np.median(picture) - 100)
    step, start = int(rng.integers(side // 5, side)), int(rng.integers(side))
    for at in range(start % step, side, step):
        cv2.line(lined, (0, at), (side, at + int(rng.normal(0, side / 60))), min(max(color, 0), 255), 1)
    return np.minimum(picture, lined) if np.median(picture) > 100 else np.maximum(picture, lined)


def lit(picture: Gray, rng: Generator) -> Gray:
    """Light from one side, or a soft shadow."""
    height, width = picture.shape
    corners = rng.uniform(0.55, 1.0, (2, 2)).astype(np.float32)
    return as_gray(picture * cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR))


def blurred(picture: Gray, rng: Generator) -> Gray:
    """Out of focus."""
    sigma = 0.3 + rng.random() * picture.shape[0] / 50
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=np.uint8)


def noisy(picture: Gray, rng: Generator) -> Gray:
    """A camera's noise."""
    return as_gray(picture + rng.standard_normal(picture.shape, np.float32) * rng.uniform(1, 10))


def compressed(picture: Gray, rng: Generator) -> Gray:
    """Saved as JPEG."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
