"""Which models there are, and which one a job is pinned to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shared.catalog import ModelCatalog
from shared.settings import Settings


@pytest.fixture
def settings(settings: Settings, two_versions: Path) -> Settings:
    """Those of other tests, with two versions of a model installed, the older one stable."""
    catalog = ModelCatalog(two_versions, "digits")
    catalog.put_label(catalog.resolve("digits@1.0.0"), "stable")
    catalog.put_label(catalog.resolve("digits@2.0.0"), "candidate")
    return settings.model_copy(update={"models": two_versions})


def submit(client: TestClient, model: str | None) -> Any:
    options = {"model": model} if model else {}
    return client.post("/v1/jobs", files={"file": ("7.png", b"7")}, data=options)


def test_the_models_are_listed_with_their_labels(client: TestClient) -> None:
    listed = client.get("/v1/models").json()

    assert listed["object"] == "list"
    assert [(model["version"], model["labels"], model["default"]) for model in listed["data"]] == [
        ("1.0.0", ["stable"], True),
        ("2.0.0", ["candidate"], False),
    ]
    assert listed["data"][0]["metrics"]["mnist_accuracy"] > 0.99
    assert client.get("/v1/models/digits").json()["data"] == listed["data"]


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (None, "1.0.0"),
        ("digits", "1.0.0"),
        ("digits@stable", "1.0.0"),
        ("digits@candidate", "2.0.0"),
        ("digits@2.0.0", "2.0.0"),
    ],
)
def test_a_job_is_pinned_to_the_version_that_is_meant(client: TestClient, wanted: str | None, version: str) -> None:
    job = submit(client, wanted)

    assert job.status_code == 202, job.text
    assert job.json()["model"] == {"name": "digits", "version": version}


@pytest.mark.parametrize(
    ("wanted", "detail"),
    [
        ("dogs", "There is no model 'dogs'; installed: digits."),
        ("digits@3", "The model 'digits' has no version '3'; it has 1.0.0, 2.0.0, stable, candidate."),
    ],
)
def test_a_model_that_is_not_there_is_answered_with_those_that_are(
    client: TestClient, wanted: str, detail: str
) -> None:
    answer = submit(client, wanted)

    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (422, "model_not_found", detail)


def test_a_label_that_is_moved_holds_from_the_next_job_on(client: TestClient, two_versions: Path) -> None:
    before = submit(client, None).json()
    catalog = ModelCatalog(two_versions, "digits")

    catalog.put_label(catalog.resolve("digits@candidate"), "stable")

    assert submit(client, None).json()["model"]["version"] == "2.0.0"
    assert client.get(f"/v1/jobs/{before['id']}").json()["model"]["version"] == "1.0.0"


def test_a_damaged_version_is_listed_with_its_fault_and_not_passed_over(client: TestClient, two_versions: Path) -> None:
    (two_versions / "digits" / "labels.json").unlink()
    (two_versions / "digits" / "2.0.0" / "manifest.json").write_text("{")

    older, newer = client.get("/v1/models").json()["data"]

    assert (older["fault"], older["default"], newer["default"]) == (None, False, False)
    assert "2.0.0/manifest.json is damaged" in newer["fault"]
    assert newer["fault"] in client.get("/readyz").json()["parts"]["model"]
    assert submit(client, None).json()["code"] == "model_broken"
    assert "It is not served: " in client.get("/models").text


def test_damaged_labels_of_one_model_hide_no_other(client: TestClient, two_versions: Path) -> None:
    (two_versions / "digits" / "labels.json").write_text("{")
    (two_versions / "mine.keras").write_bytes(b"weights")

    listed = client.get("/v1/models").json()["data"]

    assert [(model["name"], bool(model["fault"])) for model in listed] == [
        ("digits", True),
        ("digits", True),
        ("mine", False),
    ]
