"""What an image costs before the network sees it: decoding and normalizing, on one core, by kind of file.

Every figure stands beside the time in which OpenCV alone decodes the same small file, in the same run: on a machine
that others use, too, the ratio says more than the microseconds. `python -m bench.pictures`
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from worker.decode import decode
from worker.mnist import mnist_test
from worker.normalize import normalize

Gray = NDArray[np.uint8]

MAX_PIXELS = 100_000_000
#: A photo of twelve megapixels.
HEIGHT, WIDTH = 3000, 4000


def files() -> dict[str, list[bytes]]:
    """Images of each kind: MNIST's test digits as they are, and made into what people send."""
    digits = [np.asarray(image, dtype=np.uint8) for image in mnist_test()[0][:200]]
    drawings = [_enlarged(255 - digit, 140) for digit in digits]
    photo = cv2.resize(_enlarged(255 - digits[0] // 2, 280), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return {
        "28 x 28 gray PNG": [_encoded(".png", digit) for digit in digits],
        "28 x 28 color PNG": [_encoded(".png", cv2.merge([digit] * 3)) for digit in digits],
        "28 x 28 gray PNG, dark on light": [_encoded(".png", 255 - digit) for digit in digits],
        "28 x 28 PNG of a paint program": [_painted(255 - digit) for digit in digits],
        "28 x 28 gray PNG, off center": [_encoded(".png", 255 - _in_a_corner(digit)) for digit in digits],
        "28 x 28 gray PNG, filled": [_encoded(".png", 255 - _filling(digit)) for digit in digits],
        "28 x 28 gray JPEG": [_encoded(".jpg", digit) for digit in digits],
        "140 x 140 gray PNG": [_encoded(".png", drawing) for drawing in drawings],
        "12-megapixel JPEG": [_encoded(".jpg", cv2.merge([photo] * 3))],
    }


def _enlarged(digit: Gray, side: int) -> Gray:
    return np.asarray(cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _cut(digit: Gray) -> Gray:
    x, y, width, height = cv2.boundingRect(digit)
    return digit[y : y + height, x : x + width]


def _in_a_corner(digit: Gray) -> Gray:
    cut = _cut(digit)
    return np.pad(cut, ((1, 27 - cut.shape[0]), (1, 27 - cut.shape[1])))


def _filling(digit: Gray) -> Gray:
    """As large as the picture allows, but for two pixels on each side."""
    cut = _cut(digit)
    scale = 24 / max(cut.shape)
    large = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    above, left = ((28 - side) // 2 for side in large.shape)
    return np.pad(large, ((above, 28 - above - large.shape[0]), (left, 28 - left - large.shape[1])))


def _encoded(ending: str, picture: Gray) -> bytes:
    return bytes(cv2.imencode(ending, picture)[1])


def _painted(digit: Gray) -> bytes:
    """With what such a program notes about its screen, and about the size of a print."""
    notes = PngInfo()
    notes.add(b"sRGB", b"\0")
    notes.add(b"gAMA", (45455).to_bytes(4))
    file = io.BytesIO()
    Image.fromarray(cv2.merge([digit] * 3)).save(file, "PNG", pnginfo=notes, dpi=(96, 96))
    return file.getvalue()


def _imdecode(data: bytes) -> object:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def microseconds(stage: Callable[[bytes], object], images: Sequence[bytes]) -> float:
    """Those of the processor for one image, on average over all."""
    began = time.process_time()
    for image in images:
        stage(image)
    return 1e6 * (time.process_time() - began) / len(images)


def _prepared(data: bytes) -> object:
    return normalize(decode(data, max_pixels=MAX_PIXELS))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what decoding and normalizing cost.")
    parser.add_argument("--rounds", type=int, default=9, help="how often each kind is measured; the median counts")
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    stages: dict[str, Callable[[bytes], object]] = {
        "imdecode": _imdecode,
        "decode": partial(decode, max_pixels=MAX_PIXELS),
        "decode + normalize": _prepared,
    }
    print(f"{'':32}" + "".join(f"{name:>20}" for name in stages) + f"{'ratio':>10}")
    for kind, images in files().items():
        turns = [[microseconds(stage, images) for stage in stages.values()] for _ in range(rounds)]
        ratio = statistics.median(turn[-1] / turn[0] for turn in turns)
        medians = [statistics.median(turn[at] for turn in turns) for at in range(len(stages))]
        print(f"{kind:32}" + "".join(f"{median:17.1f} us" for median in medians) + f"{ratio:10.2f}")


if __name__ == "__main__":
    main()
