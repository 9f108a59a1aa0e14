"""A version is published whole or not at all, and never over another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import evaluate, publish


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


def test_a_model_to_judge_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate", "--model", str(tmp_path / "nope")])

    with pytest.raises(SystemExit, match="nope"):
        evaluate.main()
