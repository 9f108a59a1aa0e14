"""What the books in a database promise when many use them at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine

from shared.book import SqlJobBook
from shared.domain import (
    Chunk,
    Claim,
    Counts,
    Decision,
    Digit,
    Job,
    ModelRef,
    Queue,
    ReadOptions,
    Receipt,
    Result,
    Status,
)
from shared.receipts import SqlReceipts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(minutes=1)
MODEL = ModelRef("digits", "1.0.0")
WORKERS = 8
CHUNKS = 24

T = TypeVar("T")


def book_with_a_job(engine: Engine) -> SqlJobBook:
    book = SqlJobBook(engine)
    expires = NOW + timedelta(days=1)
    job = Job("job", "local", Status.QUEUED, Queue.BULK, MODEL, ReadOptions(), Counts(CHUNKS), NOW, expires)
    book.add(job, [Chunk(f"chunk_{number:02d}", "job", "pack", number, 1) for number in range(CHUNKS)])
    return book


def together(work: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(WORKERS)))


def result_of(claim: Claim) -> list[Result]:
    return [Result(claim.chunk.first, "", None, Digit("1", 1.0, Decision.ACCEPT), claim.model)]


def test_of_many_who_claim_the_same_chunks_each_is_had_by_one(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def claim_all(worker: int) -> list[str]:
        claims = [book.claim(f"chunk_{n:02d}", f"w{worker}", LEASE, NOW) for n in range(CHUNKS)]
        return [claim.chunk.id for claim in claims if claim]

    had = Counter(chunk_id for mine in together(claim_all) for chunk_id in mine)

    assert had == Counter(f"chunk_{n:02d}" for n in range(CHUNKS))


def test_of_many_who_announce_each_chunk_is_announced_by_one_and_the_window_holds(engine: Engine) -> None:
    book = book_with_a_job(engine)

    announced = Counter(chunk_id for mine in together(lambda _: book.announce(Queue.BULK, 7)) for chunk_id in mine)

    assert sorted(announced.values()) == [1] * 7


def test_of_many_who_record_at_once_the_last_ends_the_job_and_no_count_is_lost(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def read_a_share(worker: int) -> int:
        ended = 0
        for number in range(worker, CHUNKS, WORKERS):
            claim = book.claim(f"chunk_{number:02d}", f"w{worker}", LEASE, NOW)
            assert claim is not None
            ended += book.record(claim, result_of(claim), NOW).job_ended
        return ended

    assert sum(together(read_a_share)) == 1
    job = book.find("job")
    assert (job.status, job.counts) == (Status.COMPLETED, Counts(CHUNKS, succeeded=CHUNKS))


def test_cancel_among_many_who_claim_and_record_leaves_nothing_open_and_nothing_uncounted(engine: Engine) -> None:
    book = book_with_a_job(engine)

    def read_or_cancel(worker: int) -> None:
        for number in range(worker, CHUNKS, WORKERS):
            claim = book.claim(f"chunk_{number:02d}", f"w{worker}", LEASE, NOW)
            if claim:
                book.record(claim, result_of(claim), NOW)
            if number == CHUNKS // 2:
                book.cancel("job", NOW)

    together(read_or_cancel)

    job = book.find("job")
    assert job.status is Status.CANCELED
    assert job.counts.succeeded + job.counts.canceled == CHUNKS
    assert len(book.list_results("job", after=-1, limit=CHUNKS)) == job.counts.succeeded


def test_of_many_who_reserve_a_key_at_once_one_has_it(engine: Engine) -> None:
    receipts = SqlReceipts(engine)
    key = Receipt("local", "key")

    standing = together(lambda _: receipts.reserve(key, NOW, stale=NOW - LEASE))

    assert sorted(standing, key=bool) == [None] + [key] * (WORKERS - 1)
