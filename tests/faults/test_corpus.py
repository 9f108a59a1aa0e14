"""Nothing that anybody sends gives a 5xx, ends a process or leaves a file behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from shared.catalog import ModelCatalog
from shared.ports import Parts, Recognizer
from shared.settings import PROJECT
from shared.testing import work_off
from tests.faults import corpus
from worker.recognizer import load_recognizer

FILES = list(corpus.files())
REQUESTS = list(corpus.requests())
LIMITS = {"pack_images": 256, "max_upload_bytes": 2**28}


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """The shipped model."""
    catalog = ModelCatalog(PROJECT / "models", "digits")
    return load_recognizer(catalog.entry(catalog.resolve(None)), engine="openvino", max_pixels=10**8)


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len(FILES) + len(REQUESTS) >= 200
    assert len({file.name for file in FILES}) == len(FILES)
    assert len({request.name for request in REQUESTS}) == len(REQUESTS)


@pytest.mark.parametrize("settings", [LIMITS], indirect=True)
def test_every_hostile_file_has_its_code_and_its_neighbors_are_read(
    client: TestClient, parts: Parts, recognizer: Recognizer
) -> None:
    answer = client.post("/v1/jobs", files=[("f", (file.name, file.data)) for file in FILES])
    assert answer.status_code == 202

    work_off(parts, lambda _: recognizer)

    results = client.get(f"/v1/jobs/{answer.json()['id']}/results?limit=1000").json()["data"]
    wrong = {
        file.name: result["error"] or "read"
        for file, result in zip(FILES, results, strict=True)
        if (result["error"] and result["error"]["code"]) not in file.codes
    }
    assert wrong == {}


@pytest.mark.parametrize("settings", [LIMITS], indirect=True)
def test_every_hostile_request_has_its_status_and_leaves_nothing(
    client: TestClient, packs: Callable[[], list[Path]]
) -> None:
    wrong = {}
    for request in REQUESTS:
        before = packs()
        answer = client.post("/v1/jobs", content=request.body, headers={"content-type": request.kind})
        left = len(packs()) - len(before)
        if answer.status_code not in request.statuses or left != (answer.status_code == 202):
            wrong[request.name] = (answer.status_code, answer.text[:200], left)
    assert wrong == {}
