"""A recognizer gives one reading an image, in order, whatever the images hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from shared.catalog import ModelEntry
from shared.domain import Decision, Digit, ModelRef, Normalization, Reading, ReadOptions, Score, Unreadable
from shared.errors import ModelBroken
from shared.manifest import DIGITS, Input, Manifest, RiskPoint, Thresholds
from worker import recognizer as recognizer_module
from worker.engines import Engine
from worker.recognizer import KerasRecognizer, load_recognizer
from worker.self_test import known_digits, self_test

REF = ModelRef("digits", "1.0.0")
KNOWN = [data for _, data in known_digits()]
LABELS = [label for label, _ in known_digits()]
EngineMaker = Callable[..., Engine]


def manifest_with(**changes: Any) -> Manifest:
    fields = {"name": "digits", "version": "1.0.0", "file": "model.keras", "sha256": "0" * 64, "outputs": "logits"}
    return Manifest(**{**fields, **changes})


@pytest.fixture
def recognizer_with(linear_engine: EngineMaker) -> Callable[..., KerasRecognizer]:
    """A recognizer of the known digits, its manifest with some changes."""

    def make(**changes: Any) -> KerasRecognizer:
        manifest = manifest_with(**changes)
        engine = linear_engine(classes=len(manifest.labels), last=lambda logits: logits)
        return KerasRecognizer(REF, engine, manifest, max_pixels=10_000)

    return make


def labels_of(readings: Sequence[Reading]) -> list[str]:
    return [reading.label if isinstance(reading, Digit) else reading.code for reading in readings]


def test_the_known_digits_are_read(recognizer_with: Any) -> None:
    assert labels_of(recognizer_with().read(KNOWN, ReadOptions())) == LABELS


@pytest.mark.parametrize("count", [0, 1, 2, 17, 300])
def test_there_is_one_reading_an_image_in_the_same_order(recognizer_with: Any, count: int) -> None:
    images = [KNOWN[(7 * index) % 10] for index in range(count)]

    readings = recognizer_with().read(images, ReadOptions())

    assert labels_of(readings) == [LABELS[(7 * index) % 10] for index in range(count)]


def test_broken_images_do_not_touch_their_neighbors(recognizer_with: Any) -> None:
    images = [b"", KNOWN[3], b"no image", KNOWN[5][:120], KNOWN[8]]

    readings = recognizer_with().read(images, ReadOptions())

    assert labels_of(readings) == ["not_an_image", "3", "not_an_image", "image_truncated", "8"]
    assert all(reading.message for reading in readings if isinstance(reading, Unreadable))


def test_a_decoder_that_fails_unforeseen_spoils_one_image(
    recognizer_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = recognizer_module.decode

    def moody(data: bytes, *, max_pixels: int) -> Any:
        if data == KNOWN[4]:
            raise ZeroDivisionError("inside of the decoder")
        return decode(data, max_pixels=max_pixels)

    monkeypatch.setattr(recognizer_module, "decode", moody)

    readings = recognizer_with().read(KNOWN[3:6], ReadOptions())

    assert labels_of(readings) == ["3", "unreadable", "5"]
    assert "decoder" not in readings[1].message, "the inside of the service is not shown to clients"


@pytest.mark.parametrize("error", [SoftTimeLimitExceeded, MemoryError])
def test_what_is_not_the_fault_of_an_image_ends_the_batch(
    recognizer_with: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def interrupted(data: bytes, *, max_pixels: int) -> Any:
        raise error

    monkeypatch.setattr(recognizer_module, "decode", interrupted)

    with pytest.raises(error):
        recognizer_with().read(KNOWN, ReadOptions())


def test_only_broken_images_need_no_network(recognizer_with: Any) -> None:
    assert labels_of(recognizer_with().read([b"", b"x"], ReadOptions())) == ["not_an_image"] * 2


@pytest.mark.parametrize("top_k", [0, 1, 3, 10, 50])
def test_as_many_of_the_best_digits_are_told_as_wanted(recognizer_with: Any, top_k: int) -> None:
    (reading,) = recognizer_with().read(KNOWN[:1], ReadOptions(top_k=top_k))

    assert len(reading.top_k) == min(top_k, 10)
    assert list(reading.top_k) == sorted(reading.top_k, key=lambda score: -score.score)
    assert reading.top_k[:1] in [(), (Score("0", reading.confidence),)]


def test_scores_are_plain_numbers(recognizer_with: Any) -> None:
    (reading,) = recognizer_with().read(KNOWN[:1], ReadOptions())

    assert type(reading.confidence) is float
    assert reading.confidence == round(reading.confidence, 6) <= 1
    assert reading.normalization == Normalization(inverted=False, flags=())


def test_a_sure_reading_is_accepted_and_an_unsure_one_reviewed(recognizer_with: Any) -> None:
    sure, unsure = recognizer_with(), recognizer_with(temperature=20.0)

    assert {reading.decision for reading in sure.read(KNOWN, ReadOptions())} == {Decision.ACCEPT}
    reviewed = unsure.read(KNOWN, ReadOptions())
    assert {(reading.decision, reading.reasons) for reading in reviewed} == {
        (Decision.NEEDS_REVIEW, ("low_confidence",))
    }
    assert labels_of(reviewed) == LABELS, "the temperature does not change what is read"


def test_the_threshold_of_the_job_replaces_that_of_the_model(recognizer_with: Any) -> None:
    (reading,) = recognizer_with(temperature=20.0).read(KNOWN[:1], ReadOptions(threshold=0.1))

    assert reading.decision is Decision.ACCEPT


@pytest.mark.parametrize(("target", "decision"), [(0.9, Decision.ACCEPT), (0.999, Decision.NEEDS_REVIEW)])
def test_a_target_accuracy_picks_a_threshold_from_the_manifest(
    recognizer_with: Any, target: float, decision: Decision
) -> None:
    curve = (RiskPoint(0.1, coverage=0.9, accuracy=0.95), RiskPoint(0.5, coverage=0.5, accuracy=0.99))

    (reading,) = recognizer_with(temperature=20.0, risk_coverage=curve).read(
        KNOWN[:1], ReadOptions(target_accuracy=target)
    )

    assert reading.decision is decision


def test_the_labels_may_be_in_any_order_and_none_is_never_the_digit(linear_engine: EngineMaker) -> None:
    labels = ("none", *reversed(DIGITS))
    engine = linear_engine(classes=10, last=lambda logits: logits)
    run = engine.runs[1]

    def shuffled(images: Any) -> Any:
        import numpy as np

        digits = run(images)
        return np.hstack([np.full((len(digits), 1), 20, np.float32), digits[:, ::-1]])

    reader = KerasRecognizer(
        REF, Engine((28, 28, 1), 11, dict.fromkeys(engine.runs, shuffled)), manifest_with(labels=labels), 10_000
    )

    readings = reader.read(KNOWN, ReadOptions(top_k=10))

    assert labels_of(readings) == LABELS
    assert {reading.reasons for reading in readings} == {("not_a_digit",)}
    assert all({score.label for score in reading.top_k} == set(DIGITS) for reading in readings)


@pytest.mark.parametrize(
    ("own", "wanted", "used"),
    [("mnist", "auto", "mnist"), ("plain", "auto", "plain"), ("mnist", "plain", "plain"), ("plain", "mnist", "mnist")],
)
def test_the_normalization_is_the_models_own_unless_the_job_says_otherwise(
    recognizer_with: Any, monkeypatch: pytest.MonkeyPatch, own: str, wanted: str, used: str
) -> None:
    ways: list[str] = []
    for way, function in recognizer_module.NORMALIZERS.items():
        monkeypatch.setitem(
            recognizer_module.NORMALIZERS, way, lambda gray, way=way, run=function: ways.append(way) or run(gray)
        )

    recognizer_with(normalize=own).read(KNOWN[:2], ReadOptions(normalize=wanted))

    assert ways == [used, used]


def test_a_good_model_passes_its_self_test(recognizer_with: Any) -> None:
    self_test(recognizer_with(), published=True)


def test_a_published_model_must_read_every_known_digit(recognizer_with: Any) -> None:
    swapped = ("1", "0", *DIGITS[2:])

    with pytest.raises(ModelBroken, match=r"digits@1\.0\.0 reads 8 of 10 known digits"):
        self_test(recognizer_with(labels=swapped), published=True)
    self_test(recognizer_with(labels=swapped), published=False)


def test_a_foreign_model_must_read_most_of_the_known_digits(recognizer_with: Any) -> None:
    rotated = (*DIGITS[:6], "7", "8", "9", "6")

    with pytest.raises(ModelBroken, match="reads 6 of 10 known digits"):
        self_test(recognizer_with(labels=rotated), published=False)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"input": Input((784,))}, r"takes images of shape \(28, 28, 1\), its manifest says \(784,\)"),
        ({"labels": (*DIGITS, "none")}, "10 outputs for 11 labels"),
        ({"input": Input((5, 6, 7))}, "is no image"),
    ],
)
def test_a_network_that_is_not_the_one_of_its_manifest_is_refused(
    linear_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], fault: str
) -> None:
    monkeypatch.setattr(recognizer_module, "start_engine", lambda *_: linear_engine())
    entry = ModelEntry(REF, Path("model.keras"), manifest_with(**changes))

    with pytest.raises(ModelBroken, match=fault):
        load_recognizer(entry, engine="openvino", max_pixels=10_000)


def test_a_model_without_a_manifest_is_loaded_as_it_was_understood(
    linear_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognizer_module, "start_engine", lambda *_: linear_engine(values=(0, 255)))
    entry = ModelEntry(ModelRef("mine", "0123456789ab"), Path("mine.keras"))

    loaded = load_recognizer(entry, engine="openvino", max_pixels=10_000)

    assert not loaded.published
    assert loaded.ref == entry.ref
    assert loaded.manifest.thresholds == Thresholds(0.9, 1.0)
    assert labels_of(loaded.read(KNOWN, ReadOptions())) == LABELS
