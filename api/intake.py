"""Takes a submission in: uploads stream into packs in the store, and then the job exists, or nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from ulid import ULID

from api.bodies import Body, Fields
from api.fingerprint import Fingerprint
from api.options import metadata_of, options_of
from api.schemas import JobOptions
from shared import lifecycle
from shared.catalog import ModelCatalog
from shared.domain import Chunk, Counts, Job, Queue, ReadOptions, Receipt, Status, Unreadable, Upload
from shared.errors import BacklogFull, DigitqError, ImageTooLarge, KeyInFlight, KeyReused, Refused, TooLarge
from shared.packs import Pack, PackBuilder
from shared.ports import Parts
from shared.settings import Settings

#: An upload with a key that has brought nothing for so long is over: its sender may try again with the same key.
ABANDONED = timedelta(seconds=20)
#: Until keys name the callers, there is one.
LOCAL_OWNER = "local"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """What taking a submission in needs."""

    parts: Parts
    catalog: ModelCatalog
    settings: Settings


class NothingToRead(Refused):
    """The request holds no image; add files, an archive or items."""

    code = "nothing_to_read"


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
    receipt = Receipt(owner, key)
    now = datetime.now(UTC)
    if standing := desk.parts.receipts.reserve(receipt, now, stale=now - ABANDONED):
        return _same_job(desk, body, standing)
    try:
        return _new_job(desk, replace(body, chunks=_held(desk, receipt, body.chunks)), owner, receipt)
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
    job_id = f"job_{ULID()}"
    fingerprint = Fingerprint()
    uploads = within_limits(body.uploads(), desk.settings)
    try:
        stored = _store(desk, job_id, _held(desk, receipt, fingerprint.watch(uploads)) if receipt else uploads)
        job = _job(desk, job_id, owner, stored, body.fields)
        if receipt:
            receipt = replace(receipt, fingerprint=fingerprint.of(body.fields))
        lifecycle.submit(desk.parts, job, stored.chunks, receipt)
    except BaseException:
        _clean_up(desk.parts, job_id)
        raise
    return job


def _held(desk: Desk, receipt: Receipt, stream: Iterator[T]) -> Iterator[T]:
    """Pass on what arrives, and hold its key as long as something does."""
    renewed = datetime.now(UTC)
    for piece in stream:
        if (now := datetime.now(UTC)) - renewed > ABANDONED / 4:
            desk.parts.receipts.renew(receipt, now)
            renewed = now
        yield piece


def _clean_up(parts: Parts, job_id: str) -> None:
    """Remove the packs of a job that did not come to be; what cannot be told now, `prune` finds later."""
    with suppress(DigitqError):
        if not parts.retention.known([job_id]):
            parts.store.remove(lifecycle.pack_prefix(job_id))


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds of a submission."""

    chunks: list[Chunk]
    images: int
    bytes: int


def _store(desk: Desk, job_id: str, uploads: Iterator[Upload]) -> Stored:
    builder = PackBuilder(desk.settings.pack_images, desk.settings.pack_bytes)
    chunks: list[Chunk] = []
    first_fault: Unreadable | None = None
    readable, size = False, 0

    def put(pack: Pack | None) -> None:
        if pack:
            key = lifecycle.pack_key(job_id, len(chunks))
            desk.parts.store.put(key, pack.data)
            chunks.append(Chunk(f"chunk_{ULID()}", job_id, key, pack.first, pack.count))

    for upload in uploads:
        size += len(upload.data)
        readable = readable or upload.error is None
        first_fault = first_fault or upload.error
        put(builder.add(upload))
    put(builder.rest())
    if not readable:
        raise _refusal(first_fault)
    return Stored(chunks, builder.taken, size)


def _refusal(fault: Unreadable | None) -> Refused:
    """What is wrong with a request in which nothing can be read, judged by its first image."""
    if fault is None:
        return NothingToRead()
    kind = TooLarge if fault.code == ImageTooLarge.code else NothingToRead
    return kind(fault.message)


def within_limits(uploads: Iterator[Upload], settings: Settings) -> Iterator[Upload]:
    """Pass uploads on. Raises TooLarge with the first that is too many."""
    size = 0
    for count, upload in enumerate(uploads, 1):
        size += len(upload.data)
        if count > settings.max_images:
            raise TooLarge(f"A job may have {settings.max_images} images; send the rest in another job.")
        if size > settings.max_upload_bytes:
            raise TooLarge(f"A job may have {settings.max_upload_bytes} bytes; send the rest in another job.")
        yield upload


def _job(desk: Desk, job_id: str, owner: str, stored: Stored, fields: Fields) -> Job:
    options, settings = options_of(fields), desk.settings
    now = datetime.now(UTC)
    return Job(
        id=job_id,
        owner=owner,
        status=Status.QUEUED,
        queue=_queue(options, stored.images, settings),
        model=desk.catalog.resolve(options.model),
        options=ReadOptions(options.top_k, options.threshold, options.target_accuracy, options.normalize),
        counts=Counts(stored.images),
        created_at=now,
        expires_at=now + timedelta(hours=settings.retention_hours),
        bytes=stored.bytes,
        uploads_expire_at=now + timedelta(hours=settings.uploads_hours),
        deadline_at=now + timedelta(seconds=options.deadline_seconds) if options.deadline_seconds else None,
        metadata=metadata_of(fields),
    )


def _queue(options: JobOptions, total: int, settings: Settings) -> Queue:
    """What fits one pack goes first, unless its sender is in no hurry."""
    small = total <= settings.pack_images
    return Queue.INTERACTIVE if small and options.priority == "auto" else Queue.BULK
