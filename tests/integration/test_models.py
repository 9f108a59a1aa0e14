"""Any Keras file of a digit classifier is served, by both engines alike; each engine runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.catalog import ModelCatalog
from shared.settings import PROJECT
from worker.engines import BATCH_SIZES

HERE = Path(__file__).parent
ENGINES = ("openvino", "tensorflow")
SHIPPED = ModelCatalog(PROJECT / "models", "digits").newest("digits").file
SERVED = ("cnn", "mlp", "rows", "color", "any-size", "preprocessing", "residual", "functional", "template", "coarse")
SEED_MODEL = PROJECT.parent / "shared" / "data" / "seed-models" / "MNIST_model.keras"
#: How far the outputs of the two engines may lie apart.
TOLERANCE = 1e-4


def run(script: str, *arguments: str | Path) -> str:
    command = [sys.executable, HERE / script, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    run("write_models.py", folder)
    return folder


@pytest.fixture(scope="module")
def answers(models: Path) -> Callable[[str], dict[str, Any]]:
    """What an engine says about every model."""
    return cache(lambda engine: json.loads(run("run_models.py", engine, models)))


@pytest.mark.parametrize(
    "file", [*(f"{name}{ending}" for name in SERVED for ending in (".keras", ".h5")), "legacy.keras"]
)
def test_both_engines_give_the_same_answers(answers: Callable[[str], dict[str, Any]], file: str) -> None:
    openvino, tensorflow = (np.array(answers(engine)["outputs"][file]) for engine in ENGINES)

    assert openvino.shape == tensorflow.shape == (19, 10)
    assert np.ptp(openvino, axis=0).max() > TOLERANCE, "different images get different answers"
    assert np.abs(openvino - tensorflow).max() < TOLERANCE


def test_what_was_trained_in_bfloat16_is_run_exactly(answers: Callable[[str], dict[str, Any]]) -> None:
    sums = np.array(answers("openvino")["outputs"]["coarse.keras"]).sum(axis=1)

    assert np.abs(sums - 1).max() < 1e-5


@pytest.mark.parametrize("name", SERVED)
def test_a_model_answers_alike_from_a_keras_archive_and_from_hdf5(
    answers: Callable[[str], dict[str, Any]], name: str
) -> None:
    outputs = answers("openvino")["outputs"]

    assert np.allclose(outputs[f"{name}.keras"], outputs[f"{name}.h5"], atol=1e-6)


def test_the_shipped_weights_take_two_megabytes_at_most() -> None:
    assert SHIPPED.stat().st_size <= 2_000_000


def test_the_shipped_network_convolves_bytes_in_batches_of_every_size() -> None:
    types = run("convolved_types.py", SHIPPED).splitlines()

    # The first convolution of each of the three columns gets the picture itself.
    assert types == [" ".join(3 * ["f32" + 5 * " u8"])] * len(BATCH_SIZES)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("code.keras", "Lambda"),
        ("code.h5", "Lambda"),
        ("own.keras", "Could not locate class 'Own'; build it of Keras' own layers only, and save it again."),
        ("own.h5", "Unknown layer: 'Own'; build it of Keras' own layers only, and save it again."),
        ("photos.keras", "is an archive, but no Keras model: it has no config.json; save it with model.save()."),
        ("short.keras", "is damaged or cut short; copy it again."),
        ("short.h5", "Keras cannot load"),
        ("text.keras", "is not a Keras model: it is neither a .keras archive nor an HDF5 file."),
        ("coarse-weights.keras", "has weights in bfloat16; build it with the policy float32, and save it again."),
        ("two-heads.keras", "has 1 inputs and 2 outputs; one of each is needed."),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(
    answers: Callable[[str], dict[str, Any]], engine: str, file: str, fault: str
) -> None:
    message = answers(engine)["faults"][file]

    assert file in message
    assert fault in message
    assert "\n" not in message
    assert message.endswith(".")


def test_serving_with_openvino_imports_nothing_that_it_does_not_need(answers: Callable[[str], dict[str, Any]]) -> None:
    assert answers("openvino")["imported"] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_no_engine_calls_home(answers: Callable[[str], dict[str, Any]], engine: str) -> None:
    assert answers(engine)["reached"] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("file", ["template.keras", "legacy.keras", "bytes.keras", "bytes.h5"])
def test_a_dropped_in_model_reads_digits(models: Path, engine: str, file: str) -> None:
    answer = json.loads(run("read_known_digits.py", engine, models / file))

    assert answer["model"].startswith(Path(file).stem + "@")
    assert answer["labels"] == list("0123456789")


@pytest.mark.skipif(not SEED_MODEL.exists(), reason="The model of somebody else's project is not on this machine.")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_real_model_of_somebody_else_reads_digits(engine: str) -> None:
    assert json.loads(run("read_known_digits.py", engine, SEED_MODEL))["labels"] == list("0123456789")


def test_a_model_that_reads_nothing_is_refused(models: Path) -> None:
    with pytest.raises(AssertionError, match=r"ModelBroken: The model cnn@\w+ reads \d of 10 known digits"):
        run("read_known_digits.py", "openvino", models / "cnn.keras")


def test_what_is_no_digit_classifier_is_refused(models: Path) -> None:
    with pytest.raises(AssertionError, match=r"letters\.keras has 26 outputs; a digit classifier has 10"):
        run("read_known_digits.py", "openvino", models / "letters.keras")
