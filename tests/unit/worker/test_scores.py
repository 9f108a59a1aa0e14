"""Raw outputs of every kind become probabilities that add up to one."""

from __future__ import annotations

import numpy as np
import pytest

from worker.scores import kind_of, probabilities

LOGITS = np.array([[2.0, 1.0, -1.0], [0.0, 0.0, 5.0]], np.float32)
SOFTMAX = (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        (SOFTMAX, "probabilities"),
        (LOGITS, "logits"),
        (np.log(SOFTMAX), "logits"),
        (np.array([[0.9, 0.8, 0.1]], np.float32), "independent"),
        (np.array([[3.0, 1.0, 0.5]], np.float32), "logits"),
        (np.array([[1.0, 0.0, 0.0]], np.float32), "probabilities"),
    ],
)
def test_the_kind_of_outputs_is_seen_from_their_values(outputs: np.ndarray, kind: str) -> None:
    assert kind_of(outputs) == kind


def test_logits_become_the_probabilities_of_their_softmax() -> None:
    assert np.allclose(probabilities(LOGITS, "logits"), SOFTMAX, atol=1e-6)
    assert np.allclose(probabilities(np.log(SOFTMAX), "logits"), SOFTMAX, atol=1e-6)


def test_probabilities_without_a_temperature_are_left_alone() -> None:
    assert probabilities(SOFTMAX, "probabilities") is SOFTMAX


def test_a_temperature_means_the_same_for_logits_and_for_probabilities() -> None:
    softened = probabilities(LOGITS, "logits", 2.0)

    assert np.allclose(probabilities(SOFTMAX, "probabilities", 2.0), softened, atol=1e-6)
    assert np.allclose(softened.sum(1), 1, atol=1e-6)
    assert (softened.max(1) < SOFTMAX.max(1)).all(), "a temperature above 1 makes the model less sure"


def test_independent_outputs_are_shared_out_in_proportion() -> None:
    outputs = np.array([[0.9, 0.3, 0.3]], np.float32)

    assert np.allclose(probabilities(outputs, "independent"), [[0.6, 0.2, 0.2]], atol=1e-6)


def test_huge_logits_and_certain_zeros_do_not_overflow() -> None:
    outputs = np.array([[1e30, 0, 0], [-1e30, 0, 0]], np.float32)

    assert np.isfinite(probabilities(outputs, "logits")).all()
    assert np.isfinite(probabilities(np.eye(3, dtype=np.float32), "probabilities", 0.01)).all()
