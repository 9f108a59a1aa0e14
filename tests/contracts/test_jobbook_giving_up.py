"""What every job book promises about giving up: a chunk waits again, whole or in parts, and its reason is counted."""

from __future__ import annotations

from dataclasses import replace

from shared.domain import Counts, Queue, Requeue
from shared.ports import JobBook
from tests.contracts.samples import LEASE, NO_LEASE, NOW, REFUSED, a_job, add, claimed, read, record


def test_every_way_of_giving_up_is_counted_by_its_reason(book: JobBook) -> None:
    add(book, a_job(total=6))
    assert book.requeues() == {}
    for number in range(3):
        claimed(book, f"job_1-{number}")
    claimed(book, "job_1-3", NO_LEASE)

    book.release("job_1-0", "w", Requeue.WORKER_LOST)
    book.release("job_1-0", "w", Requeue.WORKER_LOST)
    book.reclaim()
    book.release_all("w")
    book.withdraw(book.announce(Queue.BULK, 6), Requeue.MESSAGE_LOST)
    claimed(book, "job_1-0")
    book.release("job_1-0", "w", Requeue.WORKER_LOST)

    assert book.requeues() == {
        Requeue.WORKER_LOST: 2,
        Requeue.LEASE_ENDED: 1,
        Requeue.WORKER_RESTARTED: 2,
        Requeue.MESSAGE_LOST: 6,
    }


def test_what_goes_well_is_not_counted(book: JobBook) -> None:
    add(book, a_job(total=2))
    book.announce(Queue.BULK, 2)
    read(book, "job_1-0")
    book.release_all("w")
    book.reclaim()
    book.withdraw(["job_1-0"], Requeue.MESSAGE_LOST)
    assert book.requeues() == {}


def test_a_released_chunk_waits_again_and_its_attempt_counts(book: JobBook) -> None:
    add(book, a_job())
    stale = claimed(book, "job_1-0")

    assert book.release("job_1-0", "w", Requeue.INTERRUPTED) is True

    assert record(book, stale) == REFUSED
    assert book.announce(Queue.BULK, 1) == ["job_1-0"]
    assert claimed(book, "job_1-0").attempt == 2


def test_a_blameless_release_gives_the_attempt_back(book: JobBook) -> None:
    add(book, a_job())
    claimed(book, "job_1-0")
    assert book.release("job_1-0", "w", Requeue.PART_AWAY) is True
    assert claimed(book, "job_1-0").attempt == 1


def test_the_fence_rises_also_when_the_attempt_does_not(book: JobBook) -> None:
    add(book, a_job())
    stale = claimed(book, "job_1-0")
    book.release("job_1-0", "w", Requeue.PART_AWAY)
    claimed(book, "job_1-0")
    assert record(book, stale) == REFUSED


def test_only_the_holder_releases(book: JobBook) -> None:
    add(book, a_job())
    claim = claimed(book, "job_1-0")
    assert book.release("job_1-0", "another", Requeue.INTERRUPTED) is False
    assert book.release("job_1-1", "w", Requeue.INTERRUPTED) is False
    assert book.release("nobody's", "w", Requeue.INTERRUPTED) is False
    assert record(book, claim).accepted
    assert book.release("job_1-0", "w", Requeue.INTERRUPTED) is False


def test_who_lost_a_chunk_does_not_release_it_from_a_sibling_of_the_same_name(book: JobBook) -> None:
    add(book, a_job())
    lost = claimed(book, "job_1-0", lease=NO_LEASE)
    siblings = claimed(book, "job_1-0")

    assert book.release("job_1-0", "w", Requeue.INTERRUPTED, lost.fence) is False

    assert book.release("job_1-0", "w", Requeue.INTERRUPTED, siblings.fence) is True


def test_all_that_a_worker_holds_is_released(book: JobBook) -> None:
    add(book, a_job(total=4))
    for number in range(3):
        claimed(book, f"job_1-{number}")
    others = claimed(book, "job_1-3", worker="another")
    read_before = record(book, others)

    assert read_before.accepted
    assert book.release_all("w") == 3
    assert book.release_all("w") == 0
    assert len(book.announce(Queue.BULK, 5)) == 3


def test_a_split_replaces_a_chunk_by_its_parts(book: JobBook) -> None:
    add(book, a_job(total=4), size=4)
    claim = claimed(book, "job_1-0")
    first = replace(claim.chunk, id="left", count=1)
    second = replace(claim.chunk, id="right", first=1, count=3)

    assert book.split(claim, [first, second], attempt=2) is True

    assert book.claim("job_1-0", "w", LEASE, NOW) is None
    assert book.announce(Queue.BULK, 5) == ["left", "right"]
    assert [book.chunk_with("job_1", index).id for index in range(4)] == ["left", "right", "right", "right"]
    assert claimed(book, "left").attempt == 3
    assert book.find("job_1").counts == Counts(4, processing=1)


def test_a_worker_that_lost_its_lease_cannot_split(book: JobBook) -> None:
    add(book, a_job(), size=2)
    stale = claimed(book, "job_1-0", NO_LEASE)
    fresh = claimed(book, "job_1-0")
    half = replace(stale.chunk, id="left", count=1)

    assert book.split(stale, [half, replace(half, id="right", first=1)], attempt=2) is False

    assert book.claim("left", "w", LEASE, NOW) is None
    assert record(book, fresh).job_ended
