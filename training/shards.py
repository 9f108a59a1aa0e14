"""Prepare what the network learns from: shards of normalized pictures, each seeded by its number.

    python -m training.shards --folder build/training/shards --count 40

Every picture goes through the service's own normalization, so that the network sees what it will see in
service, faults included. Shards that exist are left alone: started again, it goes on where it stopped. A file beside
them, made.json, says how they were made.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import glyphs, pictures
from training.corruptions import KINDS
from training.data import Digits, training_digits
from training.origins import MADE, note_making
from training.photos import photograph
from training.strokes import drawn_digit
from training.symbols import drawn_symbol
from training.warp import Bend, bent
from worker.normalize import normalize

Gray = NDArray[np.uint8]
Maker = Callable[[Digits, Generator], tuple[Gray, int]]

SIZE = 50_000
#: The largest share of a shard that people's corrections get, and how often one of them comes in it at most.
MOST_CORRECTED, REPEATED = 0.2, 50
GENTLE = Bend(turn=0.1, shear=0.1, scale=0.1, shift=0.02, wave=0.035)


def _pictured(glyph: Gray, rng: Generator) -> Gray:
    """The glyph in a picture, normalized; once more if nothing of it can be seen."""
    normalized = normalize((pictures.drawn if rng.random() < 0.55 else pictures.photographed)(glyph, rng))
    return _pictured(glyph, rng) if "blank" in normalized.flags else normalized.pixels


def unbent(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """MNIST's digits as they are."""
    at = int(rng.integers(len(digits.labels)))
    return digits.images[at], int(digits.labels[at])


def written(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """MNIST's digits as they are, but bent a little or much, and now and then wider or narrower in stroke."""
    digit, label = unbent(digits, rng)
    pixels = bent(digit, rng, Bend().by(rng.uniform(0.2, 1)))
    kind = rng.random()
    if kind < 0.18:
        change = cv2.dilate if kind < 0.1 else cv2.erode
        pixels = np.asarray(change(pixels, np.ones((2, 2), np.uint8)), dtype=np.uint8)
    return pixels, label


def pictured(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """MNIST's digits as if drawn on a screen or written on paper; some fitted into a box."""
    digit, label = unbent(digits, rng)
    glyph = bent(glyphs.handwritten(digit), rng, GENTLE)
    return _pictured(pictures.stretched(glyph, rng) if rng.random() < 0.2 else glyph, rng), label


def damaged(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """MNIST's digits with one or two kinds of damage of random strength."""
    digit, label = unbent(digits, rng)
    pixels = bent(digit, rng, GENTLE) if rng.random() < 0.6 else digit
    for kind in rng.choice(sorted(KINDS), 2 if rng.random() < 0.15 else 1):
        pixels = KINDS[kind](pixels, rng, float(rng.uniform(0.4, 1.15)))
    return normalize(pixels).pixels, label


def constructed(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """Digits drawn from strokes, or printed."""
    if rng.random() < 0.7:
        glyph, label = drawn_digit(rng)
    else:
        label = int(rng.integers(10))
        glyph = glyphs.some_printed(str(label), rng)
    return _pictured(bent(glyph, rng, GENTLE), rng), label


def not_a_digit(digits: Digits, rng: Generator) -> tuple[Gray, int]:
    """Letters, signs, scribbles, doodles, shapes, symbols, several digits, stains, photographs, bare noise."""
    kind = rng.random()
    if kind < 0.38:
        glyph = bent(glyphs.some_printed(glyphs.letter_choice(rng), rng), rng, Bend())
    elif kind < 0.47:
        glyph = glyphs.scribble(rng)
    elif kind < 0.55:
        glyph = glyphs.doodle(rng)
    elif kind < 0.62:
        glyph = bent(glyphs.shape(rng), rng, GENTLE)
    elif kind < 0.73:
        glyph = bent(drawn_symbol(rng), rng, GENTLE)
    elif kind < 0.87:
        glyph = glyphs.several(digits.images[rng.integers(len(digits.images), size=int(rng.integers(2, 5)))], rng)
    elif kind < 0.9:
        glyph = glyphs.blot(rng)
    elif kind < 0.97:
        return normalize(photograph(rng)).pixels, glyphs.NONE
    else:
        return normalize(noise(rng)).pixels, glyphs.NONE
    return _pictured(glyph, rng), glyphs.NONE


def noise(rng: Generator) -> Gray:
    """A frame with nothing on it but noise of some grain."""
    side = int(rng.integers(16, 100))
    grain = rng.standard_normal((side, side), np.float32) * rng.uniform(3, 80) + rng.uniform(0, 255)
    if rng.random() < 0.6:
        grain = cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.4, 3)))
    return pictures.as_gray(grain)


Recipe = tuple[tuple[Maker, float], ...]
#: What is learned from, in which shares.
LEARNED: Recipe = ((written, 0.61), (pictured, 0.12), (damaged, 0.13), (constructed, 0.05), (not_a_digit, 0.09))
#: What people send, as far as it can be made here: what confidence is fitted on. Nothing is bent or damaged on purpose.
SENT: Recipe = ((unbent, 0.35), (pictured, 0.4), (constructed, 0.1), (not_a_digit, 0.15))


def with_corrections(corrected: Digits, size: int) -> Recipe:
    """What is learned from, and people's corrections, bent as MNIST's digits are, in a share that grows with them."""
    share = min(MOST_CORRECTED, REPEATED * len(corrected.labels) / size)
    return (*((maker, part * (1 - share)) for maker, part in LEARNED), (lambda _, rng: written(corrected, rng), share))


def make_shard(digits: Digits, seed: tuple[int, ...], size: int = SIZE, recipe: Recipe = LEARNED) -> Digits:
    """So many pictures (28, 28) and labels, 0 to 9 or glyphs.NONE, by a recipe."""
    rng = np.random.default_rng(seed)
    makers, shares = zip(*recipe, strict=True)
    made = [makers[which](digits, rng) for which in rng.choice(len(makers), size, p=shares)]
    images, labels = zip(*made, strict=True)
    return Digits(np.stack(images), np.array(labels, np.int64))


def save(shard: Digits, path: Path) -> None:
    """Write a shard whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, images=shard.images, labels=shard.labels)
    partial.rename(path)


@dataclass(frozen=True, slots=True)
class Stock:
    """Which shards there are to be: `size` pictures each, of the usual recipe or with corrections in it."""

    folder: Path
    count: int
    seed: int
    corrected: Digits | None = None
    size: int = SIZE

    def path(self, number: int) -> Path:
        return self.folder / f"{number:04d}.npz"

    def make(self, number: int) -> Path:
        """Make one shard of it."""
        cv2.setNumThreads(1)
        recipe = LEARNED if self.corrected is None else with_corrections(self.corrected, self.size)
        save(make_shard(training_digits().training, (self.seed, number), self.size, recipe), self.path(number))
        return self.path(number)


def prepare(stock: Stock, processes: int = 2) -> None:
    """Make the shards that are missing, and note how.

    Of a folder with shards that do not say how they were made, that stays unknown. Raises ValueError if they were begun
    with another seed or size.
    """
    missing = [number for number in range(stock.count) if not stock.path(number).exists()]
    if missing == [*range(stock.count)] or (stock.folder / MADE).exists():
        note_making(stock.folder, missing, seed=stock.seed, size=stock.size)
    with get_context("spawn").Pool(processes) as pool:
        for done, path in enumerate(pool.imap(stock.make, missing), start=1):
            print(f"{path} ({done} of {len(missing)})", flush=True)


def main() -> None:
    """Read the command line and prepare the shards that are missing."""
    parser = argparse.ArgumentParser(description="Prepare shards of training pictures.")
    parser.add_argument("--folder", type=Path, default=Path("build/training/shards"))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    try:
        prepare(Stock(options.folder, options.count, options.seed), options.processes)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
