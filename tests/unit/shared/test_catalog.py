"""The catalog finds what is installed, names it, and says in one sentence what is wrong."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from shared import catalog as catalog_module
from shared.catalog import ModelCatalog, sha256_of
from shared.domain import ModelRef
from shared.errors import ModelBroken, ModelMissing, NoSuchModel

WEIGHTS = b"weights"


def publish(models: Path, folder_name: str, /, **changes: Any) -> Path:
    folder = models / "digits" / folder_name
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(WEIGHTS)
    fields = {
        "name": "digits",
        "version": folder_name,
        "created_at": "2026-01-01T00:00:00Z",
        "file": "model.keras",
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
        "input": {"shape": [28, 28, 1], "range": [0, 1]},
        "labels": [*"0123456789", "none"],
        "outputs": "probabilities",
        "normalize": "mnist",
        "temperature": 1.2,
        "thresholds": {"review": 0.9, "reject": 0.5},
    }
    kept = {key: value for key, value in (fields | changes).items() if value is not None}
    (folder / "manifest.json").write_text(json.dumps(kept))
    return folder


def drop(path: Path, content: bytes = b"keras") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()[:12]


def test_a_published_model_is_found_with_its_manifest(tmp_path: Path) -> None:
    folder = publish(tmp_path, "1.0.0")

    (entry,) = ModelCatalog(tmp_path, "digits").entries()

    assert entry.ref == ModelRef("digits", "1.0.0")
    assert entry.file == folder / "model.keras"
    assert entry.manifest is not None
    assert entry.manifest.labels[-1] == "none"
    assert entry.manifest.temperature == 1.2
    assert entry.manifest.input.shape == (28, 28, 1)


@pytest.mark.parametrize(
    "place", ["mine.keras", "mine.h5", "mine.hdf5", "mine.KERAS", "mine/model.keras", "other/mine.keras"]
)
def test_a_dropped_in_file_is_named_after_itself_and_versioned_by_its_content(tmp_path: Path, place: str) -> None:
    version = drop(tmp_path / place)

    (entry,) = ModelCatalog(tmp_path, "mine").entries()

    assert entry.ref == ModelRef("mine", version)
    assert entry.manifest is None
    assert ModelCatalog(tmp_path, "mine").entry(entry.ref) == entry


@pytest.mark.parametrize("place", ["mine.keras", "mine/model.keras", "digits/1.0.0/model.keras"])
def test_a_default_by_its_path_is_listed_once_where_it_is_installed_anyway(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, "1.0.0")
    drop(tmp_path / "mine.keras" if place.startswith("digits") else tmp_path / place)
    monkeypatch.chdir(tmp_path)

    catalog = ModelCatalog(tmp_path, f"./{place}")

    assert [entry.ref.name for entry in catalog.entries()] == ["digits", "mine"]
    assert catalog.entry(catalog.resolve(None)).file == tmp_path / place


def test_a_dropped_in_file_may_have_any_name(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    version = drop(tmp_path / "my@model.keras")
    catalog = ModelCatalog(tmp_path, "digits")

    assert catalog.resolve("my@model") == catalog.resolve(f"my@model@{version}") == ModelRef("my@model", version)


@pytest.mark.parametrize("later", ["mine.keras", "mine.h5"])
def test_of_two_dropped_in_files_of_one_name_the_later_one_is_meant(tmp_path: Path, later: str) -> None:
    versions = {name: drop(tmp_path / name, name.encode()) for name in ("mine.keras", "mine.h5")}
    for name in versions:
        os.utime(tmp_path / name, (0, 2 if name == later else 1))

    assert ModelCatalog(tmp_path, "mine").resolve(None).version == versions[later]


def test_what_is_hidden_is_no_model(tmp_path: Path) -> None:
    publish(tmp_path, ".1.0.0")
    drop(tmp_path / "._mine.keras")
    drop(tmp_path / ".part" / "model.keras")

    assert ModelCatalog(tmp_path, "mine").entries() == []


def test_other_files_in_the_folder_are_no_models(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    drop(tmp_path / "README.md")
    drop(tmp_path / "digits" / "labels.json", b"{}")
    (tmp_path / "empty.keras").mkdir()

    assert [str(entry.ref) for entry in ModelCatalog(tmp_path, "digits").entries()] == ["digits@1.0.0"]


def test_a_bare_name_means_the_newest_version(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.10.0-rc1", "1.2.0"):
        publish(tmp_path, version)

    catalog = ModelCatalog(tmp_path, "digits")

    assert [entry.ref.version for entry in catalog.entries()] == ["1.2.0", "1.9.0", "1.10.0-rc1", "1.10.0"]
    assert catalog.resolve("digits").version == "1.10.0"
    assert catalog.resolve(None).version == "1.10.0"


def test_a_bare_name_means_the_stable_version_if_there_is_one(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        publish(tmp_path, version)
    (tmp_path / "digits" / "labels.json").write_text('{"stable": "1.0.0", "candidate": "2.0.0"}')

    catalog = ModelCatalog(tmp_path, "digits")

    assert catalog.resolve(None).version == "1.0.0"
    assert catalog.resolve("digits@stable").version == "1.0.0"
    assert catalog.resolve("digits@candidate").version == "2.0.0"
    assert catalog.resolve("digits@2.0.0").version == "2.0.0"


def test_a_changed_label_is_seen_without_a_new_catalog(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        publish(tmp_path, version)
    catalog = ModelCatalog(tmp_path, "digits")
    assert catalog.resolve(None).version == "2.0.0"

    (tmp_path / "digits" / "labels.json").write_text('{"stable": "1.0.0"}')

    assert catalog.resolve(None).version == "1.0.0"


def test_a_label_is_moved(tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        publish(tmp_path, version)
    catalog = ModelCatalog(tmp_path, "digits")

    catalog.put_label(ModelRef("digits", "1.0.0"), "stable")
    catalog.put_label(ModelRef("digits", "2.0.0"), "candidate")
    assert catalog.resolve(None).version == "1.0.0"

    catalog.put_label(catalog.resolve("digits@candidate"), "stable")

    assert catalog.resolve(None).version == "2.0.0"
    assert catalog.labels("digits") == {"stable": "2.0.0", "candidate": "2.0.0"}


def test_only_what_is_published_can_be_labeled(tmp_path: Path) -> None:
    drop(tmp_path / "mine.keras")
    catalog = ModelCatalog(tmp_path, "mine")

    with pytest.raises(NoSuchModel, match="came without a manifest"):
        catalog.put_label(catalog.resolve("mine"), "stable")
    with pytest.raises(NoSuchModel, match="is not installed"):
        catalog.put_label(ModelRef("digits", "7"), "stable")


def test_a_published_model_wins_over_a_dropped_in_one_of_the_same_name(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    dropped = drop(tmp_path / "digits.keras")

    catalog = ModelCatalog(tmp_path, "digits")

    assert catalog.resolve(None).version == "1.0.0"
    assert catalog.resolve(f"digits@{dropped}").version == dropped


def test_the_newest_version_is_told_by_its_numbers_whatever_is_stable(tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0"):
        publish(tmp_path, version)
    catalog = ModelCatalog(tmp_path, "digits")
    catalog.put_label(ModelRef("digits", "1.9.0"), "stable")

    assert catalog.newest("digits").ref.version == "1.10.0"


def test_the_path_of_a_file_can_be_the_default(tmp_path: Path) -> None:
    publish(tmp_path / "models", "1.0.0")
    version = drop(tmp_path / "elsewhere" / "MNIST_model.keras")

    catalog = ModelCatalog(tmp_path / "models", str(tmp_path / "elsewhere" / "MNIST_model.keras"))

    assert catalog.resolve(None) == catalog.resolve("MNIST_model") == ModelRef("MNIST_model", version)
    assert {entry.ref.name for entry in catalog.entries()} == {"digits", "MNIST_model"}
    assert catalog.resolve("digits") == ModelRef("digits", "1.0.0")


def test_a_file_given_by_path_is_meant_even_if_its_name_is_also_installed(tmp_path: Path) -> None:
    publish(tmp_path / "models", "1.0.0")
    version = drop(tmp_path / "digits.keras")

    assert ModelCatalog(tmp_path / "models", str(tmp_path / "digits.keras")).resolve(None).version == version


def test_a_default_whose_version_is_not_there_is_a_missing_model(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")

    with pytest.raises(ModelMissing, match=r"no version '9'; it has 1\.0\.0\. Put a \.keras file"):
        ModelCatalog(tmp_path, "digits@9").resolve(None)


@pytest.mark.parametrize("default", ["digits", "digits@1.0.0", "nowhere/digits.keras", "digits.h5"])
def test_a_default_that_is_not_there_is_a_missing_model(tmp_path: Path, default: str) -> None:
    with pytest.raises(ModelMissing, match=r"digits.*\.keras"):
        ModelCatalog(tmp_path, default).resolve(None)


def test_a_folder_that_is_not_there_holds_no_models(tmp_path: Path) -> None:
    assert ModelCatalog(tmp_path / "nowhere", "digits").entries() == []


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    drop(tmp_path / "mine.keras")

    with pytest.raises(NoSuchModel, match="no model 'dogs'; installed: digits, mine"):
        ModelCatalog(tmp_path, "digits").resolve("dogs")


def test_an_unknown_version_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    publish(tmp_path, "1.1.0")

    with pytest.raises(NoSuchModel, match=r"no version '3'; it has 1\.0\.0, 1\.1\.0"):
        ModelCatalog(tmp_path, "digits").resolve("digits@3")


@pytest.mark.parametrize("wanted", ["../secret", "/etc/passwd", "secret.keras", "digits/1.0.0", "digits@../../secret"])
def test_a_path_from_a_client_is_never_opened(tmp_path: Path, wanted: str) -> None:
    publish(tmp_path / "models", "1.0.0")
    drop(tmp_path / "secret.keras")

    with pytest.raises(NoSuchModel):
        ModelCatalog(tmp_path / "models", "digits").resolve(wanted)


def test_a_model_that_was_removed_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NoSuchModel, match=r"digits@1\.0\.0 is not installed any more"):
        ModelCatalog(tmp_path, "digits").entry(ModelRef("digits", "1.0.0"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sha256": None}, "'sha256' is missing"),
        ({"temperature": 0}, "temperature must be more than 0"),
        ({"file": "gone.keras"}, r"there is no file gone\.keras"),
        ({"version": "7.0.0"}, r"it is for digits@7\.0\.0"),
    ],
)
def test_a_damaged_manifest_is_named_with_its_fault(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    publish(tmp_path, "1.0.0", **changes)

    catalog = ModelCatalog(tmp_path, "digits")

    with pytest.raises(ModelBroken, match=rf"1\.0\.0/manifest\.json is damaged: .*{fault}"):
        catalog.resolve(None)
    assert catalog.entries()[0].fault
    with pytest.raises(ModelBroken):
        catalog.entry(ModelRef("digits", "1.0.0"))


def test_a_damaged_model_does_not_hide_its_neighbors(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    publish(tmp_path, "1.1.0", temperature=0)
    version = drop(tmp_path / "mine.keras")

    catalog = ModelCatalog(tmp_path, "digits@1.0.0")

    assert catalog.resolve(None) == ModelRef("digits", "1.0.0")
    assert catalog.resolve("mine") == ModelRef("mine", version)


def test_a_file_that_cannot_be_read_is_named_and_its_neighbors_are_served(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    (tmp_path / "mine.keras").symlink_to("/proc/self/mem")
    catalog = ModelCatalog(tmp_path, "digits")

    assert [(entry.ref.name, bool(entry.fault)) for entry in catalog.entries()] == [("digits", False), ("mine", True)]
    assert catalog.resolve(None) == ModelRef("digits", "1.0.0")
    with pytest.raises(ModelBroken, match=r"mine.keras cannot be read: .*; make it readable for the user"):
        catalog.resolve("mine")


def test_a_folder_that_cannot_be_looked_into_is_not_called_empty(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.write_text("")

    with pytest.raises(ModelBroken, match="models cannot be read: Not a directory"):
        ModelCatalog(folder, "digits").resolve(None)


def test_labels_that_cannot_be_read_do_not_keep_anybody_from_an_exact_version(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    (tmp_path / "digits" / "labels.json").mkdir()
    catalog = ModelCatalog(tmp_path, "digits")

    assert catalog.resolve("digits@1.0.0") == ModelRef("digits", "1.0.0")
    with pytest.raises(ModelBroken, match=r"labels.json cannot be read: Is a directory; make it readable"):
        catalog.resolve("digits")


def test_a_damaged_newest_version_is_not_passed_over(tmp_path: Path) -> None:
    publish(tmp_path, "1.9.0")
    with (publish(tmp_path, "1.10.0") / "model.keras").open("ab") as file:
        file.write(b"one byte too many")
    catalog = ModelCatalog(tmp_path, "digits")

    assert [entry.ref.version for entry in catalog.entries()] == ["1.9.0", "1.10.0"]
    for newest in (catalog.resolve, catalog.newest):
        with pytest.raises(ModelBroken, match=r"1\.10\.0/manifest\.json is damaged: the checksum"):
            newest("digits")
    assert catalog.resolve("digits@1.9.0").version == "1.9.0"


def test_a_label_of_a_version_that_is_gone_is_named(tmp_path: Path) -> None:
    publish(tmp_path, "1.0.0")
    (tmp_path / "digits" / "labels.json").write_text('{"stable": "0.9.0"}')

    with pytest.raises(NoSuchModel, match=r"digits@stable means 0\.9\.0.*`digitq models label digits@VERSION stable`"):
        ModelCatalog(tmp_path, "digits").resolve("digits")


@pytest.mark.parametrize("text", ["{", "[]", '{"stable": 1}'])
def test_damaged_labels_are_named(tmp_path: Path, text: str) -> None:
    publish(tmp_path, "1.0.0")
    (tmp_path / "digits" / "labels.json").write_text(text)

    with pytest.raises(ModelBroken, match=r"labels\.json is damaged"):
        ModelCatalog(tmp_path, "digits").resolve(None)


def test_a_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.keras"
    drop(file)
    hashed: list[object] = []
    digest = hashlib.file_digest
    monkeypatch.setattr(catalog_module.hashlib, "file_digest", lambda *args: hashed.append(args) or digest(*args))
    catalog = ModelCatalog(tmp_path, "mine")

    first = catalog.resolve(None)
    assert catalog.resolve(None) == first
    assert len(hashed) == 1

    drop(file, b"other weights")
    assert catalog.resolve(None) != first
    assert sha256_of(file)[:12] == catalog.resolve(None).version
    assert len(hashed) == 2
