"""What every job book promises about claiming: one holder, for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain import Queue, ReadOptions, Status
from shared.ports import JobBook
from tests.contracts.samples import (
    LATER,
    LEASE,
    MODEL,
    NO_LEASE,
    NOW,
    REFUSED,
    a_job,
    add,
    chunks_of,
    claimed,
    read,
    record,
)


def test_a_claim_tells_what_a_worker_must_know(book: JobBook) -> None:
    job = add(book, a_job(total=3, options=ReadOptions(top_k=1, target_accuracy=0.995)), size=2)
    claim = claimed(book, "job_1-2")
    assert (claim.chunk, claim.attempt, claim.model) == (chunks_of(job, 2)[1], 1, MODEL)
    assert claim.options == job.options


def test_a_claim_starts_its_job(book: JobBook) -> None:
    add(book, a_job(total=3), size=2)
    book.claim("job_1-0", "w", LEASE, LATER)

    job = book.find("job_1")

    assert (job.status, job.started_at) == (Status.IN_PROGRESS, LATER)
    assert (job.counts.processing, job.counts.queued) == (2, 1)
    book.claim("job_1-2", "w", LEASE, LATER + LEASE)
    assert book.find("job_1").started_at == LATER


def test_a_chunk_is_claimed_once(book: JobBook) -> None:
    add(book, a_job())
    claimed(book, "job_1-0")
    assert book.claim("job_1-0", "another", LEASE, NOW) is None
    assert book.claim("job_1-0", "w", LEASE, NOW) is None


def test_what_was_never_announced_can_be_claimed_all_the_same(book: JobBook) -> None:
    add(book, a_job())
    assert claimed(book, "job_1-1").attempt == 1


def test_there_is_nothing_to_claim_in_an_unknown_or_a_finished_chunk(book: JobBook) -> None:
    add(book, a_job())
    read(book, "job_1-0")
    assert book.claim("job_1-0", "w", LEASE, NOW) is None
    assert book.claim("nobody's", "w", LEASE, NOW) is None


def test_a_lease_that_ended_lets_another_claim(book: JobBook) -> None:
    add(book, a_job())
    first = claimed(book, "job_1-0", NO_LEASE)
    second = claimed(book, "job_1-0", worker="another")
    assert second.fence > first.fence
    assert second.attempt == 2


@pytest.mark.parametrize("years", [-50, 50])
def test_a_workers_wrong_clock_neither_shortens_nor_stretches_a_lease(book: JobBook, years: int) -> None:
    add(book, a_job())
    wrong = NOW + timedelta(days=365 * years)

    book.claim("job_1-0", "w", LEASE, wrong)
    book.claim("job_1-1", "w", NO_LEASE, wrong)

    assert book.reclaim() == 1
    assert book.claim("job_1-0", "w", LEASE, wrong) is None
    assert book.claim("job_1-1", "w", LEASE, wrong) is not None


def test_only_ended_leases_are_reclaimed(book: JobBook) -> None:
    add(book, a_job(total=3))
    book.announce(Queue.BULK, 3)
    held, silent = claimed(book, "job_1-0"), claimed(book, "job_1-1", NO_LEASE)

    assert book.reclaim() == 1
    assert book.reclaim() == 0

    assert record(book, held).accepted
    assert record(book, silent) == REFUSED
    assert book.announce(Queue.BULK, 3) == ["job_1-1"]
