"""An engine runs a network on a few batch sizes only, and nobody outside notices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.errors import ModelBroken
from worker.engines import BATCH_SIZES, Engine, Run, warm_up
from worker.keras_files import load_network

Floats = NDArray[np.float32]


class Recorder:
    """Runs that double their input and note the batch sizes they were given."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def engine(self) -> Engine:
        return Engine((3,), 3, {size: self._run_of(size) for size in BATCH_SIZES})

    def _run_of(self, size: int) -> Run:
        def run(images: Floats) -> Floats:
            assert images.shape == (size, 3)
            self.sizes.append(size)
            return images * 2

        return run


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (2, [1, 1]),
        (9, [1] * 9),
        (10, [16]),
        (16, [16]),
        (17, [16, 1]),
        (39, [64]),
        (80, [64, 16]),
        (150, [64, 64, 16, *[1] * 6]),
        (154, [256]),
        (255, [256]),
        (256, [256]),
        (257, [256, 1]),
        (700, [256] * 3),
    ],
)
def test_a_batch_is_split_and_filled_up_to_known_sizes(count: int, sizes: list[int]) -> None:
    recorder = Recorder()
    images = np.random.default_rng(0).random((count, 3), np.float32)

    outputs = recorder.engine().predict(images)

    assert np.array_equal(outputs, images * 2)
    assert recorder.sizes == sizes


def test_every_batch_size_is_warmed_up() -> None:
    recorder = Recorder()

    warm_up(recorder.engine().runs, (3,), 3)

    assert set(recorder.sizes) == set(BATCH_SIZES)


@pytest.mark.parametrize(
    "faulty", [lambda images: images * 3, lambda images: images[:1] * 2, lambda images: images * np.float32("nan")]
)
def test_a_network_whose_answers_change_with_the_size_of_the_batch_is_refused(faulty: Run) -> None:
    runs = dict(Recorder().engine().runs) | {16: faulty}

    with pytest.raises(ValueError, match="change with the size of the batch, 16"):
        warm_up(runs, (3,), 3)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_model_is_refused_before_keras_sees_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.keras"
    file.write_bytes(content)

    with pytest.raises(ModelBroken, match="is not a Keras model: it is neither"):
        load_network(None, file)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match=r"gone\.keras cannot be read: No such file"):
        load_network(None, tmp_path / "gone.keras")


def test_a_file_that_differs_from_its_manifest_is_refused_before_keras_sees_it(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    file.write_bytes(b"PK\x03\x04")

    with pytest.raises(ModelBroken, match="checksum is not the one in its manifest"):
        load_network(None, file, "0" * 64)
