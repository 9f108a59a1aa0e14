"""POST /predict: one image, one answer, through the same queue and the same worker as all else."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from shared.domain import Queue
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue, MoodyRecognizer, work_off

MULTIPART = {"file": ("5.png", b"5")}


@pytest.fixture
def worker(parts: Parts) -> Iterator[None]:
    """A worker beside the front end."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            work_off(parts, MoodyRecognizer)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    "ask",
    [
        {"files": MULTIPART},
        {"files": {"anything": ("x", b"5")}},
        {"content": b"5", "headers": {"content-type": "image/png"}},
        {"json": {"image": base64.b64encode(b"5").decode()}},
    ],
    ids=["file", "any field", "body", "base64"],
)
def test_an_image_is_read_in_every_form(client: TestClient, ask: dict[str, object]) -> None:
    answer = client.post("/predict", **ask)  # type: ignore[arg-type]
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["prediction"], body["digit"], body["confidence"]) == ("5", "5", 0.99)
    assert (body["decision"], body["reasons"], body["top_k"]) == ("accept", [], [{"label": "5", "score": 0.99}])
    assert body["model"].keys() == {"name", "version"}
    assert client.get(f"/v1/jobs/{body['job_id']}").json()["status"] == "completed"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("settings", [{"max_image_bytes": 1000}], indirect=True)
@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        ({"content": b"text", "headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
        ({"files": {"file": ("x", b"no image")}}, 422, "not_an_image"),
        ({"files": {"file": ("x", b"1" * 1001)}}, 413, "too_large"),
        ({"json": {"data": [[1, 2], [3]]}}, 422, "nothing_to_read"),
        ({"json": {}}, 422, "nothing_to_read"),
        ({"files": [("a", ("a", b"1")), ("b", ("b", b"2"))]}, 413, "too_large"),
        ({"json": {"items": []}}, 422, "nothing_to_read"),
    ],
    ids=["type", "unreadable", "too large", "ragged", "empty", "two", "none"],
)
def test_what_cannot_be_read_says_why(client: TestClient, ask: dict[str, object], status: int, code: str) -> None:
    answer = client.post("/predict", **ask)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize("settings", [{"predict_seconds": 0.2}], indirect=True)
def test_without_a_worker_the_answer_tells_where_to_poll(client: TestClient, settings: Settings) -> None:
    answer = client.post("/predict", files=MULTIPART)
    assert (answer.status_code, answer.json()["code"]) == (503, "no_answer_in_time")
    (job,) = client.get("/v1/jobs").json()["data"]
    assert job["id"] in answer.json()["detail"]


def test_an_image_whose_job_was_canceled_says_so(client: TestClient, parts: Parts) -> None:
    send = parts.queue.send

    def send_and_cancel(queue: Queue, chunk_ids: list[str]) -> None:
        send(queue, chunk_ids)
        (job,) = parts.book.list_jobs(limit=1)
        parts.book.cancel(job.id, datetime.now(UTC))

    parts.queue.send = send_and_cancel  # type: ignore[method-assign,assignment]
    answer = client.post("/predict", files=MULTIPART)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "canceled" in answer.json()["detail"]


def test_the_process_says_that_it_lives(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}


def test_readiness_names_every_part(client: TestClient) -> None:
    answer = client.get("/readyz")
    parts = answer.json()["parts"]
    assert {name: parts[name] for name in ("database", "store", "broker", "model")} == dict.fromkeys(
        ("database", "store", "broker", "model"), "ok"
    )


def test_a_part_that_is_away_makes_the_service_unready(client: TestClient, parts: Parts, settings: Settings) -> None:
    assert isinstance(parts.queue, MemoryQueue)
    parts.queue.away = True
    (settings.models / "digits.keras").unlink()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["parts"]["database"] == "ok"
    assert "Redis" in answer.json()["parts"]["broker"]
    assert "model" in answer.json()["parts"]["model"]
    assert client.get("/livez").status_code == 200
