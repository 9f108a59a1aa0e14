"""MNIST's test digits as PNG files in a ZIP, each in a folder of its label: what the benches and the demo submit.

`python -m bench.corpus --count 10000 --output mnist.zip`
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path

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


def digits(count: int) -> Iterator[tuple[str, bytes]]:
    """The names, such as "7/00000.png", and the PNG bytes of `count` digits; from 10,000 on they repeat."""
    images, labels = mnist_test()
    for index in range(count):
        image = index % len(images)
        yield f"{labels[image]}/{index:05d}.png", cv2.imencode(".png", images[image])[1].tobytes()


def write_zip(output: Path, count: int) -> None:
    """Write `count` digits into a ZIP, stored as they are: a PNG cannot be deflated any further."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, data in digits(count):
            archive.writestr(name, data)


def read_zip(source: Path) -> tuple[list[str], list[bytes]]:
    """The labels and the bytes of the images in such a ZIP."""
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return [name.split("/")[-2] for name in names], [archive.read(name) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write MNIST's test digits as PNG files into a ZIP.")
    parser.add_argument("--count", type=int, default=10_000, help="how many digits")
    parser.add_argument("--output", type=Path, required=True, help="the ZIP to write")
    options = parser.parse_args()
    write_zip(options.output, options.count)


if __name__ == "__main__":
    main()
