"""What the books in a database promise when many use them at the same time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import Engine, text

from shared.book import SqlJobBook
from shared.database import reading, writing
from shared.domain import Claim, Counts, Queue, Receipt, Status
from shared.receipts import SqlReceipts
from shared.retention import SqlRetention
from shared.statements import COUNT, FINISH_HELD, counted, holding
from tests.contracts.samples import LATER, LEASE, NO_LEASE, NOW, a_job, add, chunks_of, claimed, record

WORKERS = 8
CHUNKS = 24
JOB = a_job(total=CHUNKS)
CHUNK_IDS = [chunk.id for chunk in chunks_of(JOB)]

T = TypeVar("T")


def book_with_a_job(engine: Engine) -> SqlJobBook:
    book = SqlJobBook(engine)
    add(book, JOB)
    return book


def together(work: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(WORKERS)))


def test_of_many_who_claim_the_same_chunks_each_is_had_by_one(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def claim_all(worker: int) -> list[str]:
        claims = [book.claim(chunk_id, f"w{worker}", LEASE, NOW) for chunk_id in CHUNK_IDS]
        return [claim.chunk.id for claim in claims if claim]

    had = Counter(chunk_id for mine in together(claim_all) for chunk_id in mine)

    assert had == Counter(CHUNK_IDS)


def test_of_many_who_announce_each_chunk_is_announced_by_one_and_the_window_holds(engine: Engine) -> None:
    book = book_with_a_job(engine)

    announced = Counter(chunk_id for mine in together(lambda _: book.announce(Queue.BULK, 7)) for chunk_id in mine)

    assert sorted(announced.values()) == [1] * 7


def test_of_many_who_record_at_once_the_last_ends_the_job_and_no_count_is_lost(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def read_a_share(worker: int) -> int:
        claims = (claimed(book, chunk_id, worker=f"w{worker}") for chunk_id in CHUNK_IDS[worker::WORKERS])
        return sum(record(book, claim).job_ended for claim in claims)

    assert sum(together(read_a_share)) == 1
    job = book.find(JOB.id)
    assert (job.status, job.counts) == (Status.COMPLETED, Counts(CHUNKS, succeeded=CHUNKS))


def test_cancel_among_many_who_claim_and_record_leaves_nothing_open_and_nothing_uncounted(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def read_or_cancel(worker: int) -> None:
        for number in range(worker, CHUNKS, WORKERS):
            claim = book.claim(CHUNK_IDS[number], f"w{worker}", LEASE, NOW)
            if claim:
                record(book, claim)
            if number == CHUNKS // 2:
                book.cancel(JOB.id, NOW)

    together(read_or_cancel)

    job = book.find(JOB.id)
    assert job.status is Status.CANCELED
    assert job.counts.succeeded + job.counts.canceled == CHUNKS
    assert len(book.list_results(JOB.id, after=-1, limit=CHUNKS)) == job.counts.succeeded


def until_somebody_waits_for_a_lock(engine: Engine) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(1000):
        with reading(engine) as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.005)
    raise AssertionError("Nobody waits for a lock.")


def while_recording(engine: Engine, claim: Claim, want: Callable[[], T]) -> T:
    """What is wanted while a worker records: it has its chunk, the other its job, and the other is given up first."""
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            connection.execute(FINISH_HELD, holding(claim))
            wanting = pool.submit(want)
            until_somebody_waits_for_a_lock(engine)
            connection.execute(COUNT, {"of_job": JOB.id, **counted([])})
        return wanting.result()


@pytest.mark.parametrize(
    "forget",
    [
        lambda engine: SqlJobBook(engine).abandon(JOB.id),
        lambda engine: SqlRetention(engine).forget_arriving(LATER),
    ],
    ids=["abandon", "forget_arriving"],
)
def test_an_upload_is_forgotten_also_while_its_worker_records(
    forget: Callable[[Engine], None], postgres_engine: Engine
) -> None:
    book = SqlJobBook(postgres_engine)
    book.begin(JOB, chunks_of(JOB))
    claim = claimed(book, CHUNK_IDS[0])

    while_recording(postgres_engine, claim, lambda: forget(postgres_engine))

    assert SqlRetention(postgres_engine).known([JOB.id]) == set()


def test_a_chunk_that_is_recorded_late_is_not_claimed_meanwhile(postgres_engine: Engine) -> None:
    book = book_with_a_job(postgres_engine)
    late = claimed(book, CHUNK_IDS[0], lease=NO_LEASE)

    assert while_recording(postgres_engine, late, lambda: book.claim(CHUNK_IDS[0], "w", LEASE, NOW)) is None


def test_of_many_who_reserve_a_key_at_once_one_has_it(engine: Engine) -> None:
    receipts = SqlReceipts(engine)
    key = Receipt("local", "key")

    standing = together(lambda _: receipts.reserve(key, NOW, stale=NOW - LEASE))

    assert sorted(standing, key=bool) == [None] + [key] * (WORKERS - 1)
