"""Takes a submission in: the job exists once all of its upload is there, or nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from ulid import ULID

from api.arrival import Arrival, Desk
from api.bodies import Body, too_many
from api.fingerprint import Fingerprint
from shared.domain import Job, Receipt, Upload
from shared.errors import BacklogFull, DigitqError, KeyInFlight, KeyReused, TooLarge
from shared.settings import Settings

#: An upload with a key that has brought nothing for so long, longer than one is waited for, is over: its sender may try
#: again with the same key.
ABANDONED = timedelta(seconds=40)
#: Until keys name the callers, there is one.
LOCAL_OWNER = "local"

T = TypeVar("T")


def check_backlog(desk: Desk) -> None:
    """Raise BacklogFull if so much work waits that no more is taken on: told before a body is read."""
    backlog, limits = desk.parts.book.backlog(), desk.settings
    if backlog.images >= limits.max_backlog_images or backlog.bytes >= limits.max_backlog_bytes:
        raise BacklogFull


def take_in(desk: Desk, body: Body, key: str | None = None, owner: str = LOCAL_OWNER) -> Job:
    """Store the uploads of a request and submit them as one job, or give the job that its key stands for.

    Raises Refused if there is nothing to read or too much, KeyInFlight, NoSuchModel, Unavailable. Whatever is
    raised, nothing stays behind.
    """
    if key is None:
        return _new_job(desk, body, owner)
    receipt = Receipt(owner, key, upload_id=str(ULID()))
    now = datetime.now(UTC)
    if standing := desk.parts.receipts.reserve(receipt, now, stale=now - ABANDONED):
        return _same_job(desk, body, standing)
    try:
        return _new_job(desk, body, owner, receipt)
    except BaseException:
        with suppress(DigitqError):
            desk.parts.receipts.give_back(receipt)
        raise


def _same_job(desk: Desk, body: Body, receipt: Receipt) -> Job:
    """The job of an earlier request, if this one is the same. Raises KeyInFlight, KeyReused, NoSuchJob."""
    if receipt.job_id is None:
        raise KeyInFlight
    fingerprint = Fingerprint()
    for _ in fingerprint.watch(within_limits(body.uploads(), desk.settings)):
        pass
    if fingerprint.of(body.fields) != receipt.fingerprint:
        raise KeyReused
    return desk.parts.book.find(receipt.job_id)


def _new_job(desk: Desk, body: Body, owner: str, receipt: Receipt | None = None) -> Job:
    arrival = Arrival(desk, owner, body.fields)
    try:
        if receipt:
            receipt = _taken_in_with_key(desk, body, receipt, arrival)
        else:
            _take_all(arrival, within_limits(body.uploads(), desk.settings))
        return arrival.complete(receipt)
    except BaseException:
        arrival.abandon()
        raise


def _taken_in_with_key(desk: Desk, body: Body, receipt: Receipt, arrival: Arrival) -> Receipt:
    """Hold the key while bytes come, and while images come of them; the receipt with the fingerprint of all."""
    fingerprint = Fingerprint()
    body = replace(body, chunks=_held(desk, receipt, body.chunks))
    uploads = fingerprint.watch(within_limits(body.uploads(), desk.settings))
    _take_all(arrival, _held(desk, receipt, uploads))
    return replace(receipt, fingerprint=fingerprint.of(body.fields))


def _take_all(arrival: Arrival, uploads: Iterator[Upload]) -> None:
    for upload in uploads:
        arrival.take(upload)


def _held(desk: Desk, receipt: Receipt, stream: Iterator[T]) -> Iterator[T]:
    """Pass on what arrives, and hold its key as long as something does."""
    renewed = datetime.now(UTC)
    for piece in stream:
        if (now := datetime.now(UTC)) - renewed > ABANDONED / 4:
            desk.parts.receipts.renew(receipt, now)
            renewed = now
        yield piece


def within_limits(uploads: Iterator[Upload], settings: Settings) -> Iterator[Upload]:
    """Pass uploads on. Raises TooLarge with the first that is too many."""
    size = 0
    for count, upload in enumerate(uploads, 1):
        size += len(upload.data)
        if count > settings.max_images:
            raise too_many(settings.max_images)
        if size > settings.max_upload_bytes:
            raise TooLarge(f"A job may have {settings.max_upload_bytes} bytes; send the rest in another job.")
        yield upload
