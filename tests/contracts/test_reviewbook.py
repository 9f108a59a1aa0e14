"""What the review book promises, in SQLite and in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from shared.book import SqlJobBook
from shared.domain import Decision, Digit, Result, Score
from shared.errors import NoSuchItem, NoSuchJob
from shared.retention import SqlRetention
from shared.reviewing import NOT_A_DIGIT, Correction, Place
from shared.reviews import SqlReviewBook
from tests.contracts.samples import BROKEN, DAY, MODEL, NOW, a_job, add, claimed

#: What was read in each job: the doubtful ones are 1 and 2.
DECISIONS = (Decision.ACCEPT, Decision.NEEDS_REVIEW, Decision.NEEDS_REVIEW, None)


def result(index: int, decision: Decision | None) -> Result:
    reading = Digit(str(index), 0.5, decision, (Score(str(index), 0.5),)) if decision else BROKEN
    return Result(index, f"{index}.png", None, reading, MODEL)


def read(book: SqlJobBook, job_id: str) -> None:
    """Put a job of four results into the book."""
    add(book, a_job(job_id, total=len(DECISIONS)), size=len(DECISIONS))
    claim = claimed(book, f"{job_id}-0")
    assert book.record(claim, [result(index, decision) for index, decision in enumerate(DECISIONS)], NOW).accepted


@pytest.fixture
def reviews(engine: Engine) -> SqlReviewBook:
    """The reviews of two jobs that were read."""
    book = SqlJobBook(engine)
    read(book, "job_1")
    read(book, "job_2")
    return SqlReviewBook(engine)


def said(label: str) -> Correction:
    return Correction(label, "Ada", NOW)


def places(reviews: SqlReviewBook, after: Place | None = None, limit: int = 9) -> list[Place]:
    return [Place(each.job_id, each.result.index) for each in reviews.pending(after=after, limit=limit)]


def test_the_outline_has_the_model_and_the_person_side_by_side(reviews: SqlReviewBook) -> None:
    reviews.correct(Place("job_1", 0), said(NOT_A_DIGIT))
    rows = reviews.outline("job_1", after=-1, limit=9)
    assert [(row.prediction, row.decision, row.corrected) for row in rows] == [
        ("0", "accept", NOT_A_DIGIT),
        ("1", "needs_review", None),
        ("2", "needs_review", None),
        (None, None, None),
    ]
    assert [row.index for row in reviews.outline("job_1", after=1, limit=1)] == [2]


def test_the_last_word_counts_and_every_word_is_kept(reviews: SqlReviewBook) -> None:
    for label in ("7", "8"):
        reviews.correct(Place("job_1", 3), said(label))
    assert reviews.corrections("job_1", 0, 9) == {3: said("8")}
    assert [(each.before, each.after) for each in reviews.history(before=None, limit=9)] == [("7", "8"), (None, "7")]

    reviews.withdraw(Place("job_1", 3), "Grace", NOW)
    assert reviews.corrections("job_1", 0, 9) == {}
    latest = reviews.history(before=None, limit=1)[0]
    assert (latest.before, latest.after, latest.reviewer, latest.reviewed_at) == ("8", None, "Grace", NOW)
    assert [each.id for each in reviews.history(before=latest.id, limit=9)] == [latest.id - 1, latest.id - 2]


def test_what_nobody_said_cannot_be_taken_back(reviews: SqlReviewBook) -> None:
    reviews.withdraw(Place("job_1", 3), "Grace", NOW)
    assert reviews.history(before=None, limit=9) == []


def test_corrected_images_are_kept_as_long_as_their_job(reviews: SqlReviewBook, engine: Engine) -> None:
    retention = SqlRetention(engine)
    reviews.correct(Place("job_1", 0), said("5"))
    assert retention.with_old_uploads(NOW + 2 * DAY, 9) == ["job_2"]
    assert not retention.give_up_uploads("job_1", NOW + 2 * DAY)
    assert sorted(retention.expired(NOW + 3 * DAY, 9)) == ["job_1", "job_2"]
    reviews.withdraw(Place("job_1", 0), "Ada", NOW)
    assert sorted(retention.with_old_uploads(NOW + 2 * DAY, 9)) == ["job_1", "job_2"]


def test_the_doubtful_ones_wait_in_their_order_over_all_jobs(reviews: SqlReviewBook) -> None:
    everything = [Place("job_1", 1), Place("job_1", 2), Place("job_2", 1), Place("job_2", 2)]
    assert places(reviews) == everything
    assert places(reviews, after=everything[1], limit=1) == everything[2:3]
    assert reviews.count_pending() == 4

    reviews.correct(everything[0], said("1"))
    assert places(reviews) == everything[1:]
    assert reviews.count_pending() == 3


def test_corrections_are_listed_by_job_and_index(reviews: SqlReviewBook) -> None:
    for place in (Place("job_2", 0), Place("job_1", 2), Place("job_1", 0)):
        reviews.correct(place, said("5"))
    found = [place for place, _ in reviews.corrected(after=None, limit=9)]
    assert found == [Place("job_1", 0), Place("job_1", 2), Place("job_2", 0)]
    assert [place for place, _ in reviews.corrected(after=found[0], limit=1)] == found[1:2]


def test_nothing_is_said_of_what_was_not_read(reviews: SqlReviewBook) -> None:
    for place, error in ((Place("job_1", 9), NoSuchItem), (Place("job_9", 0), NoSuchJob)):
        with pytest.raises(error):
            reviews.correct(place, said("5"))
        with pytest.raises(error):
            reviews.withdraw(place, "Ada", NOW)
    assert reviews.history(before=None, limit=9) == []


def test_two_people_who_speak_at_once_are_both_heard(reviews: SqlReviewBook) -> None:
    labels = [str(number % 10) for number in range(20)]
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda label: reviews.correct(Place("job_1", 0), said(label)), labels))
    history = reviews.history(before=None, limit=99)
    assert sorted(str(each.after) for each in history) == sorted(labels)
    assert [each.before for each in history] == [*(each.after for each in history[1:]), "0"]
