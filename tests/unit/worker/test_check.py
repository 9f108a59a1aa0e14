"""A model is opened, tested, measured and, if it is wanted, published."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.catalog import ModelCatalog
from shared.domain import ModelRef
from shared.endings import USAGE
from shared.errors import Conflict, Missing, ModelBroken
from shared.manifest import Manifest, RiskPoint
from worker import check as check_module
from worker import recognizer as recognizer_module
from worker.check import check, described, labeled_images, publish
from worker.engines import Engine
from worker.measure import Labeled, Measured
from worker.recognizer import KerasRecognizer, load_recognizer
from worker.self_test import known_digits

KNOWN = [Labeled(label, data) for label, data in known_digits()]


@pytest.fixture
def models(tmp_path: Path, linear_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dropped-in model "mine" that knows the known digits."""
    monkeypatch.setattr(recognizer_module, "start_engine", lambda *_: linear_engine())
    (tmp_path / "mine.keras").write_bytes(b"weights")
    return tmp_path


@pytest.fixture
def mine(models: Path) -> KerasRecognizer:
    catalog = ModelCatalog(models, "mine")
    return load_recognizer(catalog.entry(catalog.resolve(None)), engine="openvino", max_pixels=10_000)


def measured_with(accuracy: float) -> Measured:
    return Measured(accuracy, 0.5, 1.0, 0, 100.0, {}, (RiskPoint(accuracy, 1.0, accuracy),))


@pytest.mark.parametrize(("mnist", "plain", "better"), [(0.9, 0.8, "mnist"), (0.8, 0.9, "plain"), (0.9, 0.9, "mnist")])
def test_the_better_way_of_preparing_images_is_named(mnist: float, plain: float, better: str) -> None:
    manifest = Manifest(name="mine", version="1", file="mine.keras", sha256="")

    found = described(manifest, "own", {"mnist": measured_with(mnist), "plain": measured_with(plain)})

    assert found.normalize == better
    assert found.metrics == {"own_accuracy": max(mnist, plain), "own_accepted": 0.5}
    assert found.risk_coverage[0].accuracy == max(mnist, plain)


def test_a_model_without_a_manifest_is_measured_both_ways(mine: KerasRecognizer, models: Path) -> None:
    found = check(mine, models / "mine.keras", KNOWN, "known")

    assert {way: measured.accuracy for way, measured in found.measured.items()} == {"mnist": 1.0, "plain": 1.0}
    assert (found.published, found.known_digits, found.images, found.source) == (False, 10, 10, "known")
    assert found.manifest.metrics["known_accuracy"] == 1.0
    assert len(found.manifest.sha256) == 64
    assert [path.name for path in models.iterdir()] == ["mine.keras"], "nothing is written unless it is asked for"


def test_what_was_found_is_published_and_served(mine: KerasRecognizer, models: Path) -> None:
    found = check(mine, models / "mine.keras", KNOWN, "known")

    publish(found, "1.0.0", models)

    catalog = ModelCatalog(models, "mine")
    entry = catalog.entry(catalog.resolve(None))
    assert entry.ref == ModelRef("mine", "1.0.0")
    assert entry.manifest is not None
    assert entry.manifest.risk_coverage == found.measured["mnist"].risk_coverage
    assert entry.manifest.created_at
    again = load_recognizer(entry, engine="openvino", max_pixels=10_000)
    served = check(again, entry.file, KNOWN, "known")
    assert served.published
    assert served.measured.keys() == {"mnist"}
    with pytest.raises(Conflict, match=r"1\.0\.0 is there already; choose another version"):
        publish(found, "1.0.0", models)
    with pytest.raises(Conflict, match="has a manifest already"):
        publish(served, "2.0.0", models)


def test_what_could_not_be_written_is_told_in_a_sentence_and_left_nowhere(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks_off(file: str, folder: Path) -> None:
        (folder / "mine.keras").write_bytes(b"wei")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(check_module, "mnist_images", lambda: KNOWN)
    monkeypatch.setenv("DIGITQ_MODELS", str(models))
    monkeypatch.setattr(sys, "argv", ["check", "mine", "--publish", "1.0.0"])
    with monkeypatch.context() as full:
        full.setattr(shutil, "copy", breaks_off)
        with pytest.raises(SystemExit) as ended:
            check_module.main()

    assert ended.value.code == USAGE
    assert "1.0.0 cannot be written (No space left on device); add room" in capsys.readouterr().err
    assert list((models / "mine").iterdir()) == []
    check_module.main()
    assert {file.name for file in (models / "mine" / "1.0.0").iterdir()} == {"mine.keras", "manifest.json"}


def test_what_a_worker_would_refuse_is_not_published(
    models: Path, linear_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(logits: Any) -> Any:
        return np.asarray(logits)[:, [1, 0, *range(2, 10)]]

    monkeypatch.setattr(recognizer_module, "start_engine", lambda *_: linear_engine(last=swapped))
    catalog = ModelCatalog(models, "mine")
    weak = load_recognizer(catalog.entry(catalog.resolve(None)), engine="openvino", max_pixels=10_000)
    found = check(weak, models / "mine.keras", KNOWN, "known")

    with pytest.raises(Conflict, match="reads only 8 of the 10 known digits"):
        publish(found, "1.0.0", models)
    assert not (models / "mine").exists()


def test_a_model_is_not_published_by_images_of_some_digits(mine: KerasRecognizer, models: Path) -> None:
    found = check(mine, models / "mine.keras", [KNOWN[7], KNOWN[1]], "some")

    with pytest.raises(Conflict, match="no image of 0, 2, 3, 4, 5, 6, 8, 9; a model is published by images of all ten"):
        publish(found, "1.0.0", models)
    assert not (models / "mine").exists()


def test_images_are_taken_from_the_folders_of_their_digit(tmp_path: Path) -> None:
    for name in ("3/a.png", "3/deep/b.png", "9/c.png", "notes/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())

    assert labeled_images(tmp_path) == [("3", b"3/a.png"), ("3", b"3/deep/b.png"), ("9", b"9/c.png")]
    with pytest.raises(Missing, match="put images into folders of their digits"):
        labeled_images(tmp_path / "notes")


def test_what_systems_leave_in_folders_is_not_measured(tmp_path: Path) -> None:
    folder = tmp_path / ".git" / "digits"
    for name in ("3/a.png", "3/.DS_Store", "3/._a.png", "3/__MACOSX/a.png", "7/Thumbs.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())

    assert labeled_images(folder) == [("3", b"3/a.png")]
    (folder / "3" / "a.png").unlink()
    with pytest.raises(Missing, match="put images into folders of their digits"):
        labeled_images(folder)


def test_without_mnist_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise OSError("no network")

    monkeypatch.setattr(check_module, "digits", unreachable)

    with pytest.raises(Missing, match="give images with --images"):
        check_module.mnist_images()


def test_a_model_that_reads_nothing_is_refused(
    models: Path,
    linear_engine: Callable[..., Engine],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(recognizer_module, "start_engine", lambda *_: linear_engine(last=lambda logits: logits * 0))
    monkeypatch.setattr(check_module, "mnist_images", lambda: KNOWN)
    monkeypatch.setenv("DIGITQ_MODELS", str(models))
    monkeypatch.setattr(sys, "argv", ["check", "mine"])

    with pytest.raises(SystemExit, match="known digits"):
        check_module.main()
    with pytest.raises(ModelBroken):
        check_module.run("mine", None, None)


def test_the_findings_are_printed_as_json(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check_module, "mnist_images", lambda: KNOWN)
    monkeypatch.setenv("DIGITQ_MODELS", str(models))
    monkeypatch.setattr(sys, "argv", ["check", str(models / "mine.keras")])

    check_module.main()

    found = json.loads(capsys.readouterr().out)
    assert found["manifest"]["input"] == {"shape": [28, 28, 1], "range": [0.0, 1.0], "padded": False}
    assert found["measured"]["plain"]["accuracy"] == 1.0
