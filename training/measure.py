"""How good a set of predictions is: accuracy, calibration, and what is gained by declining to answer.

`scores` are probabilities (n, labels) with "not a digit" last; `labels` are numbers (n,). What counts as the
confidence of a reading is the probability of its best digit, as in the service.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from shared.manifest import RiskPoint
from worker import risk

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]


def best_digit(scores: Scores) -> tuple[Labels, Scores]:
    """The likeliest digit of each row and its probability."""
    digits = scores[:, :10]
    return digits.argmax(1), digits.max(1)


def accuracy(scores: Scores, labels: Labels) -> float:
    """The share of rows whose best digit is right."""
    return float((best_digit(scores)[0] == labels).mean())


def tempered(scores: Scores, temperature: float) -> Scores:
    """The probabilities as they would be with the logits divided by `temperature`."""
    logits = np.log(np.maximum(scores, 1e-30)) / temperature
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), dtype=np.float64)


def fit_temperature(scores: Scores, labels: Labels) -> float:
    """The temperature of least negative log-likelihood (C. Guo et al., On calibration of modern networks, 2017)."""

    def loss(log_temperature: float) -> float:
        right = tempered(scores, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(right, 1e-30)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x))


def reliability(scores: Scores, labels: Labels, bins: int = 15) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and count of each filled bin of equal width."""
    digit, confidence = best_digit(scores)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    chosen = [place == which for which in range(bins)]
    return [
        (float(confidence[rows].mean()), float((digit == labels)[rows].mean()), int(rows.sum()))
        for rows in chosen
        if rows.any()
    ]


def calibration_error(scores: Scores, labels: Labels) -> float:
    """Expected calibration error: the mean distance of confidence from accuracy over the bins, by their size."""
    return sum(abs(sure - right) * count for sure, right, count in reliability(scores, labels)) / len(labels)


def risk_coverage(
    scores: Scores, labels: Labels, targets: tuple[float, ...] = risk.TARGETS, sure: float = risk.SURE
) -> list[RiskPoint]:
    """For each accuracy wanted of the accepted readings, the lowest threshold that surely reaches it."""
    digit, confidence = best_digit(scores)
    return risk.risk_coverage(confidence, digit == labels, targets, sure)
