"""A job's events: told when Redis says so, resumed where they were left, and not by asking the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import waiting
from api.routes import events
from api.routes.events import sequence
from api.waiting import Waiting
from shared.broker import ENDED, PROGRESS_PREFIX
from shared.domain import Counts, Job, ModelRef, Queue, ReadOptions, Status
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import job_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOB = Job(
    id="job_1",
    owner="local",
    status=Status.IN_PROGRESS,
    queue=Queue.BULK,
    model=ModelRef("digits", "1"),
    options=ReadOptions(),
    counts=Counts(100),
    created_at=NOW,
    expires_at=NOW,
)


class Book:
    """One job, and how often somebody looked at it."""

    def __init__(self) -> None:
        self.job = JOB
        self.looks = 0

    def find(self) -> Job:
        self.looks += 1
        return self.job

    def read(self, images: int) -> None:
        self.job = replace(self.job, counts=replace(self.job.counts, succeeded=images))

    def end(self) -> None:
        self.job = replace(self.job, status=Status.COMPLETED)


def message(data: str = "", kind: str = "pmessage") -> Any:
    return {"type": kind, "channel": f"{PROGRESS_PREFIX}job_1".encode(), "data": data.encode()}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "STEP_SECONDS", 0.01)


def followed(scenario: Callable[[Waiting, Book, AsyncIterator[Job]], Any]) -> None:
    """Play a scenario with somebody who follows the job."""

    async def play() -> None:
        listener, book = Waiting(None), Book()  # type: ignore[arg-type]  # no Redis is heard here but by hand
        changes = listener.changes(book.find, "job_1")
        assert await anext(changes) == JOB
        await scenario(listener, book, changes)
        await changes.aclose()

    asyncio.run(play())


def test_while_redis_is_heard_and_silent_nobody_looks_at_the_database() -> None:
    async def scenario(listener: Waiting, book: Book, changes: AsyncIterator[Job]) -> None:
        listener._hear(message(kind="psubscribe"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(changes), waiting.LOOK_SECONDS + 0.5)
        assert book.looks == 1

    followed(scenario)


def test_a_message_tells_the_next_step_at_once() -> None:
    async def scenario(listener: Waiting, book: Book, changes: AsyncIterator[Job]) -> None:
        listener._hear(message(kind="psubscribe"))
        for images in (10, 20):
            asyncio.get_running_loop().call_later(0.05, listener._hear, message())
            book.read(images)
            assert (await asyncio.wait_for(anext(changes), 0.5)).counts.succeeded == images
        assert book.looks == 3

    followed(scenario)


def test_without_redis_the_job_is_looked_at_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)

    async def scenario(listener: Waiting, book: Book, changes: AsyncIterator[Job]) -> None:
        book.end()
        assert (await asyncio.wait_for(anext(changes), 2)).status is Status.COMPLETED
        assert [job async for job in changes] == []

    followed(scenario)


def test_a_process_that_is_told_to_stop_lets_everybody_go() -> None:
    async def scenario(listener: Waiting, book: Book, changes: AsyncIterator[Job]) -> None:
        listener._hear(message(kind="psubscribe"))
        listener.stop()
        assert [job async for job in changes] == []

    followed(scenario)


def test_who_waits_for_the_end_is_not_woken_by_every_step() -> None:
    async def play() -> None:
        listener, book = Waiting(None), Book()  # type: ignore[arg-type]
        waits = asyncio.create_task(listener.until_ended(book.find, 5))
        await asyncio.sleep(0.1)
        listener._hear(message())
        await asyncio.sleep(0.1)
        assert book.looks == 1
        book.end()
        listener._hear(message(ENDED))
        assert (await asyncio.wait_for(waits, 0.5)).status is Status.COMPLETED

    asyncio.run(play())


def test_the_sequence_grows_with_every_step_of_a_job() -> None:
    queued = replace(JOB, status=Status.QUEUED)
    canceled = Counts(100, succeeded=10, canceled=90)
    steps = [
        queued,
        JOB,
        replace(JOB, counts=Counts(100, succeeded=10)),
        replace(JOB, counts=Counts(100, succeeded=10), status=Status.CANCELING),
        replace(JOB, counts=canceled, status=Status.CANCELED),
    ]
    numbers = [int(sequence(job)) for job in steps]
    assert numbers == sorted(set(numbers))


def test_an_ended_job_has_one_event_that_says_so(client: TestClient, work: Work) -> None:
    job = job_of(client, b"3")
    work()
    answer = client.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": "1-1"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    event = dict(line.split(": ", 1) for line in answer.text.splitlines() if line)
    assert (event["event"], event["id"]) == ("completed", "7-1")
    assert json.loads(event["data"])["counts"]["succeeded"] == 1


def told(client: TestClient, job: str, since: str = "", **query: str) -> list[tuple[str, str, Any]]:
    """The events of an ended job: name, id and data."""
    text = client.get(f"/v1/jobs/{job}/events", headers={"Last-Event-ID": since}, params=query).text
    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")]
    return [(event["event"], event["id"], json.loads(event["data"])) for event in events]


@pytest.fixture
def job(client: TestClient, work: Work, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ten images in three packs, all read; results are looked up three at a time."""
    monkeypatch.setattr(events, "PAGE", 3)
    job_id = job_of(client, *(str(digit).encode() for digit in range(10)))
    work()
    return job_id


def test_every_result_is_told_once_before_the_end(client: TestClient, job: str) -> None:
    client.post(f"/v1/jobs/{job}/results/4/review", json={"label": "9"})
    found = told(client, job)
    assert [name for name, _, _ in found] == ["result"] * 10 + ["completed"]
    assert [data["prediction"] for _, _, data in found[:10]] == list("0123456789")
    assert found[4][2] == client.get(f"/v1/jobs/{job}/results/4").json()
    assert found[4][2]["correction"]["label"] == "9"


def test_who_comes_back_is_told_the_rest(client: TestClient, job: str) -> None:
    everything = told(client, job)
    for place, (_, event_id, _) in enumerate(everything[:10]):
        assert told(client, job, event_id) == everything[place + 1 :]
    assert told(client, job, "nonsense") == everything


def test_results_can_be_left_out(client: TestClient, job: str) -> None:
    assert [name for name, _, _ in told(client, job, results="false")] == ["completed"]


def test_a_result_waits_for_those_before_it_while_the_job_runs(client: TestClient, job: str) -> None:
    house = client.app.state.house  # type: ignore[attr-defined]
    found, listed = house.desk.parts.book.find(job), house.desk.parts.book.list_results
    house.desk.parts.book.list_results = lambda *wanted, **more: [
        result for result in listed(*wanted, **more) if result.index not in {4, 5}
    ]
    running = replace(found, status=Status.IN_PROGRESS)
    try:
        assert [index for index, _ in events.results_from(house, running, 3)] == [3]
        assert events.results_from(house, running, 4) == []
        canceled = replace(found, status=Status.CANCELED)
        assert [index for index, _ in events.results_from(house, canceled, 4)] == [6]
    finally:
        del house.desk.parts.book.list_results


def test_an_unknown_job_has_no_events(client: TestClient) -> None:
    assert client.get("/v1/jobs/job_x/events").status_code == 404


def test_a_client_that_leaves_while_it_is_told_leaves_no_error(client: TestClient, job: str) -> None:
    scope = {"type": "http", "method": "GET", "path": f"/v1/jobs/{job}/events", "query_string": b"", "headers": []}
    begun = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await begun.wait()
        await asyncio.sleep(0.1)  # more is sent, until nothing more can be held
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            begun.set()
            await asyncio.sleep(60)  # what was sent has not arrived when the client leaves

    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
