"""What is promised about what nobody need keep: jobs that ended, their uploads, and uploads that never ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import Receipt
from shared.errors import Conflict, NoSuchJob
from shared.ports import JobBook, Receipts, Retention
from tests.contracts.samples import DAY, LEASE, NOW, a_job, add, claimed, read


def test_the_clock_tells_the_time(retention: Retention) -> None:
    assert abs(retention.clock() - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_removed_job_takes_its_chunks_and_results_along(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    read(book, "job_1-0", "job_1-1", "job_1-2")

    retention.remove("job_1")

    with pytest.raises(NoSuchJob):
        book.find("job_1")
    assert book.list_results("job_1", after=-1, limit=9) == []
    assert book.list_jobs(limit=9) == []
    add(book, a_job(total=3))  # its chunks' ids are free again
    assert book.list_results("job_1", after=-1, limit=9) == []


def test_a_removed_job_frees_its_key(book: JobBook, retention: Retention, receipts: Receipts) -> None:
    key, other = Receipt("local", "key"), Receipt("local", "other")
    for receipt, job_id in ((key, "job_1"), (other, "job_2")):
        receipts.reserve(receipt, NOW, stale=NOW - DAY)
        add(book, a_job(job_id), receipt=receipt)
        book.cancel(job_id, NOW)
    retention.remove("job_1")
    assert receipts.reserve(key, NOW, stale=NOW - DAY) is None
    assert receipts.reserve(other, NOW, stale=NOW - DAY)


def test_a_job_that_has_not_ended_is_not_removed(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    with pytest.raises(Conflict):
        retention.remove("job_1")
    claimed(book, "job_1-0")
    book.cancel("job_1", NOW)
    with pytest.raises(Conflict):
        retention.remove("job_1")
    assert book.find("job_1").counts.total == 3


def test_an_unknown_job_is_not_removed(retention: Retention) -> None:
    with pytest.raises(NoSuchJob):
        retention.remove("job_1")


def test_ended_jobs_expire_and_their_uploads_sooner(book: JobBook, retention: Retention) -> None:
    for job_id in ("job_1", "job_2"):
        add(book, a_job(job_id, total=3))
        book.cancel(job_id, NOW)
    add(book, a_job("job_3", total=3))  # has not ended

    assert retention.with_old_uploads(NOW + DAY, 9) == []
    assert sorted(retention.with_old_uploads(NOW + DAY + LEASE, 9)) == ["job_1", "job_2"]
    assert len(retention.with_old_uploads(NOW + DAY + LEASE, 1)) == 1
    assert retention.expired(NOW + 2 * DAY, 9) == []
    assert sorted(retention.expired(NOW + 3 * DAY, 9)) == ["job_1", "job_2"]
    assert len(retention.expired(NOW + 3 * DAY, 1)) == 1


def test_any_number_of_jobs_can_be_asked_for(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    assert retention.known([*(f"gone_{number}" for number in range(70_000)), "job_1"]) == {"job_1"}


def test_removed_uploads_are_not_removed_again(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    book.cancel("job_1", NOW)
    assert not retention.give_up_uploads("job_1", NOW)
    assert retention.give_up_uploads("job_1", NOW + 3 * DAY)
    assert not retention.give_up_uploads("job_1", NOW + 3 * DAY)
    assert retention.with_old_uploads(NOW + 3 * DAY, 9) == []
    assert book.find("job_1").uploads_expire_at is None


def test_known_are_the_jobs_that_exist(book: JobBook, retention: Retention) -> None:
    add(book, a_job(total=3))
    assert retention.known(["job_1", "job_2"]) == {"job_1"}
    assert retention.known([]) == set()


def test_uploads_that_never_ended_are_forgotten_when_they_are_old(book: JobBook, retention: Retention) -> None:
    add(book, a_job())
    book.begin(a_job("old"), [])
    book.begin(a_job("new", created_at=NOW + DAY), [])
    retention.forget_arriving(NOW + DAY)
    assert retention.known(["job_1", "old", "new"]) == {"job_1", "new"}
