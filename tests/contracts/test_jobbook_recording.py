"""What every job book promises about recording: all or nothing, and only by the holder."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from shared.domain import Counts, Decision, Outcome, Result, Status, Unreadable
from shared.errors import NoSuchItem, NoSuchJob
from shared.ports import JobBook, Recorded
from tests.contracts.samples import (
    BROKEN,
    DOUBTFUL,
    LATER,
    MODEL,
    NO_LEASE,
    REFUSED,
    a_job,
    add,
    claimed,
    five,
    read,
    record,
    results_of,
)


def indexes(results: Iterable[Result]) -> list[int]:
    return [result.index for result in results]


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
    with pytest.raises(NoSuchJob):
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
