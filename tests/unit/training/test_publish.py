"""A version is published whole or not at all, and never over another one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shared.manifest import Manifest, RiskPoint, parse_manifest
from training import evaluate, publish
from training.report import Findings


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(publish, "MODELS", tmp_path / "models")
    return tmp_path / "models"


def test_a_version_that_is_there_stays_as_it_is(models: Path, tmp_path: Path) -> None:
    (models / "digits" / "1.0.0").mkdir(parents=True)

    with pytest.raises(ValueError, match=r"a model digits 1\.0\.0 already; choose another version"):
        publish.publish(tmp_path / "run", "digits", "1.0.0")


@pytest.mark.parametrize("version", ["../../elsewhere", "stable", "", "1.0/0"])
def test_what_is_no_version_is_refused(version: str, models: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no version; 1\.0\.0 would be one"):
        publish.publish(tmp_path / "run", "digits", version)
    assert not models.exists()


def test_a_run_that_is_not_finished_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["publish", "--run", str(tmp_path / "run"), "--version", "1.0.0"])

    with pytest.raises(SystemExit, match=r"There is no .*run/model\.keras; python -m training\.join makes one\."):
        publish.main()


def test_a_folder_is_put_in_place_at_once(models: Path, tmp_path: Path) -> None:
    made, target = tmp_path / "made", models / "digits" / "1.0.0"
    made.mkdir()
    (made / "manifest.json").write_text("{}")
    left = target.with_name(".1.0.0")
    left.mkdir(parents=True)
    (left / "half").touch()

    assert publish._put_in_place(made, target) == target

    assert [path.name for path in target.iterdir()] == ["manifest.json"]
    assert [path.name for path in target.parent.iterdir()] == ["1.0.0"]


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever network is published, the same is found out of it."""

    def examine(judge: evaluate.Judge) -> Findings:
        found = Findings(judge.manifest, {"mnist_accuracy": 0.9912345}, {"fog": 0.9346})
        found.negatives["several digits"] = (0.5, 0.25)
        return found

    def calibrated(judge: evaluate.Judge) -> Manifest:
        points = (RiskPoint(threshold=0.872573, coverage=0.87512, accuracy=0.995),)
        return replace(judge.manifest, temperature=0.9993, risk_coverage=points)

    def load(folder: Path) -> evaluate.Judge:
        return evaluate.Judge(None, parse_manifest((folder / "manifest.json").read_text()))

    monkeypatch.setattr(publish, "examine", examine)
    monkeypatch.setattr(publish, "_calibrated", calibrated)
    monkeypatch.setattr(publish, "load", load)
    monkeypatch.setattr(publish, "draw_errors", lambda found, name, path: path.touch())
    monkeypatch.setattr(publish, "write_report", lambda found, folder: None)
    monkeypatch.setattr(publish, "commit", lambda: "abc-dirty")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_bytes(b"weights")
    (tmp_path / "run" / "recipe.json").write_text(json.dumps({"seed": 3, "commit": "first"}))
    return tmp_path / "run"


@pytest.mark.usefixtures("examined")
def test_a_manifest_holds_what_was_found_of_each_kind_and_where_it_comes_from(run: Path) -> None:
    folder = publish.publish(run, "digits", "1.0.0")

    manifest = parse_manifest((folder / "manifest.json").read_text())
    assert manifest.metrics == {
        "mnist_accuracy": 0.99123,
        "corruptions_accuracy_by_kind": {"fog": 0.9346},
        "not_digits_kept_back_by_kind": {"several_digits": 0.5},
        "not_digits_kept_back_at_2_percent_lost_by_kind": {"several_digits": 0.25},
    }
    assert manifest.training == {"seed": 3, "commit": "first", "published_from": "abc-dirty"}
    assert {path.name for path in folder.iterdir()} == {"CARD.md", "errors.png", "manifest.json", "model.keras"}
    assert folder.stat().st_mode & 0o777 == run.stat().st_mode & 0o777, "whoever may read a run may read the model"


@pytest.mark.usefixtures("examined")
def test_a_card_says_what_the_manifest_says(run: Path) -> None:
    folder = publish.publish(run, "digits", "1.0.0")

    card = (folder / "CARD.md").read_text()
    manifest = parse_manifest((folder / "manifest.json").read_text())
    assert f"| sha256 | {manifest.sha256} |" in card
    assert "| input | 28 x 28 x 1, black is 0, white is 1 |" in card
    assert "| normalization | mnist |" in card
    assert "| temperature | 0.9993 |" in card
    assert "| 0.8726 | 87.51 % | 99.50 % |" in card
    assert "| mnist_accuracy | 99.12 % |" in card
    assert "| corruptions_accuracy_by_kind | value |\n| --- | --- |\n| fog | 93.46 % |" in card
    assert '"published_from": "abc-dirty"' in card


@pytest.mark.usefixtures("examined")
def test_a_published_network_is_published_again_as_another_version(run: Path) -> None:
    first = publish.publish(run, "digits", "1.0.0")
    before = {path.name: path.read_bytes() for path in first.iterdir()}

    second = publish.publish(first, "digits", "1.0.1")

    assert {path.name: path.read_bytes() for path in first.iterdir()} == before
    again = parse_manifest((second / "manifest.json").read_text())
    assert (again.version, again.sha256) == ("1.0.1", json.loads(before["manifest.json"])["sha256"])
    assert again.training["seed"] == 3


def test_a_model_to_judge_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate", "--model", str(tmp_path / "nope")])

    with pytest.raises(SystemExit, match="nope"):
        evaluate.main()
