"""What readings amount to, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from shared.domain import Decision, Digit, ModelRef, Reading, ReadOptions, Unreadable
from shared.manifest import RiskPoint
from worker.measure import BATCH, Labeled, measure, tally
from worker.risk import TARGETS, risk_coverage

ACCEPT, REVIEW = Decision.ACCEPT, Decision.NEEDS_REVIEW
READINGS = [
    Digit("1", 0.9, ACCEPT),
    Digit("7", 0.8, ACCEPT),
    Digit("2", 0.4, REVIEW),
    Unreadable("not_an_image", "This is not an image."),
]


def test_shares_are_counted() -> None:
    measured = tally(["1", "1", "2", "2"], READINGS, seconds=2.0)

    assert measured.accuracy == 0.5
    assert measured.accepted == 0.5
    assert measured.accepted_accuracy == 0.5
    assert measured.unreadable == 1
    assert measured.images_per_second == 2.0
    assert measured.by_digit == {"1": 0.5, "2": 0.5}


def test_nothing_accepted_is_no_accuracy() -> None:
    measured = tally(["2"], [READINGS[3]], seconds=1.0)

    assert (measured.accuracy, measured.accepted, measured.accepted_accuracy) == (0, 0, 0)
    assert measured.risk_coverage == ()


def test_the_lowest_threshold_that_is_right_enough_is_found() -> None:
    points = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, True]), (0.75, 1.0), sure=0)

    assert points == [RiskPoint(0.6, 1.0, 0.75), RiskPoint(0.8, 0.5, 1.0)]


@pytest.mark.parametrize(("count", "promised"), [(10, 0), (132, 0), (133, 1), (539, 5), (20_000, len(TARGETS))])
def test_few_images_promise_little_even_if_all_are_read(count: int, promised: int) -> None:
    readings = np.full(count, 0.9), np.ones(count, bool)

    reached = [target for target in TARGETS if risk_coverage(*readings, (target,))]

    assert reached == list(TARGETS[:promised])


def test_an_accuracy_is_promised_below_the_measured_one() -> None:
    right = np.arange(1000) % 100 != 0

    (point,) = risk_coverage(np.full(1000, 0.9), right, (0.98,))

    # By hand: (0.99 + 0.001353 - 1.645 * sqrt(0.0000099 + 0.000000676)) / 1.002706.
    assert point == RiskPoint(0.9, 1.0, 0.98334)


class Echo:
    """Reads what the bytes say, and remembers how it was asked."""

    ref = ModelRef("echo", "1")

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    def read(self, images: Sequence[bytes], options: ReadOptions) -> list[Reading]:
        self.asked.append((len(images), options.normalize))
        return [Digit(data.decode(), 0.9, ACCEPT) for data in images]


def test_all_images_are_read_in_full_batches_and_in_the_way_that_is_asked_for() -> None:
    echo = Echo()

    measured = measure(echo, [Labeled("3", b"3")] * (BATCH + 4) + [Labeled("3", b"4")] * 4, "plain")

    assert echo.asked == [(BATCH, "plain"), (8, "plain")]
    assert measured.accuracy == round((BATCH + 4) / (BATCH + 8), 5)
