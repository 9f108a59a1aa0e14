"""What every job book promises: in memory, in SQLite, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import Counts, Decision, Job, Outcome, Queue, ReadOptions, Requeue, Result, Status, Unreadable
from shared.errors import Missing, NoSuchItem, NoSuchJob
from shared.ports import JobBook, Recorded
from tests.contracts.samples import (
    BROKEN,
    DOUBTFUL,
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
    five,
    read,
    record,
    results_of,
)

#: Patience with messages: with this one even those just sent count as lost.
NO_PATIENCE = timedelta(seconds=-1)


def ids(jobs: Iterable[Job]) -> list[str]:
    return [job.id for job in jobs]


def indexes(results: Iterable[Result]) -> list[int]:
    return [result.index for result in results]


# --- a job exists once it is added, and is found as it was ---


def test_an_added_job_is_found_as_it_was(book: JobBook) -> None:
    job = a_job(
        owner="someone",
        queue=Queue.INTERACTIVE,
        options=ReadOptions(top_k=2, threshold=0.5, normalize="plain"),
        metadata={"batch": "søndag \U0001f600"},
    )
    add(book, job)
    assert book.find(job.id) == job


def test_moments_keep_their_place_on_the_time_line(book: JobBook) -> None:
    far_east = NOW.astimezone(tz=None)
    add(book, a_job(created_at=far_east))
    assert book.find("job_1").created_at == NOW
    assert book.find("job_1").created_at.tzinfo is not None


def test_an_unknown_job_is_not_found(book: JobBook) -> None:
    with pytest.raises(NoSuchJob):
        book.find("job_1")


def test_jobs_are_listed_newest_first_page_by_page(book: JobBook) -> None:
    for number in range(5):
        add(book, a_job(f"job_{number}"))

    pages, after = [], None
    while page := book.list_jobs(limit=1, after=after):
        pages.append(ids(page))
        after = page[-1].id

    assert pages == [["job_4"], ["job_3"], ["job_2"], ["job_1"], ["job_0"]]
    assert ids(book.list_jobs(limit=3)) == ["job_4", "job_3", "job_2"]


def test_jobs_are_listed_by_status(book: JobBook) -> None:
    for number in range(3):
        add(book, a_job(f"job_{number}", total=1))
    claimed(book, "job_1-0")

    assert ids(book.list_jobs(limit=9, status=Status.IN_PROGRESS)) == ["job_1"]
    assert ids(book.list_jobs(limit=1, status=Status.QUEUED)) == ["job_2"]
    assert ids(book.list_jobs(limit=9, status=Status.QUEUED, after="job_2")) == ["job_0"]


def test_the_chunk_of_an_image_is_found(book: JobBook) -> None:
    job = add(book, a_job(total=5), size=2)
    assert [book.chunk_with(job.id, index).first for index in range(5)] == [0, 0, 2, 2, 4]
    for missing in (("job_1", 5), ("job_1", -1), ("job_2", 0)):
        with pytest.raises(NoSuchItem):
            book.chunk_with(*missing)


def test_a_book_that_is_there_answers_a_ping(book: JobBook) -> None:
    book.ping()


# --- announcing: a window, and everybody's turn ---


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


# --- claiming: one holder, for a while ---


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


# --- recording: all or nothing, and only by the holder ---


def test_results_counters_chunk_and_job_change_together(book: JobBook) -> None:
    add(book, a_job(total=4), size=2)
    claim = claimed(book, "job_1-0")
    first, second = results_of(claim)

    recorded = book.record(claim, [first, second._replace(reading=BROKEN)], LATER)

    job = book.find("job_1")
    assert recorded == Recorded(accepted=True, job_ended=False)
    assert job.counts == Counts(4, succeeded=1, failed=1)
    assert (job.status, job.outcome, job.ended_at) == (Status.IN_PROGRESS, None, None)
    assert book.list_results("job_1", after=-1, limit=9) == [first, second._replace(reading=BROKEN)]


def test_the_last_record_ends_the_job(book: JobBook) -> None:
    add(book, a_job())
    read(book, "job_1-1")
    assert read(book, "job_1-0") == Recorded(accepted=True, job_ended=True)

    job = book.find("job_1")

    assert (job.status, job.outcome, job.ended_at) == (Status.COMPLETED, Outcome.ALL_SUCCEEDED, LATER)
    assert job.counts == Counts(2, succeeded=2)


@pytest.mark.parametrize(
    ("failures", "outcome"), [(0, Outcome.ALL_SUCCEEDED), (1, Outcome.PARTIAL), (2, Outcome.ALL_FAILED)]
)
def test_the_outcome_tells_how_many_images_were_read(book: JobBook, failures: int, outcome: Outcome) -> None:
    add(book, a_job())
    for number in range(2):
        record(book, claimed(book, f"job_1-{number}"), BROKEN if number < failures else None)
    assert book.find("job_1").outcome is outcome


def test_what_was_decided_of_the_succeeded_is_counted(book: JobBook) -> None:
    add(book, a_job())
    record(book, claimed(book, "job_1-0"), DOUBTFUL)
    record(book, claimed(book, "job_1-1"), five(Decision.REJECT))
    counts = book.find("job_1").counts
    assert counts == Counts(2, succeeded=2, needs_review=1, rejected=1)
    assert counts.accepted == 0


def test_a_worker_that_lost_its_lease_cannot_record(book: JobBook) -> None:
    add(book, a_job())
    stale = claimed(book, "job_1-0", NO_LEASE)
    fresh = claimed(book, "job_1-0", worker="another")

    assert record(book, stale, Unreadable("late", "late")) == REFUSED
    assert book.list_results("job_1", after=-1, limit=9) == []
    assert record(book, fresh).accepted
    assert record(book, stale, Unreadable("late", "late")) == REFUSED
    assert book.find("job_1").counts == Counts(2, succeeded=1)


def test_a_chunk_is_recorded_once(book: JobBook) -> None:
    add(book, a_job())
    claim = claimed(book, "job_1-0")
    assert record(book, claim).accepted
    assert record(book, claim) == REFUSED
    assert book.find("job_1").counts.succeeded == 1


def test_a_record_that_fails_leaves_nothing_behind(book: JobBook) -> None:
    add(book, a_job(total=3), size=3)
    claim = claimed(book, "job_1-0")
    twice = results_of(claim)
    twice[2] = twice[0]

    with pytest.raises(Exception):  # noqa: B017, PT011  # each database has its own
        book.record(claim, twice, LATER)

    assert book.list_results("job_1", after=-1, limit=9) == []
    assert book.find("job_1").counts == Counts(3, processing=3)
    assert record(book, claim).job_ended


def test_a_result_comes_back_as_it_was(book: JobBook) -> None:
    add(book, a_job(total=1))
    claim = claimed(book, "job_1-0")
    result = Result(0, "søndag/\U0001f600 '; --.png", "id-7", five(), MODEL)

    book.record(claim, [result], LATER)

    assert book.result("job_1", 0) == result
    with pytest.raises(NoSuchItem):
        book.result("job_1", 1)
    with pytest.raises(NoSuchItem):
        book.result("job_2", 0)


def test_results_are_listed_by_index_page_by_page_with_filters(book: JobBook) -> None:
    add(book, a_job(total=6))
    readings = [five(), BROKEN, DOUBTFUL, five(), BROKEN, five()]
    for index in (4, 0, 2, 1, 5, 3):
        record(book, claimed(book, f"job_1-{index}"), readings[index])

    pages, after = [], -1
    while page := book.list_results("job_1", after=after, limit=1):
        pages.append(indexes(page))
        after = page[-1].index

    assert pages == [[0], [1], [2], [3], [4], [5]]
    assert indexes(book.list_results("job_1", after=-1, limit=9, status="failed")) == [1, 4]
    assert indexes(book.list_results("job_1", after=1, limit=1, status="failed")) == [4]
    assert indexes(book.list_results("job_1", after=-1, limit=9, status="succeeded")) == [0, 2, 3, 5]
    assert indexes(book.list_results("job_1", after=-1, limit=9, decision=Decision.NEEDS_REVIEW)) == [2]


# --- giving up ---


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


# --- ending ---


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


@pytest.mark.parametrize("text", ["\0", "a\0b", "x" * 100_000])
def test_what_no_column_can_hold_is_not_there(book: JobBook, text: str) -> None:
    with pytest.raises(Missing):
        book.find(text)
    with pytest.raises(Missing):
        book.cancel(text, NOW)
    with pytest.raises(Missing):
        book.result(text, 0)


@pytest.mark.parametrize("index", [2**31, 2**63, 2**70, -(2**70)])
def test_an_index_that_no_column_can_hold_is_not_there(book: JobBook, index: int) -> None:
    add(book, a_job())
    with pytest.raises(Missing):
        book.result("job_1", index)
    with pytest.raises(Missing):
        book.chunk_with("job_1", index)
