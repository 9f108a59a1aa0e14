"""What is gained by declining to answer: which threshold accepts how much, and how much of that is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.manifest import RiskPoint

#: Accuracies wanted of the accepted readings that a manifest's table covers.
TARGETS = (0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999, 0.9995)


def risk_coverage(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], targets: tuple[float, ...] = TARGETS
) -> list[RiskPoint]:
    """For each accuracy wanted of the accepted readings, the lowest threshold that reaches it here.

    `confidence` (n,) is that of each reading, `right` (n,) whether it is; n is at least 1.
    """
    order = np.argsort(-confidence, kind="stable")
    thresholds, accuracy = confidence[order], np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    # Readings of equal confidence are accepted or declined together.
    ends = np.append(np.flatnonzero(np.diff(thresholds)), len(right) - 1)
    points = (ends[accuracy[ends] >= target] for target in targets)
    lowest = sorted({int(reached[-1]) for reached in points if len(reached)}, reverse=True)
    return [
        RiskPoint(round(float(thresholds[end]), 6), round((end + 1) / len(right), 5), round(float(accuracy[end]), 5))
        for end in lowest
    ]
