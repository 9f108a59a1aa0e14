"""MNIST's test digits as files that a client could send: the benches, the demo and `worker.check` read them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.settings import PROJECT
from worker.lean_keras import keras_on

#: Where the images are looked for before Keras downloads them.
BESIDE = PROJECT.parent / "shared" / "data" / "mnist" / "mnist.npz"


def mnist_test() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's 10,000 test images (N, 28, 28), light on black, and their labels (N,)."""
    if BESIDE.is_file():
        with np.load(BESIDE) as arrays:
            return arrays["x_test"], arrays["y_test"]
    with keras_on("openvino") as keras:
        _, (images, labels) = keras.datasets.mnist.load_data()
    return images, labels


def digits(count: int = 10_000) -> Iterator[tuple[str, bytes]]:
    """The names, such as "7/00000.png", and the PNG bytes of `count` digits; from 10,000 on they repeat."""
    images, labels = mnist_test()
    for index in range(count):
        image = index % len(images)
        yield f"{labels[image]}/{index:05d}.png", cv2.imencode(".png", images[image])[1].tobytes()
