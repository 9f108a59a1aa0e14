"""`digitq models`: the shipped model is shown, checked and labeled, as it lies in the models folder."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.client import Client
from cli.demo import SAMPLE
from cli.exits import Exit
from cli.main import app
from shared.catalog import ModelCatalog


def models(*words: str) -> Result:
    return CliRunner().invoke(app, ["models", *words], catch_exceptions=False)


@pytest.fixture
def folder(two_versions: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of this machine: the shipped model, as versions 1.0.0 and 2.0.0."""
    monkeypatch.setenv("DIGITQ_MODELS", str(two_versions))
    return two_versions


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's digits, in folders of their digit."""
    unpacked = tmp_path_factory.mktemp("images") / "sample"
    with zipfile.ZipFile(SAMPLE) as sample:
        sample.extractall(unpacked)
    return unpacked


@pytest.mark.parametrize("words", [(), ("list",), ("--json",), ("list", "--json")])
def test_without_a_command_the_models_of_the_service_are_listed(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [{"name": "mine", "version": "7.0.0", "labels": ["stable"], "default": True, "metrics": {}}]
    monkeypatch.setattr(Client, "models", lambda client: found)

    listed = models(*words)

    assert listed.exit_code == Exit.OK
    if "--json" in words:
        assert json.loads(listed.stdout) == found
    else:
        assert listed.stdout.split() == ["model", "version", "labels", "mine", "7.0.0", "stable", "default"]


def test_a_damaged_model_is_listed_with_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [{"name": "mine", "version": "7", "labels": [], "default": False, "metrics": {}, "fault": "It is cut."}]
    monkeypatch.setattr(Client, "models", lambda client: found)

    assert models("list").stdout.split()[-3:] == ["It", "is", "cut."]


def test_the_help_names_every_command() -> None:
    said = models("--help").stdout

    assert all(command in said for command in ("list", "show", "check", "label"))


def test_a_manifest_is_shown_in_words(folder: Path) -> None:
    manifest = json.loads((folder / "digits" / "2.0.0" / "manifest.json").read_text())

    said = " ".join(models("show", "digits").stdout.split())

    assert "model digits@2.0.0" in said
    assert manifest["sha256"] in said
    assert "input 28 x 28 x 1, black is 0, white is 1" in said
    assert "images are brought to MNIST's conditions" in said
    assert f"accepted from a confidence of {manifest['thresholds']['review']:g} on" in said
    assert f"mnist accuracy {manifest['metrics']['mnist_accuracy']:.2%}" in said
    assert all(f"seed {column['seed']}, rate {column['rate']}" in said for column in manifest["training"]["columns"])
    point = manifest["risk_coverage"][0]
    assert f"{point['threshold']:.4f} {point['coverage']:.2%} {point['accuracy']:.2%}" in said


def test_what_a_manifest_says_by_kind_and_of_its_commit_is_shown(folder: Path) -> None:
    file = folder / "digits" / "2.0.0" / "manifest.json"
    more = {"metrics": {"mnist_accuracy": 0.9, "by_kind": {"fog": 0.9346, "motion_blur": 0.9926}}}
    manifest = json.loads(file.read_text()) | more
    manifest["training"]["published_from"] = "abc-dirty"
    file.write_text(json.dumps(manifest))

    said = " ".join(models("show", "digits").stdout.split())

    assert "metric mnist accuracy 90.00% by kind fog 93.46% motion blur 99.26%" in said
    assert "published from abc-dirty" in said


def test_a_manifest_is_shown_as_json(folder: Path) -> None:
    models("label", "digits", "stable")

    shown = json.loads(models("show", "digits@stable", "--json").stdout)

    assert shown["labels"] == ["stable"]
    assert shown["manifest"]["version"] == "2.0.0"


def test_of_a_dropped_in_file_nothing_is_known_yet(folder: Path) -> None:
    (folder / "mine.keras").write_bytes(b"weights")

    assert "came without a manifest; `" in models("show", "mine").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "dogs"), "There is no model 'dogs'; installed: digits."),
        (("show", "digits@0.0"), "The model 'digits' has no version '0.0'; it has 1.0.0, 2.0.0."),
        (("label", "digits@0.0", "stable"), "The model 'digits' has no version '0.0'; it has 1.0.0, 2.0.0."),
        (("label", "digits", "1.0"), "'1.0' is no label; labels are words in small letters"),
        (("check", "digits", "--publish", "../up"), "'../up' is no version; 1.0.0 would be one."),
        (("check", "nope"), "There is no model 'nope'; installed: digits."),
        (("check", "no/such.keras"), "There is no file no/such.keras"),
        (("check", "digits", "--images", "/nonexistent"), "There are no files in /nonexistent/0 to /nonexistent/9"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_said_in_a_sentence(
    folder: Path, words: tuple[str, ...], sentence: str
) -> None:
    ended = models(*words)

    assert ended.exit_code == Exit.USAGE
    assert sentence in ended.stderr


def test_a_label_is_moved_and_told(folder: Path) -> None:
    catalog = ModelCatalog(folder, "digits")

    assert models("label", "digits@1.0.0", "stable").stdout == "digits@stable is 1.0.0.\n"
    assert catalog.resolve("digits").version == "1.0.0"
    assert models("label", "digits@2.0.0", "candidate").exit_code == Exit.OK
    assert models("label", "digits@candidate", "stable").stdout == "digits@stable is 2.0.0, no longer 1.0.0.\n"

    assert catalog.resolve("digits").version == "2.0.0"


def test_the_shipped_model_is_checked_on_real_digits(folder: Path, images: Path) -> None:
    checked = models("check", "digits", "--images", str(images))

    assert checked.exit_code == Exit.OK, checked.stderr
    said = " ".join(checked.stdout.split())
    assert "known digits 10 of 10 are read" in said
    assert "images 200 (sample)" in said
    right = float(said.split("images/s brought to MNIST's conditions ")[1].split("%")[0])
    assert right >= 98


def test_a_model_that_cannot_be_served_is_named_with_its_fault(folder: Path, images: Path) -> None:
    with (folder / "digits" / "2.0.0" / "model.keras").open("ab") as file:
        file.write(b"one byte too many")

    checked = models("check", "digits@2.0.0", "--images", str(images), "--json")

    assert checked.exit_code == Exit.CANNOT_START
    assert "the checksum of model.keras is not the one it names" in checked.stderr
    assert checked.stdout == ""
