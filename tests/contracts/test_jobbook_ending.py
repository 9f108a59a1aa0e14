"""What every job book promises about ending: a canceled job ends in any case, and no job ends too soon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain import Counts, Outcome, Queue, Requeue, Status
from shared.errors import NoSuchJob
from shared.ports import JobBook, Recorded
from tests.contracts.samples import LATER, LEASE, NO_LEASE, NOW, a_job, add, claimed, read, record


def test_a_job_with_open_chunks_is_not_settled(book: JobBook) -> None:
    add(book, a_job())
    read(book, "job_1-0")
    assert book.settle(LATER) == []
    claimed(book, "job_1-1")
    assert book.settle(LATER) == []


def test_canceling_a_queued_job_ends_it_at_once(book: JobBook) -> None:
    add(book, a_job())
    book.announce(Queue.BULK, 1)

    job = book.cancel("job_1", LATER)

    assert job == book.find("job_1")
    assert (job.status, job.outcome, job.ended_at) == (Status.CANCELED, Outcome.ALL_FAILED, LATER)
    assert job.counts == Counts(2, canceled=2)
    assert book.claim("job_1-0", "w", LEASE, NOW) is None
    assert book.announce(Queue.BULK, 9) == []


def test_canceling_lets_the_running_chunk_finish(book: JobBook) -> None:
    add(book, a_job(total=3))
    read(book, "job_1-0")
    claim = claimed(book, "job_1-1")

    job = book.cancel("job_1", LATER)

    assert (job.status, job.counts) == (Status.CANCELING, Counts(3, processing=1, succeeded=1))
    assert book.settle(LATER) == []
    assert record(book, claim) == Recorded(accepted=True, job_ended=True)
    job = book.find("job_1")
    assert (job.status, job.outcome) == (Status.CANCELED, Outcome.PARTIAL)
    assert job.counts == Counts(3, succeeded=2, canceled=1)


def test_canceling_twice_changes_nothing_more(book: JobBook) -> None:
    add(book, a_job())
    claimed(book, "job_1-0")
    first = book.cancel("job_1", LATER)
    assert book.cancel("job_1", LATER + LEASE) == first


def test_an_ended_job_stays_as_it_is_when_it_is_canceled(book: JobBook) -> None:
    add(book, a_job(total=1))
    read(book, "job_1-0")
    before = book.find("job_1")
    assert book.cancel("job_1", LATER + LEASE) == before


def test_an_unknown_job_cannot_be_canceled(book: JobBook) -> None:
    with pytest.raises(NoSuchJob):
        book.cancel("job_1", LATER)


@pytest.mark.parametrize("way", ["reclaim", "release", "release_all"])
def test_a_canceled_job_ends_also_when_its_running_chunk_is_given_up(book: JobBook, way: str) -> None:
    add(book, a_job())
    claimed(book, "job_1-0", NO_LEASE)
    book.cancel("job_1", LATER)
    {
        "reclaim": book.reclaim,
        "release_all": lambda: book.release_all("w"),
        "release": lambda: book.release("job_1-0", "w", Requeue.INTERRUPTED),
    }[way]()

    assert book.settle(LATER) == ["job_1"]

    job = book.find("job_1")
    assert (job.status, job.counts) == (Status.CANCELED, Counts(2, canceled=2))
    assert book.settle(LATER) == []


def test_a_canceled_job_ends_also_when_its_running_chunk_is_split(book: JobBook) -> None:
    add(book, a_job(), size=2)
    claim = claimed(book, "job_1-0")
    book.cancel("job_1", LATER)
    half = replace(claim.chunk, id="left", count=1)
    book.split(claim, [half, replace(half, id="right", first=1)], attempt=2)

    assert book.settle(LATER) == ["job_1"]
    assert book.find("job_1").counts == Counts(2, canceled=2)
