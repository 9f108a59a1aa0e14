"""What is learned from, what is held back, and what is neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training import data
from training.data import MISLABELED, VALIDATION, training_digits


def test_each_digit_is_learned_from_or_held_back_unless_it_is_mislabeled() -> None:
    learned, held_back = training_digits()

    assert len(held_back.labels) == VALIDATION
    assert len(learned.labels) == 60_000 - VALIDATION - len(MISLABELED)
    kept_apart = {image.tobytes() for image in held_back.images}
    assert not kept_apart & {image.tobytes() for image in learned.images}


def test_who_trains_opens_no_test_array_and_who_evaluates_no_training_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "NEARBY", tmp_path / "mnist.npz")
    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([1, 2, 3], np.uint8)

    np.savez(data.NEARBY, x_train=images, y_train=labels)
    assert sorted(training_digits().validation.labels) == [1, 2, 3]

    np.savez(data.NEARBY, x_test=images, y_test=labels)
    assert data.test_digits().labels.tolist() == [1, 2, 3]


def test_a_downloaded_file_is_opened_in_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "downloaded.npz", x_train=np.zeros((2, 28, 28), np.uint8), y_train=np.array([4, 5], np.uint8))
    monkeypatch.setattr(data, "NEARBY", tmp_path / "mnist.npz")
    monkeypatch.setattr(data.keras.utils, "get_file", lambda *asked, **file_hash: str(tmp_path / "downloaded.npz"))

    assert sorted(training_digits().validation.labels) == [4, 5]


def test_without_mnist_its_places_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*asked: str, **file_hash: str) -> None:
        raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.setattr(data, "NEARBY", tmp_path / "mnist.npz")
    monkeypatch.setattr(data.keras.utils, "get_file", unreachable)

    with pytest.raises(FileNotFoundError, match=r"put it into .*mnist\.npz or ~/\.keras/datasets/mnist\.npz"):
        training_digits()
