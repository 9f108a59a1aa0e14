"""What is learned from, what is held back, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import data
from training.data import MISLABELED, VALIDATION, training_digits


def test_each_digit_is_learned_from_or_held_back_unless_it_is_mislabeled() -> None:
    learned, held_back = training_digits()

    assert len(held_back.labels) == VALIDATION
    assert len(learned.labels) == 60_000 - VALIDATION - len(MISLABELED)
    kept_apart = {image.tobytes() for image in held_back.images}
    assert not kept_apart & {image.tobytes() for image in learned.images}


def test_without_mnist_its_places_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.setattr(data, "NEARBY", tmp_path / "mnist.npz")
    monkeypatch.setattr(data.keras.datasets.mnist, "load_data", unreachable)

    with pytest.raises(FileNotFoundError, match=r"put it into .*mnist\.npz or ~/\.keras/datasets/mnist\.npz"):
        training_digits()
