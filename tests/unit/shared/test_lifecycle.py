"""The steps of a job's life one by one: what each does, and what it leaves when its part is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared import lifecycle
from shared.domain import (
    Chunk,
    Claim,
    Counts,
    Digit,
    Item,
    Job,
    ModelRef,
    Queue,
    ReadOptions,
    Status,
    Unreadable,
    Upload,
)
from shared.errors import ModelBroken, NoSuchModel, StoreUnavailable
from shared.packs import pack, unpack
from shared.ports import Parts
from shared.testing import MemoryNotifier, MemoryQueue, MemoryStore, MoodyRecognizer, memory_parts, work_off

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = ModelRef("digits", "1")


class Clock:
    def __init__(self) -> None:
        self.now = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def parts(clock: Clock) -> Parts:
    return memory_parts(clock, window=4, lease=60)


def submit(parts: Parts, *images: bytes, job_id: str = "job", deadline_at: datetime | None = None) -> None:
    """One job, all its images in one chunk."""
    key = lifecycle.pack_key(job_id, 0)
    parts.store.put(key, pack([Item(n, Upload(f"{n}.png", image, f"id-{n}")) for n, image in enumerate(images)]).data)
    expires = NOW + timedelta(days=1)
    job = Job(
        job_id, "local", Status.QUEUED, Queue.BULK, MODEL, ReadOptions(), Counts(len(images)), NOW, expires,
        uploads_expire_at=expires, deadline_at=deadline_at,
    )  # fmt: skip
    lifecycle.submit(parts, job, [Chunk(f"{job_id}-chunk", job_id, key, 0, len(images))])


def readings(parts: Parts) -> list[str]:
    results = parts.book.list_results("job", after=-1, limit=99)
    return [r.reading.label if isinstance(r.reading, Digit) else r.reading.code for r in results]


def queue_of(parts: Parts) -> MemoryQueue:
    assert isinstance(parts.queue, MemoryQueue)
    return parts.queue


def test_a_job_is_read_from_end_to_end_and_its_end_is_told(parts: Parts) -> None:
    submit(parts, b"1", b"x", b"2")
    assert work_off(parts) == 1
    assert readings(parts) == ["1", "not_an_image", "2"]
    assert isinstance(parts.notifier, MemoryNotifier)
    assert parts.notifier.told[-1] == ("job", True)


def test_a_broker_that_is_away_is_told_by_a_later_sweep(parts: Parts) -> None:
    queue_of(parts).away = True
    submit(parts, b"1")
    queue_of(parts).away = False
    assert work_off(parts) == 0
    assert lifecycle.sweep(parts, NOW) == lifecycle.Swept(0, 0, 0)
    work_off(parts)
    assert readings(parts) == ["1"]


def test_a_store_that_is_away_is_not_the_chunks_fault(parts: Parts) -> None:
    submit(parts, b"1")

    def away(_: object) -> None:
        raise StoreUnavailable

    for _ in range(2 * lifecycle.MAX_ATTEMPTS):
        with pytest.raises(StoreUnavailable):
            work_off(parts, lambda ref: MoodyRecognizer(ref, away))
        lifecycle.sweep(parts, NOW)
    work_off(parts)
    assert readings(parts) == ["1"]


@pytest.mark.parametrize("error", [NoSuchModel, ModelBroken])
def test_without_its_model_every_image_says_so(parts: Parts, error: type[Exception]) -> None:
    submit(parts, b"1", b"2")

    def none(_: ModelRef) -> MoodyRecognizer:
        raise error

    work_off(parts, none)
    assert readings(parts) == [error.code] * 2  # type: ignore[attr-defined]
    results = parts.book.list_results("job", after=-1, limit=99)
    assert [(result.filename, result.custom_id) for result in results] == [("0.png", "id-0"), ("1.png", "id-1")]


def test_without_its_pack_every_image_says_so(parts: Parts) -> None:
    submit(parts, b"1", b"2")
    assert isinstance(parts.store, MemoryStore)
    parts.store.packs.clear()
    work_off(parts)
    assert readings(parts) == ["upload_lost"] * 2


def test_a_recognizer_that_answers_short_records_nothing(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(parts, b"1", b"2")
    monkeypatch.setattr(MoodyRecognizer, "read", lambda *_: [Unreadable("short", "short")])
    with pytest.raises(ValueError, match="2 images got 1 readings"):
        work_off(parts)
    assert readings(parts) == []


def test_what_fails_again_and_again_is_halved_until_one_image_is_to_blame(parts: Parts) -> None:
    submit(parts, b"1", b"2", b"P", b"4", b"5")

    def poisoned(images: object) -> None:
        if b"P" in images:  # type: ignore[operator]
            raise ZeroDivisionError

    deaths = 0
    while not parts.book.find("job").status.terminal:
        try:
            work_off(parts, lambda ref: MoodyRecognizer(ref, poisoned))
        except ZeroDivisionError:
            deaths += 1
        lifecycle.sweep(parts, NOW)
    assert readings(parts) == ["1", "2", "worker_crash", "4", "5"]
    assert deaths == lifecycle.MAX_ATTEMPTS + 2  # once more for each half that it was in: three images, then one


def test_an_image_with_a_result_from_before_a_retry_is_not_blamed_for_a_crash(parts: Parts) -> None:
    submit(parts, b"1")
    chunk_id = queue_of(parts).take()
    assert chunk_id
    claim = parts.book.claim(chunk_id, "worker", parts.lease, NOW)
    assert claim
    assert lifecycle.crashed(parts, replace(claim, done=frozenset({0})), unpack) == []
    assert [result.reading.code for result in lifecycle.crashed(parts, claim, unpack)] == ["worker_crash"]


def test_a_child_that_gives_up_late_leaves_its_siblings_claim_alone(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1")
    chunk_id = queue_of(parts).take()
    assert chunk_id
    siblings: list[Claim | None] = []

    def too_late(_: object) -> None:
        clock.now += 61
        siblings.append(parts.book.claim(chunk_id, "worker", parts.lease, NOW))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lifecycle.work(parts, chunk_id, "worker", lambda ref: MoodyRecognizer(ref, too_late), unpack, lambda: NOW)

    (held,) = siblings
    assert held
    assert parts.book.record(held, lifecycle.recognize(parts, held, MoodyRecognizer, unpack), NOW).accepted


def test_a_silent_workers_chunk_is_given_to_another(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1")
    chunk_id = queue_of(parts).take()
    assert chunk_id
    parts.book.claim(chunk_id, "silent", parts.lease, NOW)
    clock.now += 59
    assert lifecycle.sweep(parts, NOW).leases_ended == 0
    clock.now += 2
    assert lifecycle.sweep(parts, NOW).leases_ended == 1
    work_off(parts)
    assert readings(parts) == ["1"]


def test_a_silent_workers_chunk_is_given_to_nobody_after_the_deadline(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1", deadline_at=NOW)
    parts.book.claim(queue_of(parts).take() or "", "silent", parts.lease, NOW)
    clock.now += 61
    lifecycle.sweep(parts, NOW + timedelta(seconds=61))
    assert parts.book.find("job").status is Status.EXPIRED
    assert queue_of(parts).take() is None


def test_a_message_is_missed_once_it_neither_waits_nor_is_in_anybodys_hands(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1")
    clock.now += lifecycle.PATIENCE.total_seconds() + 1
    assert lifecycle.sweep(parts, NOW).messages_lost == 0
    queue_of(parts).wipe()
    queue_of(parts).send(Queue.BULK, ["another's"])
    assert lifecycle.sweep(parts, NOW).messages_lost == 1
    queue_of(parts).wipe()
    assert lifecycle.sweep(parts, NOW).messages_lost == 0


def test_a_message_in_a_workers_hands_is_not_lost(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1")
    taken = queue_of(parts).take()
    assert taken
    queue_of(parts).taken.add(taken)
    clock.now += lifecycle.PATIENCE.total_seconds() + 1
    assert lifecycle.sweep(parts, NOW).messages_lost == 0
    queue_of(parts).taken.clear()
    assert lifecycle.sweep(parts, NOW).messages_lost == 1
    assert queue_of(parts).take() == taken


def test_without_faults_a_sweep_mends_nothing(parts: Parts) -> None:
    submit(parts, b"1")
    assert lifecycle.sweep(parts, NOW) == lifecycle.Swept(0, 0, 0)
    work_off(parts)
    assert lifecycle.sweep(parts, NOW) == lifecycle.Swept(0, 0, 0)


def test_pruning_takes_old_uploads_first_then_jobs_and_orphans(parts: Parts, clock: Clock) -> None:
    submit(parts, b"1")
    work_off(parts)
    parts.store.put(lifecycle.pack_key("job_of_nobody", 0), b"orphan")
    assert isinstance(parts.store, MemoryStore)

    lifecycle.prune(parts, NOW)
    assert len(parts.store.packs) == 2
    lifecycle.prune(parts, NOW + timedelta(days=2))
    assert parts.store.packs == {}
    assert parts.retention.known(["job"]) == set()


def test_nothing_is_deleted_while_the_store_is_away(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    submit(parts, b"1")
    work_off(parts)

    def away(*_: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as store_away:
        store_away.setattr(MemoryStore, "ping", away)
        store_away.setattr(MemoryStore, "remove", away)
        with pytest.raises(StoreUnavailable):
            lifecycle.delete(parts, "job")
    assert parts.retention.known(["job"]) == {"job"}
    lifecycle.delete(parts, "job")
    assert parts.retention.known(["job"]) == set()


def test_a_clock_that_is_ahead_deletes_nothing(parts: Parts) -> None:
    submit(parts, b"1")
    work_off(parts)
    parts.retention.clock = lambda: NOW  # type: ignore[method-assign]
    lifecycle.prune(parts, NOW + timedelta(days=365))
    assert parts.retention.known(["job"]) == {"job"}
    assert parts.store.folders(lifecycle.JOBS, before=NOW + timedelta(days=999)) == ["job"]
