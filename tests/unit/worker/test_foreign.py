"""A model without a manifest is understood by how it reads the known digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.catalog import ModelEntry
from shared.domain import ModelRef
from shared.errors import ModelBroken
from shared.manifest import Input
from worker.engines import BATCH_SIZES, Engine
from worker.foreign import RANGES, _likelihood, _shown, infer_manifest
from worker.pixels import feed

ENTRY = ModelEntry(ModelRef("mine", "0123456789ab"), Path("mine.keras"))
EngineMaker = Callable[..., Engine]


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return 1 / (1 + np.exp(np.clip(5 - logits, -50, 50)))


def unchanged(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return logits


@pytest.mark.parametrize("values", RANGES)
def test_the_values_it_was_trained_with_are_found(linear_engine: EngineMaker, values: tuple[float, float]) -> None:
    assert infer_manifest(ENTRY, linear_engine(values=values)).input.range == values


@pytest.mark.parametrize("padded", [False, True])
def test_it_is_found_whether_its_digits_were_framed(padded: bool) -> None:
    pixels, labels = _shown()
    engine = by_heart(feed(pixels, Input((32, 32), padded=padded)), labels)

    assert infer_manifest(ENTRY, engine).input == Input((32, 32), padded=padded)


def by_heart(images: NDArray[np.float32], labels: NDArray[np.int64]) -> Engine:
    """An engine that knows these images, and takes others for the likest of them."""

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        near = np.exp(-((batch[:, None] - images[None]) ** 2).sum((2, 3)))
        sums = near @ np.eye(10, dtype=np.float32)[labels] + 1e-4
        return np.asarray(sums / sums.sum(1, keepdims=True), np.float32)

    return Engine((32, 32), 10, dict.fromkeys(BATCH_SIZES, run))


def test_values_that_only_make_a_network_surer_are_not_taken() -> None:
    labels = np.array([3, 7])
    honest, sure = (np.full((2, 10), (1 - share) / 9, np.float32) for share in (0.7, 0.9999))
    honest[[0, 1], labels] = 0.7
    sure[[0, 1], [3, 1]] = 0.9999

    assert _likelihood(honest, labels) > _likelihood(sure, labels)


@pytest.mark.parametrize(("last", "kind"), [(unchanged, "logits"), (sigmoid, "independent")])
def test_the_kind_of_its_outputs_is_found(linear_engine: EngineMaker, last: object, kind: str) -> None:
    assert infer_manifest(ENTRY, linear_engine(last=last)).outputs == kind


def test_it_is_named_after_its_file_and_fed_with_its_own_shape(linear_engine: EngineMaker) -> None:
    manifest = infer_manifest(ENTRY, linear_engine(shape=(784,)))

    assert (manifest.name, manifest.version, manifest.file) == ("mine", "0123456789ab", "mine.keras")
    assert manifest.input.shape == (784,)
    assert manifest.labels == tuple("0123456789")
    assert manifest.normalize == "mnist"


@pytest.mark.parametrize("classes", [2, 9, 11, 26, 1000])
def test_what_has_not_ten_outputs_is_no_digit_classifier(linear_engine: EngineMaker, classes: int) -> None:
    with pytest.raises(ModelBroken, match=f"mine.keras has {classes} outputs; a digit classifier has 10"):
        infer_manifest(ENTRY, linear_engine(classes=classes))


def test_what_takes_no_image_is_refused(linear_engine: EngineMaker) -> None:
    with pytest.raises(ModelBroken, match=r"\(12, 5, 7\) is no image"):
        infer_manifest(ENTRY, linear_engine(shape=(12, 5, 7)))
