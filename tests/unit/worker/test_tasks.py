"""What the tasks say of what goes wrong: one warning for each thing that was foreseen, and no traceback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from structlog.testing import capture_logs

from shared import lifecycle
from shared.domain import Chunk, Counts, Item, Job, ModelRef, Queue, ReadOptions, Status, Upload
from shared.errors import DatabaseUnavailable, NoSuchModel, StoreUnavailable
from shared.packs import pack
from shared.ports import Parts
from shared.testing import MemoryNotifier, memory_parts
from worker import process, tasks

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    """The parts of this process, which is born without a model."""

    def none(_: ModelRef) -> None:
        raise NoSuchModel

    opened = memory_parts()
    monkeypatch.setattr(process, "_process", process.Process("worker", opened, Redis(), none))  # type: ignore[arg-type]
    return opened


def submit(parts: Parts) -> str:
    """One job with one chunk of two images; the chunk's id."""
    key = lifecycle.pack_key("job", 0)
    parts.store.put(key, pack([Item(n, Upload(f"{n}.png", b"1")) for n in range(2)]).data)
    job = Job(
        "job", "local", Status.QUEUED, Queue.BULK, ModelRef("digits", "1"), ReadOptions(), Counts(2), NOW,
        NOW + timedelta(days=1),
    )  # fmt: skip
    lifecycle.submit(parts, job, [Chunk("chunk", "job", key, 0, 2)])
    return "chunk"


def fail(error: Exception) -> Callable[..., None]:
    def fails(*_: object, **__: object) -> None:
        raise error

    return fails


def test_a_chunk_without_its_model_is_told_of_once(parts: Parts) -> None:
    chunk_id = submit(parts)
    with capture_logs() as logged:
        tasks.recognize.run(chunk_id)
    assert [(line["event"], line["chunk"], line["log_level"]) for line in logged] == [
        ("chunk_without_model", chunk_id, "warning")
    ]
    assert parts.book.find("job").counts.failed == 2


@pytest.mark.parametrize(
    ("task", "step"), [(tasks.sweep, "sweep"), (tasks.prune, "prune"), (lambda: tasks.recognize("chunk"), "work")]
)
def test_what_a_part_that_is_away_keeps_from_being_done_is_put_off_with_one_warning(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, task: Callable[[], None], step: str
) -> None:
    monkeypatch.setattr(lifecycle, step, fail(DatabaseUnavailable()))
    with capture_logs() as logged:
        task()
    assert [(line["event"], line["log_level"]) for line in logged] == [("put_off", "warning")]


def test_a_chunk_that_is_put_off_waits_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk_id = submit(parts)
    monkeypatch.setattr(type(parts.store), "get", fail(StoreUnavailable()))
    tasks.recognize.run(chunk_id)
    assert parts.book.find("job").counts.queued == 2
    assert isinstance(parts.notifier, MemoryNotifier)
    assert parts.notifier.told == []


def test_what_nobody_foresaw_is_not_passed_over(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "sweep", fail(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        tasks.sweep()
