"""Accuracy, calibration and risk are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from training import measure


def scores_of(confidences: list[float], digits: list[int]) -> measure.Scores:
    """Rows whose best digit has the confidence; the rest goes to "none", out of the way."""
    scores = np.zeros((len(digits), 11))
    scores[np.arange(len(digits)), digits] = confidences
    scores[:, 10] = 1 - scores.sum(1)
    return scores


def test_the_best_digit_is_found_beside_a_likelier_none() -> None:
    digit, confidence = measure.best_digit(scores_of([0.3], [4]))

    assert digit.tolist() == [4]
    assert confidence.tolist() == [0.3]


def test_accuracy_counts_the_right_ones() -> None:
    assert measure.accuracy(scores_of([0.9] * 4, [1, 2, 3, 4]), np.array([1, 2, 3, 5])) == 0.75


def test_perfect_calibration_has_no_error() -> None:
    labels = np.array([7] * 8 + [1] * 2)

    assert measure.calibration_error(scores_of([0.8] * 10, [7] * 10), labels) == pytest.approx(0)


def test_overconfidence_is_measured_in_full() -> None:
    labels = np.array([7] * 5 + [1] * 5)

    assert measure.calibration_error(scores_of([0.9] * 10, [7] * 10), labels) == pytest.approx(0.4)


def test_the_fitted_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (4000, 11))
    honest = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(11, p=row) for row in honest])

    overconfident = measure.tempered(honest, 0.5)

    assert measure.fit_temperature(overconfident, labels) == pytest.approx(2, rel=0.1)
    assert measure.tempered(overconfident, 2.0) == pytest.approx(honest)


def test_the_threshold_for_an_accuracy_accepts_as_much_as_it_can() -> None:
    scores = scores_of([0.99, 0.9, 0.8, 0.7], [1, 2, 3, 4])

    (point,) = measure.risk_coverage(scores, np.array([1, 2, 0, 4]), (0.75,), sure=0)

    assert (point.threshold, point.coverage, point.accuracy) == (0.7, 1.0, 0.75)


def test_readings_of_equal_confidence_are_accepted_together() -> None:
    scores = scores_of([0.99, 0.9, 0.9], [1, 2, 3])

    (point,) = measure.risk_coverage(scores, np.array([1, 2, 0]), (1.0,), sure=0)

    assert (point.threshold, point.coverage) == (0.99, 0.33333)


def test_an_accuracy_out_of_reach_has_no_threshold() -> None:
    assert measure.risk_coverage(scores_of([0.9], [1]), np.array([2]), (0.99,)) == []
