"""What every job book promises about finding: a job exists once it is added, and is found as it was."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from shared.domain import Job, Queue, ReadOptions, Status
from shared.errors import Missing, NoSuchItem, NoSuchJob
from shared.ports import JobBook
from tests.contracts.samples import NOW, a_job, add, claimed


def ids(jobs: Iterable[Job]) -> list[str]:
    return [job.id for job in jobs]


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
    for missing, error in ((("job_1", 5), NoSuchItem), (("job_1", -1), NoSuchItem), (("job_2", 0), NoSuchJob)):
        with pytest.raises(error):
            book.chunk_with(*missing)


def test_a_book_that_is_there_answers_a_ping(book: JobBook) -> None:
    book.ping()


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
