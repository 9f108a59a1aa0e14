"""What every book promises about keys, deadlines, retries and what may be deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from shared.book import SqlJobBook
from shared.domain import (
    Backlog,
    Chunk,
    Claim,
    Counts,
    Decision,
    Digit,
    Job,
    ModelRef,
    Outcome,
    Queue,
    Reading,
    ReadOptions,
    Receipt,
    Result,
    Status,
    Unreadable,
)
from shared.errors import Conflict, KeyInFlight, NoSuchJob, PackLost
from shared.memory_book import MemoryBook
from shared.ports import JobBook, Receipts, Retention
from shared.receipts import SqlReceipts
from shared.retention import SqlRetention
from shared.testing import MemoryReceipts, MemoryRetention

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LEASE = timedelta(minutes=1)
MODEL = ModelRef("digits", "1.0.0")
FIVE = Digit("5", 0.9, Decision.NEEDS_REVIEW)
BROKEN = Unreadable("not_an_image", "This is not an image.")
KEY = Receipt("local", "key")


@dataclass(frozen=True, slots=True)
class Books:
    book: JobBook
    receipts: Receipts
    retention: Retention


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def books(request: pytest.FixtureRequest) -> Books:
    if request.param == "memory":
        book = MemoryBook()
        return Books(book, MemoryReceipts(book), MemoryRetention(book))
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    return Books(SqlJobBook(engine), SqlReceipts(engine), SqlRetention(engine))


def add(books: Books, job_id: str = "job_1", total: int = 3, receipt: Receipt | None = None, **changes: object) -> Job:
    """A job, one image a chunk; by default its uploads go after a day and all else after two."""
    job = Job(
        id=job_id,
        owner="local",
        status=Status.QUEUED,
        queue=Queue.BULK,
        model=MODEL,
        options=ReadOptions(),
        counts=Counts(total),
        created_at=NOW,
        expires_at=NOW + 2 * DAY,
        bytes=100,
        uploads_expire_at=NOW + DAY,
    )
    job = replace(job, **changes)  # type: ignore[arg-type]
    books.book.add(job, [Chunk(f"{job_id}-{n}", job_id, f"{n}", n, 1) for n in range(total)], receipt)
    return job


def claimed(books: Books, chunk_id: str) -> Claim:
    claim = books.book.claim(chunk_id, "w", LEASE, NOW)
    assert claim is not None
    return claim


def read(books: Books, chunk_id: str, reading: Reading = FIVE) -> bool:
    """Claim and record a chunk's images that have no result yet; whether the job ended."""
    claim = claimed(books, chunk_id)
    images = range(claim.chunk.first, claim.chunk.first + claim.chunk.count)
    new = [Result(index, "", None, reading, MODEL) for index in images if index not in claim.done]
    return books.book.record(claim, new, NOW).job_ended


def read_all(books: Books, *readings: Reading) -> None:
    for number, reading in enumerate(readings):
        read(books, f"job_1-{number}", reading)


# --- idempotency keys ---


def test_a_key_is_taken_once(books: Books) -> None:
    assert books.receipts.reserve(KEY, NOW, stale=NOW - DAY) is None
    assert books.receipts.reserve(KEY, NOW, stale=NOW - DAY) == KEY


def test_keys_of_different_callers_are_different_keys(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    assert books.receipts.reserve(replace(KEY, owner="another"), NOW, stale=NOW - DAY) is None


def test_a_key_stands_for_the_job_that_was_added_with_it(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(books, receipt=replace(KEY, fingerprint="f"))

    standing = books.receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY)

    assert standing == Receipt("local", "key", "f", "job_1")


def test_a_key_that_came_to_nothing_is_free_again(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    books.receipts.give_back(KEY)
    assert books.receipts.reserve(KEY, NOW, stale=NOW - DAY) is None


def test_a_key_that_stands_for_a_job_is_not_given_back(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(books, receipt=KEY)
    books.receipts.give_back(KEY)
    assert books.receipts.reserve(KEY, NOW, stale=NOW - DAY) == replace(KEY, job_id="job_1")


def test_the_key_of_a_process_that_died_can_be_taken_again(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    later = NOW + 2 * DAY
    assert books.receipts.reserve(KEY, later, stale=NOW + DAY) is None
    assert books.receipts.reserve(KEY, later, stale=NOW + DAY) == KEY


def test_an_upload_that_goes_on_keeps_its_key(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    books.receipts.renew(KEY, NOW + 2 * DAY)
    assert books.receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY) == KEY


def test_a_key_that_stands_for_a_job_is_not_renewed(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(books, receipt=KEY)
    books.receipts.renew(KEY, NOW + 2 * DAY)
    assert books.receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY) == replace(KEY, job_id="job_1")


def test_of_two_uploads_that_have_held_a_key_the_first_to_end_becomes_the_job(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    books.receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY)
    add(books, receipt=KEY)
    with pytest.raises(KeyInFlight):
        add(books, "job_2", receipt=KEY)
    with pytest.raises(NoSuchJob):
        books.book.find("job_2")


def test_no_job_comes_of_an_upload_whose_key_was_given_back(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    books.receipts.give_back(KEY)
    with pytest.raises(KeyInFlight):
        add(books, receipt=KEY)


def test_old_keys_are_forgotten(books: Books) -> None:
    books.receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(books, receipt=KEY)
    books.receipts.reserve(replace(KEY, key="fresh"), NOW + DAY, stale=NOW)

    books.receipts.forget(NOW + DAY)

    assert books.receipts.reserve(KEY, NOW + DAY, stale=NOW) is None
    assert books.receipts.reserve(replace(KEY, key="fresh"), NOW + DAY, stale=NOW) is not None


# --- backlog ---


def test_the_backlog_is_what_nobody_has_done_yet(books: Books) -> None:
    assert books.book.backlog() == Backlog(0, 0)
    add(books, "job_1", total=3)
    add(books, "job_2", total=1)
    assert books.book.backlog() == Backlog(4, 200)
    read(books, "job_1-0")
    assert books.book.backlog() == Backlog(3, 200)
    read(books, "job_2-0")
    assert books.book.backlog() == Backlog(2, 100)


# --- deadlines ---


def test_a_job_past_its_deadline_expires_and_keeps_what_was_done(books: Books) -> None:
    add(books, deadline_at=NOW)
    read(books, "job_1-0")

    assert books.book.expire_overdue(NOW + LEASE) == ["job_1"]

    job = books.book.find("job_1")
    assert (job.status, job.outcome, job.ended_at) == (Status.EXPIRED, Outcome.PARTIAL, NOW + LEASE)
    assert job.counts == Counts(3, succeeded=1, expired=2, needs_review=1)
    assert books.book.claim("job_1-1", "w", LEASE, NOW) is None
    assert books.book.announce(Queue.BULK, 9) == []


def test_a_deadline_lets_the_running_chunk_finish(books: Books) -> None:
    add(books, deadline_at=NOW)
    claim = claimed(books, "job_1-0")

    assert books.book.expire_overdue(NOW + LEASE) == ["job_1"]
    assert books.book.expire_overdue(NOW + LEASE) == []

    assert not books.book.find("job_1").status.terminal
    assert books.book.record(claim, [Result(0, "", None, FIVE, MODEL)], NOW).job_ended
    job = books.book.find("job_1")
    assert (job.status, job.counts) == (Status.EXPIRED, Counts(3, succeeded=1, expired=2, needs_review=1))


def test_a_chunk_is_not_begun_after_its_jobs_deadline_also_before_a_sweep_has_seen_it(books: Books) -> None:
    add(books, deadline_at=NOW)
    assert books.book.claim("job_1-0", "w", LEASE, NOW)
    assert books.book.claim("job_1-1", "w", LEASE, NOW + LEASE) is None


def test_nothing_expires_before_its_deadline_or_without_one(books: Books) -> None:
    add(books, "job_1", deadline_at=NOW + DAY)
    add(books, "job_2")
    assert books.book.expire_overdue(NOW) == []


# --- retrying ---


def test_a_retry_opens_the_failed_images_and_nothing_else(books: Books) -> None:
    add(books)
    read_all(books, FIVE, BROKEN, FIVE)

    job = books.book.retry("job_1")

    assert job == books.book.find("job_1")
    assert (job.status, job.outcome, job.ended_at) == (Status.QUEUED, None, None)
    assert job.counts == Counts(3, succeeded=2, needs_review=2)
    assert [result.index for result in books.book.list_results("job_1", after=-1, limit=9)] == [0, 2]
    assert books.book.announce(Queue.BULK, 9) == ["job_1-1"]
    assert read(books, "job_1-1")
    assert books.book.find("job_1").counts == Counts(3, succeeded=3, needs_review=3)


def test_a_retried_chunk_tells_what_it_has_done_already(books: Books) -> None:
    job = add(books, total=1, counts=Counts(3))
    books.book.add(replace(job, id="job_2", counts=Counts(3)), [Chunk("whole", "job_2", "0", 0, 3)])
    claim = claimed(books, "whole")
    assert claim.done == frozenset()
    new = [Result(index, "", None, BROKEN if index == 1 else FIVE, MODEL) for index in range(3)]
    books.book.record(claim, new, NOW)
    books.book.retry("job_2")

    again = claimed(books, "whole")

    assert (again.done, again.attempt) == (frozenset({0, 2}), 1)
    assert books.book.find("job_2").counts.processing == 1
    assert books.book.record(again, [Result(1, "", None, FIVE, MODEL)], NOW).job_ended
    assert books.book.find("job_2").outcome is Outcome.ALL_SUCCEEDED


def test_only_an_ended_job_with_failures_and_uploads_is_retried(books: Books) -> None:
    with pytest.raises(NoSuchJob):
        books.book.retry("job_1")
    add(books)
    with pytest.raises(Conflict):
        books.book.retry("job_1")
    read_all(books, FIVE, FIVE, FIVE)
    with pytest.raises(Conflict):
        books.book.retry("job_1")


def test_a_job_whose_uploads_are_gone_cannot_be_retried(books: Books) -> None:
    add(books)
    read_all(books, FIVE, BROKEN, FIVE)
    books.retention.uploads_removed("job_1")
    with pytest.raises(PackLost):
        books.book.retry("job_1")
    assert books.book.find("job_1").counts.failed == 1


# --- what nobody need keep ---


def test_a_removed_job_takes_its_chunks_and_results_along(books: Books) -> None:
    add(books)
    read_all(books, FIVE, FIVE, FIVE)

    books.retention.remove("job_1")

    with pytest.raises(NoSuchJob):
        books.book.find("job_1")
    assert books.book.list_results("job_1", after=-1, limit=9) == []
    assert books.book.list_jobs(limit=9) == []
    add(books)  # its chunks' ids are free again
    assert books.book.list_results("job_1", after=-1, limit=9) == []


def test_a_job_that_has_not_ended_is_not_removed(books: Books) -> None:
    add(books)
    with pytest.raises(Conflict):
        books.retention.remove("job_1")
    claimed(books, "job_1-0")
    books.book.cancel("job_1", NOW)
    with pytest.raises(Conflict):
        books.retention.remove("job_1")
    assert books.book.find("job_1").counts.total == 3


def test_an_unknown_job_is_not_removed(books: Books) -> None:
    with pytest.raises(NoSuchJob):
        books.retention.remove("job_1")


def test_ended_jobs_expire_and_their_uploads_sooner(books: Books) -> None:
    for job_id in ("job_1", "job_2"):
        add(books, job_id)
        books.book.cancel(job_id, NOW)
    add(books, "job_3")  # has not ended

    assert books.retention.with_old_uploads(NOW + DAY, 9) == []
    assert sorted(books.retention.with_old_uploads(NOW + DAY + LEASE, 9)) == ["job_1", "job_2"]
    assert len(books.retention.with_old_uploads(NOW + DAY + LEASE, 1)) == 1
    assert books.retention.expired(NOW + 2 * DAY, 9) == []
    assert sorted(books.retention.expired(NOW + 3 * DAY, 9)) == ["job_1", "job_2"]
    assert len(books.retention.expired(NOW + 3 * DAY, 1)) == 1


def test_removed_uploads_are_not_removed_again(books: Books) -> None:
    add(books)
    books.book.cancel("job_1", NOW)
    books.retention.uploads_removed("job_1")
    assert books.retention.with_old_uploads(NOW + 3 * DAY, 9) == []
    assert books.book.find("job_1").uploads_expire_at is None


def test_known_are_the_jobs_that_exist(books: Books) -> None:
    add(books)
    assert books.retention.known(["job_1", "job_2"]) == {"job_1"}
    assert books.retention.known([]) == set()


def test_uploads_that_never_ended_are_forgotten_when_they_are_old(books: Books) -> None:
    job = add(books)
    for job_id in ("old", "new"):
        arriving = replace(job, id=job_id, created_at=NOW if job_id == "old" else NOW + DAY)
        books.book.begin(arriving, [])
    books.retention.forget_arriving(NOW + DAY)
    assert books.retention.known(["job_1", "old", "new"]) == {"job_1", "new"}
