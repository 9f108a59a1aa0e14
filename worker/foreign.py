"""A Keras file without a manifest: how it is fed and understood, found out by showing it digits that are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelEntry
from shared.errors import ModelBroken
from shared.manifest import DIGITS, Input, Manifest, Thresholds
from worker.decode import decode
from worker.engines import Engine
from worker.normalize import normalize
from worker.pixels import feed, geometry, may_be_padded
from worker.scores import kind_of, probabilities
from worker.self_test import known_digits

#: The values that people's networks take for black and white. The third are what MNIST's mean of 0.1307 and standard
#: deviation of 0.3081 make of them.
RANGES = ((0.0, 1.0), (-1.0, 1.0), (-0.4242, 2.8215), (0.0, 255.0), (1.0, 0.0), (255.0, 0.0))
#: The known digits are shown where they are and moved by so many pixels, down and to the right. Moved, they are hard
#: enough to be misread; that tells the range that a network knows from a wider one, which makes it surer of everything.
SHIFTS = ((0, 0), (0, 2), (0, -2), (2, 0), (-2, 0), (1, 1))
#: Probabilities below this are as bad as it.
TINY = 1e-7
#: Nobody has measured this model: it is accepted only where it is very sure, and never rejects.
THRESHOLDS = Thresholds(review=0.9, reject=1.0)


def infer_manifest(entry: ModelEntry, engine: Engine) -> Manifest:
    """The manifest that a model would have: its outputs are taken for the digits 0 to 9 in this order.

    Raises ModelBroken if it does not have ten outputs, or does not take an image.
    """
    if engine.classes != len(DIGITS):
        raise ModelBroken(
            f"{entry.file} has {engine.classes} outputs; a digit classifier has 10, one for each digit, and with a "
            'manifest one more for "none".'
        )
    geometry(engine.input_shape)
    manifest = Manifest(
        name=entry.ref.name,
        version=entry.ref.version,
        file=entry.file.name,
        sha256="",
        input=Input(engine.input_shape),
        thresholds=THRESHOLDS,
    )
    pixels, labels = _shown()
    inputs = [Input(engine.input_shape, *way) for way in product(RANGES, _framings(engine.input_shape))]
    trials = [_trial(replace(manifest, input=tried), engine, pixels) for tried in inputs]
    return max(trials, key=lambda trial: _likelihood(trial[1], labels))[0]


def _framings(shape: tuple[int, ...]) -> tuple[bool, ...]:
    """Whether the pictures are padded: both are tried where people may have done so."""
    return (False, True) if may_be_padded(shape) else (False,)


def _shown() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The known digits, each of them where it is and a little moved: (n, 28, 28), and what they are (n,)."""
    known = np.stack([normalize(decode(data, max_pixels=28 * 28)).pixels for _, data in known_digits()])
    labels = [int(label) for label, _ in known_digits()]
    return np.concatenate([np.roll(known, shift, (1, 2)) for shift in SHIFTS]), np.tile(labels, len(SHIFTS))


def _trial(manifest: Manifest, engine: Engine, pixels: NDArray[np.uint8]) -> tuple[Manifest, NDArray[np.float32]]:
    """The manifest with the kind of outputs that the network then gives, and them as probabilities (n, 10)."""
    outputs = engine.predict(feed(pixels, manifest.input))
    kind = kind_of(outputs)
    return replace(manifest, outputs=kind), probabilities(outputs, kind)


def _likelihood(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The mean logarithm of the right digits' probability: being sure gains little where it is right, or costs more."""
    return float(np.log(np.maximum(scores[range(len(labels)), labels], TINY)).mean())
