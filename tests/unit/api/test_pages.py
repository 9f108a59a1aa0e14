"""The pages' frames: served under a strict policy, safe from names, and open to nobody else's scripts."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.rendering import STATIC, WEB
from shared.domain import Queue, Requeue
from shared.ports import Parts
from shared.settings import Settings
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import job_of, submit

PAGES = ("/", "/jobs", "/review", "/models", "/system", "/docs")
#: What the pages' own scripts may weigh together, in bytes.
MAX_SCRIPTS = 60_000
MANIFEST = {
    "name": "mine",
    "version": "1.0.0",
    "file": "model.keras",
    "sha256": hashlib.sha256(b"weights").hexdigest(),
    "input": {"shape": [28, 28, 1], "range": [0, 1]},
    "labels": list("0123456789"),
    "outputs": "probabilities",
    "normalize": "mnist",
    "temperature": 1,
    "thresholds": {"review": 0.9, "reject": 0.5},
}


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))


@pytest.fixture
def job(client: TestClient, work: Work) -> str:
    """A job with a name that wants to be markup."""
    job_id = job_of(client, b"3", data={"metadata": '{"name": "<script>alert(1)</script>"}'})
    work()
    return job_id


@pytest.mark.parametrize("path", [*PAGES, "/jobs/{job}", "/jobs/{job}/sheet"])
def test_a_page_runs_nothing_but_the_services_own_files(client: TestClient, job: str, path: str) -> None:
    answer = client.get(path.format(job=job))

    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag, attributes in Tags(answer.text).found:
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            assert re.match(r"/(?!/)|#", attributes.get(name) or "/"), attributes


def test_a_name_from_outside_stays_text(client: TestClient, job: str) -> None:
    for path in ("/", "/jobs", f"/jobs/{job}", f"/jobs/{job}/sheet"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_an_unknown_job_has_a_page_that_says_so(client: TestClient) -> None:
    answer = client.get("/jobs/job_nobody_knows")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "There is no such job" in answer.text


def test_the_files_that_pages_ask_for_are_there(client: TestClient, job: str) -> None:
    for path in (*PAGES, f"/jobs/{job}", f"/jobs/{job}/sheet"):
        wanted = {each.get(name) for _, each in Tags(client.get(path).text).found for name in ("src", "href")}
        for address in wanted:
            if address and address.startswith("/static/"):
                assert client.get(address).status_code == 200, address


def test_the_scripts_are_small_and_speak_to_no_other_host() -> None:
    ours = [file for file in WEB.rglob("*.*") if STATIC / "vendor" not in file.parents]
    assert sum(file.stat().st_size for file in ours if file.suffix == ".js") < MAX_SCRIPTS
    sources = [file.read_text() for file in ours if file.suffix in {".js", ".html", ".css"}]
    assert [source for source in sources if re.search(r"https?://(?!www\.w3\.org/)", source)] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    ],
)
def test_another_sites_page_cannot_write(client: TestClient, job: str, headers: dict[str, str]) -> None:
    answer = client.delete(f"/v1/jobs/{job}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_origin"
    assert client.get(f"/v1/jobs/{job}", headers=headers).status_code == 200


def test_an_origin_that_is_none_is_foreign(client: TestClient) -> None:
    assert client.post("/v1/jobs", headers={"Origin": "http://["}).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}])
def test_its_own_pages_and_clients_that_are_no_browsers_can_write(
    client: TestClient, job: str, headers: dict[str, Any]
) -> None:
    assert client.delete(f"/v1/jobs/{job}", headers=headers).status_code == 204


def test_a_published_model_shows_the_sheet_of_its_errors(client: TestClient, settings: Settings) -> None:
    folder = settings.models / "mine" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(b"weights")
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    assert "/models/mine/1.0.0/errors.png" not in client.get("/models").text
    assert client.get("/models/mine/1.0.0/errors.png").status_code == 404

    (folder / "errors.png").write_bytes(b"picture")
    assert "/models/mine/1.0.0/errors.png" in client.get("/models").text
    assert client.get("/models/mine/1.0.0/errors.png").content == b"picture"
    assert client.get("/models/mine/..%2f1.0.0/errors.png").status_code == 404


def test_metrics_by_kind_have_a_heading_of_their_own(client: TestClient, settings: Settings) -> None:
    folder = settings.models / "mine" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(b"weights")
    metrics = {"mnist_accuracy": 0.9972, "corruptions_accuracy_by_kind": {"motion_blur": 0.9926}}
    (folder / "manifest.json").write_text(json.dumps(MANIFEST | {"metrics": metrics}))

    page = client.get("/models").text

    assert "<dt>mnist accuracy</dt><dd>0.9972</dd>" in page
    assert "<h3>corruptions accuracy by kind</h3>" in page
    assert "<dt>motion blur</dt><dd>0.9926</dd>" in page


def test_the_system_page_tells_what_waits(client: TestClient) -> None:
    submit(client, *[b"3"] * 7)
    text = " ".join(client.get("/system").text.split())
    assert '<dt>database</dt><dd><span class="state" data-state="completed">ok' in text
    assert "<dt>queued</dt><dd>7</dd>" in text
    assert "<dt>so far</dt><dd>none</dd>" in text


def test_the_system_page_tells_how_fast_images_are_read(client: TestClient, work: Work) -> None:
    submit(client, *[b"3"] * 9)
    assert "<dt>over the last 10 seconds</dt><dd>0.0</dd>" in client.get("/system").text
    work()
    text = client.get("/system").text
    assert "<dt>over the last 10 seconds</dt><dd>0.9</dd>" in text
    assert "<dt>over the last minute</dt><dd>0.1</dd>" in text
    assert "<dt>over the last 15 minutes</dt><dd>0.0</dd>" in text


def test_the_system_page_tells_what_had_to_wait_again(client: TestClient, parts: Parts) -> None:
    submit(client, b"3")
    parts.book.withdraw(parts.book.announced(Queue.INTERACTIVE, timedelta(seconds=-1)), Requeue.MESSAGE_LOST)
    assert "<dt>message lost</dt><dd>1</dd>" in client.get("/system").text
