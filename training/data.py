"""MNIST, split for training: what is learned from, what is only validated on, and the test set kept apart."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

#: Looked for first; else Keras downloads the same arrays, into ~/.keras/datasets, from where its own loader has them.
NEARBY = Path(__file__).parents[2] / "shared" / "data" / "mnist" / "mnist.npz"
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
VALIDATION = 5000
SPLIT_SEED = 20
#: Training images that a person reads otherwise than their labels say, or not at all: looked at one by one, among
#: the 128 that the network contradicted most although it had learned from them. They are not learned from.
MISLABELED = (
    4476, 5704, 5972, 7080, 7270, 10994, 12183, 14582, 18190, 21130, 26622, 33506, 35310, 37680, 38052, 39311, 39423,
    39427, 40144, 41424, 42566, 45352, 47094, 48486, 48638, 49960, 51248, 51944, 52854, 53063, 53396, 54264, 54458,
    56014, 56286, 56596, 57744, 59915,
)  # fmt: skip


class Digits(NamedTuple):
    """Images (n, 28, 28) of 0 to 255 and their labels (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


class Split(NamedTuple):
    """The 60,000 training images, parted."""

    training: Digits
    validation: Digits


def training_digits() -> Split:
    """MNIST's training images but for the mislabeled ones, 5,000 of them drawn by lot for validation."""
    images, labels = _mnist("train")
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
    held_back, learned = order[:VALIDATION], order[VALIDATION:]
    learned = learned[~np.isin(learned, MISLABELED)]
    return Split(Digits(images[learned], labels[learned]), Digits(images[held_back], labels[held_back]))


def test_digits() -> Digits:
    """MNIST's 10,000 test images; only evaluation may ask for them."""
    return _mnist("test")


def _mnist(part: str) -> Digits:
    """One part of the file, "train" or "test"; of the other one nothing is loaded."""
    with np.load(NEARBY if NEARBY.exists() else _downloaded()) as arrays:
        return Digits(arrays[f"x_{part}"], arrays[f"y_{part}"].astype(np.int64))


def _downloaded() -> Path:
    try:
        return Path(keras.utils.get_file("mnist.npz", ORIGIN, file_hash=SHA256))
    except Exception as error:  # whatever Keras' download raises
        places = f"{NEARBY} or ~/.keras/datasets/mnist.npz"
        raise FileNotFoundError(f"MNIST cannot be downloaded here; put it into {places}.") from error
