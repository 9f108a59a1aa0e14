"""What every keeper of receipts promises: an idempotency key is taken once, and stands for one job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain import Receipt
from shared.errors import KeyInFlight, NoSuchJob
from shared.ports import JobBook, Receipts
from tests.contracts.samples import DAY, NOW, a_job, add

KEY = Receipt("local", "key")


def test_a_key_is_taken_once(receipts: Receipts) -> None:
    assert receipts.reserve(KEY, NOW, stale=NOW - DAY) is None
    assert receipts.reserve(KEY, NOW, stale=NOW - DAY) == KEY


def test_keys_of_different_callers_are_different_keys(receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    assert receipts.reserve(replace(KEY, owner="another"), NOW, stale=NOW - DAY) is None


def test_a_key_stands_for_the_job_that_was_added_with_it(book: JobBook, receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(book, a_job(), receipt=replace(KEY, fingerprint="f"))

    standing = receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY)

    assert standing == Receipt("local", "key", "f", "job_1")


def test_a_key_that_came_to_nothing_is_free_again(receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    receipts.give_back(KEY)
    assert receipts.reserve(KEY, NOW, stale=NOW - DAY) is None


def test_an_upload_that_lost_its_key_does_not_free_it(receipts: Receipts) -> None:
    first, second = replace(KEY, upload_id="first"), replace(KEY, upload_id="second")
    receipts.reserve(first, NOW, stale=NOW - DAY)
    receipts.reserve(second, NOW + 2 * DAY, stale=NOW + DAY)
    receipts.give_back(first)
    assert receipts.reserve(first, NOW + 2 * DAY, stale=NOW + DAY)
    receipts.give_back(second)
    assert receipts.reserve(first, NOW + 2 * DAY, stale=NOW + DAY) is None


def test_a_key_that_stands_for_a_job_is_not_given_back(book: JobBook, receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(book, a_job(), receipt=KEY)
    receipts.give_back(KEY)
    assert receipts.reserve(KEY, NOW, stale=NOW - DAY) == replace(KEY, job_id="job_1")


def test_the_key_of_a_process_that_died_can_be_taken_again(receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    later = NOW + 2 * DAY
    assert receipts.reserve(KEY, later, stale=NOW + DAY) is None
    assert receipts.reserve(KEY, later, stale=NOW + DAY) == KEY


def test_an_upload_that_goes_on_keeps_its_key(receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    receipts.renew(KEY, NOW + 2 * DAY)
    assert receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY) == KEY


def test_a_key_that_stands_for_a_job_is_not_renewed(book: JobBook, receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(book, a_job(), receipt=KEY)
    receipts.renew(KEY, NOW + 2 * DAY)
    assert receipts.reserve(KEY, NOW + 2 * DAY, stale=NOW + DAY) == replace(KEY, job_id="job_1")


def test_of_two_uploads_that_have_held_a_key_the_first_to_end_becomes_the_job(
    book: JobBook, receipts: Receipts
) -> None:
    first, second = replace(KEY, upload_id="first"), replace(KEY, upload_id="second")
    receipts.reserve(first, NOW, stale=NOW - DAY)
    receipts.reserve(second, NOW + 2 * DAY, stale=NOW + DAY)
    receipts.renew(first, NOW + 4 * DAY)
    assert receipts.reserve(KEY, NOW + 4 * DAY, stale=NOW + 3 * DAY), "the first upload goes on"
    add(book, a_job(), receipt=first)
    with pytest.raises(KeyInFlight):
        add(book, a_job("job_2"), receipt=second)
    with pytest.raises(NoSuchJob):
        book.find("job_2")


def test_no_job_comes_of_an_upload_whose_key_was_given_back(book: JobBook, receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    receipts.give_back(KEY)
    with pytest.raises(KeyInFlight):
        add(book, a_job(), receipt=KEY)


def test_old_keys_are_forgotten(book: JobBook, receipts: Receipts) -> None:
    receipts.reserve(KEY, NOW, stale=NOW - DAY)
    add(book, a_job(), receipt=KEY)
    receipts.reserve(replace(KEY, key="fresh"), NOW + DAY, stale=NOW)

    receipts.forget(NOW + DAY)

    assert receipts.reserve(KEY, NOW + DAY, stale=NOW) is None
    assert receipts.reserve(replace(KEY, key="fresh"), NOW + DAY, stale=NOW) is not None
