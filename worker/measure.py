"""How well and how fast a model reads images whose digits are known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.domain import Decision, Digit, Reading, ReadOptions
from shared.manifest import RiskPoint
from shared.ports import Recognizer
from worker.risk import risk_coverage

#: Images read at once.
BATCH = 256


class Labeled(NamedTuple):
    """An image and the digit that it shows."""

    label: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a model reads: shares of all images, but `accepted_accuracy`, which is one of the accepted.

    The speed is that of one core, from the bytes of an image to its reading.
    """

    accuracy: float
    accepted: float
    accepted_accuracy: float
    unreadable: int
    images_per_second: float
    by_digit: dict[str, float]
    risk_coverage: tuple[RiskPoint, ...]


def measure(recognizer: Recognizer, images: Sequence[Labeled], way: str) -> Measured:
    """Let a model read all images, brought to MNIST's conditions ("mnist") or only resized ("plain")."""
    options = ReadOptions(top_k=1, normalize=way)
    readings: list[Reading] = []
    began = time.perf_counter()
    for start in range(0, len(images), BATCH):
        readings += recognizer.read([image.data for image in images[start : start + BATCH]], options)
    seconds = time.perf_counter() - began
    return tally([image.label for image in images], readings, seconds)


def tally(labels: Sequence[str], readings: Sequence[Reading], seconds: float) -> Measured:
    """What readings amount to, given the digits that the images show; there is at least one."""
    read = np.array([isinstance(reading, Digit) for reading in readings])
    right = np.array(
        [isinstance(reading, Digit) and reading.label == label for reading, label in zip(readings, labels, strict=True)]
    )
    accepted = np.array([isinstance(reading, Digit) and reading.decision is Decision.ACCEPT for reading in readings])
    confidence = np.array([reading.confidence if isinstance(reading, Digit) else 0.0 for reading in readings])
    return Measured(
        accuracy=_share(right),
        accepted=_share(accepted),
        accepted_accuracy=_share(right[accepted]),
        unreadable=int(np.count_nonzero(~read)),
        images_per_second=round(len(read) / seconds, 1),
        by_digit={digit: _share(right[np.array(labels) == digit]) for digit in sorted(set(labels))},
        risk_coverage=tuple(risk_coverage(confidence, right)),
    )


def _share(holds: NDArray[np.bool_]) -> float:
    return round(float(holds.mean()), 5) if len(holds) else 0.0
