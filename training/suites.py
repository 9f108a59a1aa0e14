"""The sets that a network is judged by, each normalized as in service; none of them is learned from.

Only `training.evaluate` may ask for them. The drawings, photos and HwD-1000 lie beside the project where they are
installed; elsewhere those suites are left out.
"""

from __future__ import annotations

import csv
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training import glyphs, pictures, scenes, shards
from training.corruptions import KINDS
from training.data import Digits, test_digits
from training.network import NONE
from training.photos import photograph
from training.symbols import drawn_symbol
from worker.decisions import GRAVE
from worker.decode import decode
from worker.normalize import Normalized, normalize

Gray = NDArray[np.uint8]

NEARBY = Path(__file__).parents[2] / "shared" / "data" / "dev"
MAX_PIXELS = 100_000_000
#: Pictures of each kind of what is no digit, and of each scene.
NEGATIVES, IN_SCENE = 500, 200
#: Flags with which the service accepts nothing as a digit.
REFUSED = frozenset({"blank"}) | GRAVE
#: The letters that are no digit's twin, and those that are: as many pictures are made of the one kind as of the other.
CLEAR, TWINS = "letters", "twins of digits"
LETTERS: Mapping[str, str] = MappingProxyType(
    {
        CLEAR: "".join(sorted(set(string.ascii_letters) - glyphs.TWINS)),
        TWINS: "".join(sorted(glyphs.TWINS)),
    }
)


@dataclass(frozen=True, slots=True)
class Suite:
    """Normalized images (n, 28, 28) with labels (n,), where each came from, and which are never accepted as digits.

    That is for what the normalization saw, as where nothing is, or two digits are.
    """

    images: Gray
    labels: NDArray[np.int64]
    sources: tuple[str, ...]
    refused: NDArray[np.bool_]


def _suite(pictures_read: Iterable[Normalized], labels: Iterable[int], sources: Iterable[str]) -> Suite:
    read = list(pictures_read)
    refused = np.array([not REFUSED.isdisjoint(picture.flags) for picture in read])
    return Suite(np.stack([picture.pixels for picture in read]), np.array(list(labels)), tuple(sources), refused)


def _of_digits(digits: Digits, source: str) -> Suite:
    return _suite(map(normalize, digits.images), digits.labels, [source] * len(digits.labels))


def mnist_test() -> Suite:
    """MNIST's test set."""
    return _of_digits(test_digits(), "mnist")


def corrupted(kind: str) -> Suite:
    """MNIST's test set with one kind of damage at full strength."""
    digits, rng = test_digits(), np.random.default_rng(sorted(KINDS).index(kind))
    return _of_digits(Digits(np.stack([KINDS[kind](image, rng, 1.0) for image in digits.images]), digits.labels), kind)


def in_scenes() -> Suite:
    """Some of MNIST's test digits in each scene; the source is the scene."""
    digits, made, labels, sources = test_digits(), [], [], []
    for number, (kind, scene) in enumerate(sorted(scenes.KINDS.items())):
        rng = np.random.default_rng((11, number))
        for at in rng.integers(len(digits.labels), size=IN_SCENE):
            made.append(normalize(decode(scene(digits.images[at], rng), max_pixels=MAX_PIXELS)))
            labels.append(int(digits.labels[at]))
            sources.append(kind)
    return _suite(made, labels, sources)


def collected(group: str) -> Suite | None:
    """Single digits that people drew ("drawn") or wrote on paper ("photos"); None where they are not installed."""
    if not (NEARBY / "index.csv").exists():
        return None
    with (NEARBY / "index.csv").open(newline="") as index:
        rows = [row for row in csv.DictReader(index) if row["file"].startswith(f"{group}/")]
    files = (decode((NEARBY / row["file"]).read_bytes(), max_pixels=MAX_PIXELS) for row in rows)
    return _suite(map(normalize, files), (int(row["label"]) for row in rows), (row["source"] for row in rows))


def hwd1000() -> Suite | None:
    """HwD-1000, one writer's digits with pens of several widths; None where it is not installed."""
    path = NEARBY / "hwd1000.npz"
    if not path.exists():
        return None
    with np.load(path) as arrays:
        return _of_digits(Digits(arrays["x"], arrays["y"].astype(np.int64)), "hwd1000")


def _letters(kind: str) -> Callable[[Generator], Gray]:
    return _shown(lambda rng: glyphs.some_printed(LETTERS[kind], rng, kept_out=True))


def _line(rng: Generator) -> Gray:
    return glyphs.with_pen([np.array([[0.0, 0.5], [1.0, 0.5 + rng.normal(0, 0.03)]])], rng)


def _several(rng: Generator) -> Gray:
    digits = test_digits().images
    return glyphs.several(digits[rng.integers(len(digits), size=int(rng.integers(2, 5)))], rng)


def _blank(rng: Generator) -> Gray:
    return pictures.noisy(np.full((64, 64), rng.integers(60, 256), np.uint8), rng)


def _shown(glyph: Callable[[Generator], Gray]) -> Callable[[Generator], Gray]:
    return lambda rng: (pictures.drawn if rng.random() < 0.5 else pictures.photographed)(glyph(rng), rng)


#: What is no digit, by kind. The letters that are a digit's twin (O, I, l ...) are shown, but count apart.
NOT_DIGITS: Mapping[str, Callable[[Generator], Gray]] = MappingProxyType(
    {
        CLEAR: _letters(CLEAR),
        "scribbles": _shown(glyphs.scribble),
        "lines": _shown(_line),
        "photographs": partial(photograph, kept_out=True),
        "symbols": _shown(partial(drawn_symbol, kept_out=True)),
        "several digits": _shown(_several),
        "stains": _shown(glyphs.blot),
        "noise": shards.noise,
        "blanks": _blank,
        TWINS: _letters(TWINS),
    }
)


def not_digits(kind: str) -> Suite:
    """Pictures of one kind of what is no digit; typefaces, symbols and views are those kept out of training."""
    rng = np.random.default_rng((7, sorted(NOT_DIGITS).index(kind)))
    made = [normalize(NOT_DIGITS[kind](rng)) for _ in range(NEGATIVES)]
    return _suite(made, [NONE] * NEGATIVES, [kind] * NEGATIVES)
