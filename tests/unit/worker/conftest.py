"""Engines made of NumPy: a linear network that has learned the known digits by heart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.manifest import Input
from worker.decode import decode
from worker.engines import BATCH_SIZES, Engine
from worker.normalize import normalize
from worker.pixels import feed
from worker.scores import probabilities
from worker.self_test import known_digits

Floats = NDArray[np.float32]


def softmax(logits: Floats) -> Floats:
    return probabilities(logits, "logits")


def make_linear_engine(
    classes: int = 10,
    values: tuple[float, float] = (0, 1),
    last: Callable[[Floats], Floats] = softmax,
    shape: tuple[int, ...] = (28, 28, 1),
) -> Engine:
    """Gives a known digit's output 6 and the others 0, if fed with `values` for black and white."""
    pixels = np.stack([normalize(decode(data, max_pixels=784)).pixels for _, data in known_digits()])
    inputs = np.hstack([feed(pixels, Input((784,), values)), np.ones((10, 1), np.float32)]).astype(np.float64)
    weights = np.linalg.pinv(inputs) @ (6 * np.eye(10, classes))

    def run(images: Floats) -> Floats:
        return last((images.reshape(len(images), 784) @ weights[:-1] + weights[-1]).astype(np.float32))

    return Engine(shape, classes, dict.fromkeys(BATCH_SIZES, run))


@pytest.fixture
def linear_engine() -> Callable[..., Engine]:
    return make_linear_engine
