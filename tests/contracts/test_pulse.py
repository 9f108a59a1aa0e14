"""What the pulse tells, in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, update

from shared.book import SqlJobBook
from shared.database import epoch_now, writing
from shared.domain import Chunk, ChunkState, Counts, Job, ModelRef, Queue, ReadOptions, Result, Status, Unreadable
from shared.pulse import SqlPulse
from shared.tables import chunks

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = ModelRef("digits", "1.0.0")
#: Images of each chunk: the first three are done, one is being read, one waits.
SIZES = (60, 30, 90, 7, 5)


def fill(book: SqlJobBook) -> None:
    total = sum(SIZES)
    job = Job("job_1", "local", Status.QUEUED, Queue.BULK, MODEL, ReadOptions(), Counts(total), NOW, NOW)
    starts = [sum(SIZES[:place]) for place in range(len(SIZES))]
    book.add(job, [Chunk(f"chunk_{n}", "job_1", "pack", starts[n], SIZES[n]) for n in range(len(SIZES))])
    for number in range(4):
        claim = book.claim(f"chunk_{number}", f"worker {number}", timedelta(minutes=1), NOW)
        assert claim
        images = range(claim.chunk.first, claim.chunk.first + claim.chunk.count)
        fault = Unreadable("not_an_image", "This is not an image.")
        if number < 3:
            book.record(claim, [Result(index, "", None, fault, MODEL) for index in images], NOW)


def test_the_pulse_tells_what_is_done_what_is_held_and_how_fast_it_goes(engine: Engine) -> None:
    fill(SqlJobBook(engine))
    with writing(engine) as connection:
        for number, seconds in ((1, 30), (2, 600)):
            earlier = update(chunks).where(chunks.c.id == f"chunk_{number}")
            connection.execute(earlier.values(done_at=epoch_now() - seconds))

    pulse = SqlPulse(engine).read()

    assert pulse.images == {ChunkState.DONE: 180, ChunkState.RUNNING: 7, ChunkState.WAITING: 5}
    assert pulse.workers == {"worker 3": 7}
    assert pulse.rates == {10: 60 / 10, 60: 90 / 60, 900: 180 / 900}


def test_an_empty_service_has_no_rate(engine: Engine) -> None:
    assert set(SqlPulse(engine).read().rates.values()) == {0.0}
