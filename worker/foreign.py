"""A Keras file without a manifest: how it is fed and understood, found out by showing it digits that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelEntry
from shared.errors import ModelBroken
from shared.manifest import DIGITS, Input, Manifest, Thresholds
from worker.decode import decode
from worker.engines import Engine
from worker.normalize import normalize
from worker.pixels import feed, geometry
from worker.scores import kind_of, probabilities
from worker.self_test import known_digits

#: The values that people's networks take for black and white: the commonest first, then from narrow to wide, since a
#: range that is too wide makes a network all the surer of the same digits.
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (1.0, 0.0), (255.0, 0.0))
#: A later range must give the right digits so much more probability, on average, to be believed.
MARGIN = 0.2
#: Nobody has measured this model: it is accepted only where it is very sure, and never rejects.
THRESHOLDS = Thresholds(review=0.9, reject=1.0)


def infer_manifest(entry: ModelEntry, engine: Engine) -> Manifest:
    """The manifest that a model would have: its outputs are taken for the digits 0 to 9 in this order.

    Raises ModelBroken if it does not have ten outputs, or does not take an image.
    """
    if engine.classes != len(DIGITS):
        raise ModelBroken(f"{entry.file} has {engine.classes} outputs; a digit classifier has 10, one for each digit.")
    geometry(engine.input_shape)
    manifest = Manifest(
        name=entry.ref.name,
        version=entry.ref.version,
        file=entry.file.name,
        sha256="",
        input=Input(engine.input_shape),
        thresholds=THRESHOLDS,
    )
    pixels = np.stack([normalize(decode(data, max_pixels=28 * 28)).pixels for _, data in known_digits()])
    return _likeliest([_trial(manifest, engine, pixels, values) for values in RANGES])


def _trial(
    manifest: Manifest, engine: Engine, pixels: NDArray[np.uint8], values: tuple[float, float]
) -> tuple[float, Manifest]:
    """The mean probability of the right digit if the network is fed these values, and the manifest that says so."""
    tried = replace(manifest, input=Input(engine.input_shape, values))
    outputs = engine.predict(feed(pixels, tried.input))
    kind = kind_of(outputs)
    right = probabilities(outputs, kind)[range(len(pixels)), [int(label) for label, _ in known_digits()]]
    return float(right.mean()), replace(tried, outputs=kind)


def _likeliest(trials: list[tuple[float, Manifest]]) -> Manifest:
    best = max(certainty for certainty, _ in trials)
    return next(manifest for certainty, manifest in trials if certainty >= best - MARGIN)
