"""What every job book promises about a retry: the failed images are read again, and nothing else."""

from __future__ import annotations

import pytest

from shared.domain import Counts, Outcome, Queue, Reading, Status
from shared.errors import Conflict, NoSuchJob, PackLost
from shared.ports import JobBook, Retention
from tests.contracts.samples import (
    BROKEN,
    DAY,
    DOUBTFUL,
    LATER,
    LEASE,
    NOW,
    a_job,
    add,
    claimed,
    record,
    results_of,
)


def read_as(book: JobBook, *readings: Reading) -> None:
    """Read the images of job_1 one by one, each as it is told."""
    for number, reading in enumerate(readings):
        record(book, claimed(book, f"job_1-{number}"), reading)


def test_a_retry_opens_the_failed_images_and_nothing_else(book: JobBook) -> None:
    add(book, a_job(total=3))
    read_as(book, DOUBTFUL, BROKEN, DOUBTFUL)

    job = book.retry("job_1")

    assert job == book.find("job_1")
    assert (job.status, job.outcome, job.ended_at) == (Status.QUEUED, None, None)
    assert job.counts == Counts(3, succeeded=2, needs_review=2)
    assert [result.index for result in book.list_results("job_1", after=-1, limit=9)] == [0, 2]
    assert book.announce(Queue.BULK, 9) == ["job_1-1"]
    assert record(book, claimed(book, "job_1-1"), DOUBTFUL).job_ended
    assert book.find("job_1").counts == Counts(3, succeeded=3, needs_review=3)


def test_a_retried_chunk_tells_what_it_has_done_already(book: JobBook) -> None:
    add(book, a_job(total=3), size=3)
    claim = claimed(book, "job_1-0")
    assert claim.done == frozenset()
    first, second, third = results_of(claim)
    book.record(claim, [first, second._replace(reading=BROKEN), third], NOW)
    book.retry("job_1")

    again = claimed(book, "job_1-0")

    assert (again.done, again.attempt) == (frozenset({0, 2}), 1)
    assert book.find("job_1").counts.processing == 1
    assert record(book, again).job_ended
    assert book.find("job_1").outcome is Outcome.ALL_SUCCEEDED


def test_only_an_ended_job_with_failures_and_uploads_is_retried(book: JobBook) -> None:
    with pytest.raises(NoSuchJob):
        book.retry("job_1")
    add(book, a_job(total=3))
    with pytest.raises(Conflict):
        book.retry("job_1")
    read_as(book, DOUBTFUL, DOUBTFUL, DOUBTFUL)
    with pytest.raises(Conflict):
        book.retry("job_1")


def test_a_job_whose_uploads_are_gone_cannot_be_retried(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    read_as(book, DOUBTFUL, BROKEN, DOUBTFUL)
    assert retention.give_up_uploads("job_1", NOW + 3 * DAY)
    with pytest.raises(PackLost):
        book.retry("job_1")
    assert book.find("job_1").counts.failed == 1


def test_a_job_of_which_some_is_read_again_has_no_start_that_its_pace_could_be_told_from(book: JobBook) -> None:
    add(book, a_job(total=3))
    read_as(book, DOUBTFUL, BROKEN, DOUBTFUL)

    assert book.retry("job_1").started_at is None
    claim = claimed(book, "job_1-1")
    assert (book.find("job_1").status, book.find("job_1").started_at) == (Status.IN_PROGRESS, None)
    assert record(book, claim).job_ended
    assert book.find("job_1").started_at is None


def test_a_job_of_which_all_is_read_again_starts_anew(book: JobBook) -> None:
    add(book, a_job(total=2))
    read_as(book, BROKEN, BROKEN)

    assert book.retry("job_1").started_at is None
    assert book.claim("job_1-0", "w", LEASE, LATER)
    assert book.find("job_1").started_at == LATER
