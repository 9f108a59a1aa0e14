"""A job whose upload is still coming in: workers begin with it, and nobody else sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain import Backlog, Chunk, Counts, Queue, Receipt, Status
from shared.errors import KeyInFlight, NoSuchJob
from shared.ports import JobBook, Recorded
from tests.contracts.samples import DAY, DOUBTFUL, LATER, NOW, a_job, chunks_of, claimed, record

#: What is known of the job when its first chunk is there, and when its last one is.
BEGUN = a_job(total=0, bytes=0)
WHOLE = replace(
    BEGUN, counts=Counts(2), bytes=7, metadata={"of": "scans"}, expires_at=LATER + 2 * DAY, deadline_at=LATER
)
FIRST, SECOND = chunks_of(WHOLE)


def read(book: JobBook, chunk: Chunk) -> Recorded:
    """Read a chunk at NOW, so that an end at LATER can only be the seal's."""
    return record(book, claimed(book, chunk.id), DOUBTFUL, NOW)


def test_workers_read_it_but_nobody_finds_it_and_it_does_not_end(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST])
    assert book.announce(Queue.BULK, 9) == [FIRST.id]
    assert read(book, FIRST) == Recorded(accepted=True, job_ended=False)
    assert book.settle(LATER) == []
    assert book.list_jobs(limit=9) == []
    assert book.backlog() == Backlog(0, 0)
    for look in (lambda: book.find("job_1"), lambda: book.cancel("job_1", LATER), lambda: book.retry("job_1")):
        with pytest.raises(NoSuchJob):
            look()


def test_sealed_it_is_the_job_that_its_whole_upload_makes_it(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST])
    book.extend(BEGUN, [SECOND])
    assert book.seal(WHOLE, [], LATER) == replace(WHOLE, status=Status.QUEUED)
    assert book.find("job_1") == WHOLE
    assert book.announce(Queue.BULK, 9) == [FIRST.id, SECOND.id]


def test_sealed_it_keeps_what_was_read_meanwhile(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST])
    read(book, FIRST)
    sealed = book.seal(WHOLE, [SECOND], LATER)
    assert sealed == replace(
        WHOLE, status=Status.IN_PROGRESS, counts=Counts(2, succeeded=1, needs_review=1), started_at=NOW
    )
    assert read(book, SECOND).job_ended
    assert book.find("job_1").status is Status.COMPLETED


def test_sealed_when_all_is_read_it_ends_at_once(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST, SECOND])
    read(book, FIRST)
    read(book, SECOND)
    sealed = book.seal(WHOLE, [], LATER)
    assert (sealed.status, sealed.ended_at) == (Status.COMPLETED, LATER)


def test_abandoned_it_was_never_there(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST, SECOND])
    read(book, FIRST)
    held = claimed(book, SECOND.id)
    book.abandon("job_1")
    assert not record(book, held, now=NOW).accepted
    assert book.announce(Queue.BULK, 9) == []
    assert book.list_results("job_1", after=-1, limit=9) == []
    with pytest.raises(NoSuchJob):
        book.seal(WHOLE, [], LATER)
    book.add(WHOLE, [replace(FIRST, id="a"), replace(SECOND, id="b")])
    assert book.find("job_1") == WHOLE


def test_a_job_that_exists_is_not_abandoned(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST, SECOND])
    book.seal(WHOLE, [], LATER)
    book.abandon("job_1")
    assert book.find("job_1") == WHOLE


def test_a_key_that_was_lost_meanwhile_keeps_it_from_being_sealed(book: JobBook) -> None:
    book.begin(BEGUN, [FIRST, SECOND])
    with pytest.raises(KeyInFlight):
        book.seal(WHOLE, [], LATER, Receipt("local", "key"))
    with pytest.raises(NoSuchJob):
        book.find("job_1")
