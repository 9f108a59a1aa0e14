"""What is in the book while an upload comes in, at its end, and after it broke off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.arrival import Arrival, Desk
from api.bodies import Fields
from shared import lifecycle
from shared.catalog import ModelCatalog
from shared.domain import Queue, Upload
from shared.errors import InvalidRequest
from shared.packs import unpack
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue, MemoryStore, MoodyRecognizer, memory_parts, work_off

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Start = Callable[[Fields], Arrival]


@pytest.fixture
def parts() -> Parts:
    return memory_parts(window=9)


@pytest.fixture
def desk(parts: Parts, settings: Settings) -> Desk:
    """Packs of two images."""
    return Desk(parts, ModelCatalog(settings.models, settings.model), settings.model_copy(update={"pack_images": 2}))


@pytest.fixture
def start(desk: Desk) -> Start:
    return lambda fields: Arrival(desk, "local", fields)


def take(arrival: Arrival, *images: bytes) -> None:
    for image in images:
        arrival.take(Upload(f"{image.decode()}.png", image))


def packs_of(parts: Parts) -> list[str]:
    assert isinstance(parts.store, MemoryStore)
    return list(parts.store.packs)


def test_workers_begin_with_a_full_pack_once_there_is_more_and_find_the_rest_at_the_end(
    start: Start, parts: Parts
) -> None:
    arrival = start({})
    take(arrival, b"1", b"2")
    assert work_off(parts) == 0
    take(arrival, b"3")
    assert work_off(parts) == 1
    assert parts.book.list_jobs(limit=9) == []
    take(arrival, b"4")
    job = arrival.complete()
    assert (job.counts.total, job.counts.succeeded, job.queue) == (4, 2, Queue.BULK)
    assert work_off(parts) == 1
    assert parts.book.find(job.id).status.terminal
    assert [result.index for result in parts.book.list_results(job.id, after=-1, limit=9)] == [0, 1, 2, 3]


def test_workers_are_told_of_more_and_more_packs_at_once(start: Start, parts: Parts) -> None:
    arrival = start({})
    told = []
    for number in range(2 * 20):
        take(arrival, str(number).encode())
        told.append(work_off(parts))
    assert [chunks for chunks in told if chunks] == [1, 1, 2, 4, 4, 4]


def test_a_few_large_images_that_fill_two_packs_are_begun_in_the_queue_that_they_end_in(
    desk: Desk, parts: Parts
) -> None:
    arrival = Arrival(replace(desk, settings=desk.settings.model_copy(update={"pack_bytes": 1})), "local", {})
    take(arrival, b"1", b"2")
    assert work_off(parts) == 1
    take(arrival, b"3")
    job = arrival.complete()
    assert (job.counts.total, job.counts.succeeded, job.queue) == (3, 1, Queue.BULK)


def test_the_time_until_a_deadline_begins_when_the_upload_has_ended(start: Start, parts: Parts) -> None:
    arrival = start({"deadline_seconds": "60"})
    take(arrival, b"1", b"2", b"3")
    an_hour_later = datetime.now(UTC) + timedelta(hours=1)
    assert parts.book.expire_overdue(an_hour_later) == []
    assert work_off(parts, clock=lambda: an_hour_later) == 1
    job = arrival.complete()
    assert job.deadline_at
    assert job.deadline_at > datetime.now(UTC)
    assert job.counts.succeeded == 2


def test_what_fits_one_pack_is_submitted_whole(start: Start, parts: Parts) -> None:
    arrival = start({})
    take(arrival, b"1", b"2")
    assert work_off(parts) == 0
    assert arrival.complete().queue is Queue.INTERACTIVE
    assert work_off(parts) == 1


def test_options_that_come_after_the_files_count_for_all_of_them(start: Start, parts: Parts) -> None:
    fields: Fields = {}
    arrival = start(fields)
    take(arrival, b"1", b"2", b"3", b"4")
    work_off(parts)
    fields["top_k"] = "7"
    job = arrival.complete()
    assert (job.options.top_k, job.counts.succeeded) == (7, 0)
    assert work_off(parts) == 2
    assert parts.book.find(job.id).counts.succeeded == 4


def test_a_worker_that_began_with_other_options_is_not_believed(start: Start, parts: Parts) -> None:
    fields: Fields = {}
    arrival = start(fields)
    take(arrival, b"1", b"2", b"3", b"4")
    assert isinstance(parts.queue, MemoryQueue)
    early = parts.book.claim(parts.queue.take() or "", "w", parts.lease, NOW)
    assert early is not None
    fields["normalize"] = "plain"
    job = arrival.complete()
    results = lifecycle.recognize(parts, early, MoodyRecognizer, unpack)
    assert not parts.book.record(early, results, NOW).accepted
    assert parts.book.find(job.id).counts.ended == 0


def test_an_upload_that_broke_off_leaves_nothing(start: Start, parts: Parts) -> None:
    arrival = start({})
    take(arrival, b"1", b"2", b"3", b"4")
    work_off(parts)
    assert packs_of(parts)
    arrival.abandon()
    assert packs_of(parts) == []
    assert parts.book.list_jobs(limit=9) == []
    assert work_off(parts) == 0


def test_options_that_are_none_are_refused_before_the_whole_upload_is_there(start: Start, parts: Parts) -> None:
    arrival = start({"options": "[]"})
    with pytest.raises(InvalidRequest):
        take(arrival, b"1", b"2", b"3", b"4")
    arrival.abandon()
    assert packs_of(parts) == []


def test_a_job_that_exists_keeps_its_packs(start: Start, parts: Parts) -> None:
    arrival = start({})
    take(arrival, b"1", b"2", b"3", b"4")
    job = arrival.complete()
    arrival.abandon()
    assert len(packs_of(parts)) == 2
    assert parts.book.find(job.id).counts.total == 4
