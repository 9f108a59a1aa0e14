"""What every job book promises about work that waits: how much there is, and what becomes of it past its deadline."""

from __future__ import annotations

from shared.domain import Backlog, Counts, Outcome, Queue, Status
from shared.ports import JobBook
from tests.contracts.samples import BROKEN, DAY, DOUBTFUL, LEASE, NO_LEASE, NOW, a_job, add, claimed, read, record


def test_the_backlog_is_what_nobody_has_done_yet(book: JobBook) -> None:
    assert book.backlog() == Backlog(0, 0)
    add(book, a_job("job_1", total=3))
    add(book, a_job("job_2", total=1))
    assert book.backlog() == Backlog(4, 200)
    read(book, "job_1-0")
    assert book.backlog() == Backlog(3, 200)
    read(book, "job_2-0")
    assert book.backlog() == Backlog(2, 100)


def test_a_job_past_its_deadline_expires_and_keeps_what_was_done(book: JobBook) -> None:
    add(book, a_job(total=3, deadline_at=NOW))
    record(book, claimed(book, "job_1-0"), DOUBTFUL, NOW)

    assert book.expire_overdue(NOW + LEASE) == ["job_1"]

    job = book.find("job_1")
    assert (job.status, job.outcome, job.ended_at) == (Status.EXPIRED, Outcome.PARTIAL, NOW + LEASE)
    assert job.deadline_at == NOW
    assert job.counts == Counts(3, succeeded=1, expired=2, needs_review=1)
    assert book.claim("job_1-1", "w", LEASE, NOW) is None
    assert book.announce(Queue.BULK, 9) == []


def test_a_deadline_lets_the_running_chunk_finish(book: JobBook) -> None:
    add(book, a_job(total=3, deadline_at=NOW))
    claim = claimed(book, "job_1-0")

    assert book.expire_overdue(NOW + LEASE) == []
    assert book.announce(Queue.BULK, 9) == []

    assert not book.find("job_1").status.terminal
    assert record(book, claim, DOUBTFUL, NOW).job_ended
    assert book.expire_overdue(NOW + LEASE) == []
    job = book.find("job_1")
    assert (job.status, job.counts) == (Status.EXPIRED, Counts(3, succeeded=1, expired=2, needs_review=1))


def test_what_was_running_at_the_deadline_and_was_given_up_expires_with_the_rest(book: JobBook) -> None:
    add(book, a_job(total=3, deadline_at=NOW))
    claimed(book, "job_1-0", NO_LEASE)
    assert book.expire_overdue(NOW + LEASE) == []

    book.reclaim()

    assert book.claim("job_1-0", "w", LEASE, NOW + LEASE) is None
    assert book.expire_overdue(NOW + LEASE) == ["job_1"]
    job = book.find("job_1")
    assert (job.status, job.counts) == (Status.EXPIRED, Counts(3, expired=3))
    assert book.announce(Queue.BULK, 9) == []


def test_a_deadline_that_is_past_does_not_hold_for_a_retry(book: JobBook) -> None:
    add(book, a_job(total=3, deadline_at=NOW))
    record(book, claimed(book, "job_1-0"), BROKEN)
    book.expire_overdue(NOW + LEASE)

    assert book.retry("job_1").deadline_at is None

    assert book.expire_overdue(NOW + LEASE) == []
    again = book.claim("job_1-0", "w", LEASE, NOW + LEASE)
    assert again
    assert record(book, again).job_ended
    assert book.find("job_1").counts == Counts(3, succeeded=1, expired=2)


def test_a_chunk_is_not_begun_after_its_jobs_deadline_also_before_a_sweep_has_seen_it(book: JobBook) -> None:
    add(book, a_job(total=3, deadline_at=NOW))
    assert book.claim("job_1-0", "w", LEASE, NOW)
    assert book.claim("job_1-1", "w", LEASE, NOW + LEASE) is None


def test_nothing_expires_before_its_deadline_or_without_one(book: JobBook) -> None:
    add(book, a_job("job_1", total=3, deadline_at=NOW + DAY))
    add(book, a_job("job_2", total=3))
    assert book.expire_overdue(NOW) == []
