"""What every job book promises about announcing: a window, and everybody's turn."""

from __future__ import annotations

from datetime import timedelta

from shared.domain import Queue, Requeue
from shared.ports import JobBook
from tests.contracts.samples import LATER, LEASE, a_job, add, claimed, record

#: Patience with messages: with this one even those just sent count as lost.
NO_PATIENCE = timedelta(seconds=-1)


def test_no_more_than_the_window_is_announced(book: JobBook) -> None:
    add(book, a_job(total=5))

    assert book.announce(Queue.BULK, 2) == ["job_1-0", "job_1-1"]
    assert book.announce(Queue.BULK, 2) == []


def test_a_running_chunk_keeps_its_place_in_the_window_until_it_is_done(book: JobBook) -> None:
    add(book, a_job(total=5))
    book.announce(Queue.BULK, 2)
    claim = claimed(book, "job_1-0")
    assert book.announce(Queue.BULK, 2) == []

    record(book, claim)

    assert book.announce(Queue.BULK, 2) == ["job_1-2"]


def test_each_queue_has_its_own_window(book: JobBook) -> None:
    add(book, a_job("job_1"))
    add(book, a_job("job_2", queue=Queue.INTERACTIVE))

    assert book.announce(Queue.INTERACTIVE, 1) == ["job_2-0"]
    assert book.announce(Queue.BULK, 1) == ["job_1-0"]


def test_the_jobs_of_an_owner_take_turns(book: JobBook) -> None:
    add(book, a_job("job_1", total=3))
    add(book, a_job("job_2", total=2, created_at=LATER))

    assert book.announce(Queue.BULK, 7) == ["job_1-0", "job_2-0", "job_1-1", "job_2-1", "job_1-2"]


def test_owners_take_turns_however_many_jobs_they_have(book: JobBook) -> None:
    add(book, a_job("job_1", total=3, owner="busy"))
    add(book, a_job("job_2", total=3, owner="busy", created_at=LATER))
    add(book, a_job("job_3", total=3, owner="modest", created_at=LATER))

    announced = book.announce(Queue.BULK, 6)

    assert announced == ["job_1-0", "job_3-0", "job_2-0", "job_3-1", "job_1-1", "job_3-2"]


def test_a_job_that_comes_late_catches_up(book: JobBook) -> None:
    add(book, a_job("job_1", total=9))
    book.announce(Queue.BULK, 3)
    add(book, a_job("job_2", total=4, created_at=LATER))

    assert book.announce(Queue.BULK, 6) == ["job_2-0", "job_2-1", "job_2-2"]
    assert book.announce(Queue.BULK, 8) == ["job_1-3", "job_2-3"]


def test_an_owner_who_comes_late_catches_up(book: JobBook) -> None:
    add(book, a_job("job_1", total=9, owner="busy"))
    book.announce(Queue.BULK, 3)
    add(book, a_job("job_2", total=9, owner="modest", created_at=LATER))

    assert book.announce(Queue.BULK, 6) == ["job_2-0", "job_2-1", "job_2-2"]


def test_a_withdrawn_chunk_is_announced_again(book: JobBook) -> None:
    add(book, a_job())
    announced = book.announce(Queue.BULK, 2)

    assert book.withdraw(announced, Requeue.BROKER_AWAY) == 2

    assert book.announce(Queue.BULK, 2) == announced


def test_only_announced_chunks_are_withdrawn(book: JobBook) -> None:
    add(book, a_job())
    (chunk_id, _) = book.announce(Queue.BULK, 2)
    claim = claimed(book, chunk_id)

    assert book.withdraw([chunk_id, "nobody's"], Requeue.BROKER_AWAY) == 0
    assert book.withdraw([], Requeue.BROKER_AWAY) == 0

    assert book.announce(Queue.BULK, 2) == []
    assert record(book, claim).accepted


def test_what_was_announced_long_ago_and_is_not_claimed_is_told(book: JobBook) -> None:
    add(book, a_job(total=4), size=1)
    announced = book.announce(Queue.BULK, 3)
    claimed(book, announced[0])

    assert book.announced(Queue.BULK, LEASE) == []
    assert book.announced(Queue.INTERACTIVE, NO_PATIENCE) == []
    assert sorted(book.announced(Queue.BULK, NO_PATIENCE)) == announced[1:]
