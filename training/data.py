"""MNIST, split for training: what is learned from, what is only validated on, and the test set kept apart."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

#: Looked for first; elsewhere Keras downloads the same arrays.
NEARBY = Path(__file__).parents[2] / "shared" / "data" / "mnist" / "mnist.npz"
VALIDATION = 5000
SPLIT_SEED = 20


class Digits(NamedTuple):
    """Images (n, 28, 28) of 0 to 255 and their labels (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


class Split(NamedTuple):
    """The 60,000 training images, parted."""

    training: Digits
    validation: Digits


def training_digits() -> Split:
    """MNIST's training images, 5,000 of them drawn by lot for validation."""
    images, labels = _mnist()[0]
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
    held_back, learned = order[:VALIDATION], order[VALIDATION:]
    return Split(Digits(images[learned], labels[learned]), Digits(images[held_back], labels[held_back]))


def test_digits() -> Digits:
    """MNIST's 10,000 test images; only evaluation may ask for them."""
    return Digits(*_mnist()[1])


def _mnist() -> tuple[tuple[NDArray[np.uint8], NDArray[np.int64]], ...]:
    if not NEARBY.exists():
        return tuple((images, labels.astype(np.int64)) for images, labels in keras.datasets.mnist.load_data())
    with np.load(NEARBY) as arrays:
        return tuple((arrays[f"x_{part}"], arrays[f"y_{part}"].astype(np.int64)) for part in ("train", "test"))
