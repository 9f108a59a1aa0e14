"""A network's raw outputs -> calibrated probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: How far a row of probabilities may be from adding up to one.
ROUNDING = 1e-3
#: Probabilities below this are as good as none.
TINY = np.float32(1e-12)


def kind_of(outputs: Floats) -> str:
    """What kind of outputs these rows are, from their values alone.

    "probabilities" are from 0 to 1 and add up to one (softmax), "independent" ones only are from 0 to 1
    (a sigmoid a class), anything else is "logits".
    """
    if outputs.min() < 0 or outputs.max() > 1 + ROUNDING:
        return "logits"
    return "probabilities" if np.allclose(outputs.sum(axis=1), 1, atol=ROUNDING) else "independent"


def probabilities(outputs: Floats, kind: str, temperature: float = 1.0) -> Floats:
    """Probabilities of shape (N, classes) that add up to one, softened by the temperature (Guo et al., 2017)."""
    if kind == "probabilities" and temperature == 1.0:
        return outputs
    logits = outputs if kind == "logits" else np.log(np.maximum(outputs, TINY))
    exponentials = np.exp((logits - logits.max(axis=1, keepdims=True)) / np.float32(temperature))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)
