"""What the pulse tells, in SQLite and in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Engine, update

from shared.book import SqlJobBook
from shared.database import epoch_now, writing
from shared.domain import Chunk, ChunkState
from shared.pulse import SqlPulse
from shared.tables import chunks
from tests.contracts.samples import BROKEN, a_job, claimed, record

#: Images of each chunk: the first three are done, one is being read, one waits.
SIZES = (60, 30, 90, 7, 5)


def fill(book: SqlJobBook) -> None:
    starts = [sum(SIZES[:place]) for place in range(len(SIZES))]
    sized = [Chunk(f"chunk_{n}", "job_1", "pack", starts[n], SIZES[n]) for n in range(len(SIZES))]
    book.add(a_job(total=sum(SIZES)), sized)
    for number in range(4):
        claim = claimed(book, f"chunk_{number}", worker=f"worker {number}")
        if number < 3:
            record(book, claim, BROKEN)


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
