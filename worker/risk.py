"""What is gained by declining to answer: which threshold accepts how much, and how much of that is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.manifest import RiskPoint

#: Accuracies wanted of the accepted readings that a manifest's table covers.
TARGETS = (0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999, 0.9995)
#: How surely they are reached: so many standard deviations, 95 % on one side. Ten images read without an error would
#: promise anything; by this they promise 0.79, and 0.995 takes 539 of them.
SURE = 1.645


def risk_coverage(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    targets: tuple[float, ...] = TARGETS,
    sure: float = SURE,
) -> list[RiskPoint]:
    """For each accuracy wanted of the accepted readings, the lowest threshold that surely reaches it.

    `confidence` (n,) is that of each reading, `right` (n,) whether it is; n is at least 1. The accuracy of a point is
    what at least may be expected of other images; with a `sure` of 0, what it is here.
    """
    order = np.argsort(-confidence, kind="stable")
    thresholds, accuracy = confidence[order], lower_bound(right[order], sure)
    # Readings of equal confidence are accepted or declined together.
    ends = np.append(np.flatnonzero(np.diff(thresholds)), len(right) - 1)
    points = (ends[accuracy[ends] >= target] for target in targets)
    lowest = sorted({int(reached[-1]) for reached in points if len(reached)}, reverse=True)
    return [
        RiskPoint(round(float(thresholds[end]), 6), round((end + 1) / len(right), 5), round(float(accuracy[end]), 5))
        for end in lowest
    ]


def lower_bound(right: NDArray[np.bool_], sure: float) -> NDArray[np.float64]:
    """The least share of right ones to expect, given the first, the first two, ... of these (E. B. Wilson, 1927)."""
    count = np.arange(1, len(right) + 1)
    share, doubt = np.cumsum(right) / count, sure**2 / count
    bound = share + doubt / 2 - np.sqrt(doubt * share * (1 - share) + doubt**2 / 4)
    return np.asarray(bound / (1 + doubt), np.float64)
