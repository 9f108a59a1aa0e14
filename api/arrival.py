"""A submission on its way in: its packs go to the store, and workers begin with the first while the rest arrives.

A job that fits one pack is submitted whole. A larger one is begun before its end is known, with the options that came
so far, and sealed at its end; nobody finds it in between. If other options come after the files, it is begun anew.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ulid import ULID

from api.bodies import Fields
from api.options import metadata_of, options_of
from api.schemas import JobOptions
from shared import lifecycle
from shared.catalog import ModelCatalog
from shared.domain import Chunk, Counts, Job, Queue, ReadOptions, Receipt, Status, Unreadable, Upload
from shared.errors import DigitqError, ImageTooLarge, Refused, TooLarge
from shared.packs import Pack, PackBuilder
from shared.ports import Parts
from shared.settings import Settings

#: Workers are told of a first pack at once, then of as many more as they know of already, and of so many at the most:
#: none waits for work at the beginning, and a large upload costs few transactions.
TOLD_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Desk:
    """What taking a submission in needs."""

    parts: Parts
    catalog: ModelCatalog
    settings: Settings


class NothingToRead(Refused):
    """The request holds no image; add files, an archive or items."""

    code = "nothing_to_read"


class Arrival:
    """One job in the making. Whoever takes uploads with it ends it with `complete` or `abandon`."""

    def __init__(self, desk: Desk, owner: str, fields: Fields) -> None:
        self._desk = desk
        self._owner = owner
        self._fields = fields  # more may come with the uploads
        self._job_id = f"job_{ULID()}"
        self._packs = PackBuilder(desk.settings.pack_images, desk.settings.pack_bytes)
        self._chunks: list[Chunk] = []
        self._told = 0
        self._begun: Job | None = None
        self._bytes = 0
        self._readable = False
        self._first_fault: Unreadable | None = None

    def take(self, upload: Upload) -> None:
        """Take one upload in. Raises Unavailable, InvalidRequest if the options that came are none."""
        if self._news_is_due():  # only now: as one more image comes, this is not all
            self._tell_workers()
        self._bytes += len(upload.data)
        self._readable = self._readable or upload.error is None
        self._first_fault = self._first_fault or upload.error
        if pack := self._packs.add(upload):
            self._put(pack)

    def complete(self, receipt: Receipt | None = None) -> Job:
        """The job, which exists from now on. Raises Refused if there is nothing to read in it, Unavailable."""
        if pack := self._packs.rest():
            self._put(pack)
        if not self._readable:
            options_of(self._fields)  # a file that was sent as a field is said to be one
            raise _refusal(self._first_fault)
        job = self._described(large=len(self._chunks) > 1)
        if self._begun and _read_alike(job, self._begun):
            return lifecycle.seal(self._desk.parts, job, self._chunks[self._told :], job.created_at, receipt)
        if self._begun:
            self._take_back()
        lifecycle.submit(self._desk.parts, job, self._chunks, receipt)
        return job

    def abandon(self) -> None:
        """Leave nothing of a job that did not come to be; what cannot be told now, `prune` finds later."""
        parts = self._desk.parts
        with suppress(DigitqError):
            parts.book.abandon(self._job_id)
            if not parts.retention.known([self._job_id]):
                parts.store.remove(lifecycle.pack_prefix(self._job_id))

    def _take_back(self) -> None:
        """Forget the early start: the images are to be read in another way."""
        self._desk.parts.book.abandon(self._job_id)
        # A worker may still hold a chunk; what it reads of it must not be taken for these.
        self._chunks = [replace(chunk, id=_chunk_id()) for chunk in self._chunks]

    def _put(self, pack: Pack) -> None:
        key = lifecycle.pack_key(self._job_id, len(self._chunks))
        self._desk.parts.store.put(key, pack.data)
        self._chunks.append(Chunk(_chunk_id(), self._job_id, key, pack.first, pack.count))

    def _news_is_due(self) -> bool:
        return len(self._chunks) - self._told >= min(max(self._told, 1), TOLD_AT_ONCE)

    def _tell_workers(self) -> None:
        untold = self._chunks[self._told :]
        if self._begun:
            lifecycle.extend(self._desk.parts, self._begun, untold)
        else:
            # Its time begins when its upload has ended.
            self._begun = replace(self._described(large=True), deadline_at=None)
            lifecycle.begin(self._desk.parts, self._begun, untold)
        self._told = len(self._chunks)

    def _described(self, *, large: bool) -> Job:
        """The job as far as it is known; it is large if it does not fit one pack."""
        options, settings = options_of(self._fields), self._desk.settings
        now = datetime.now(UTC)
        return Job(
            id=self._job_id,
            owner=self._owner,
            status=Status.QUEUED,
            queue=_queue(options, large=large),
            model=self._desk.catalog.resolve(options.model),
            options=ReadOptions(options.top_k, options.threshold, options.target_accuracy, options.normalize),
            counts=Counts(self._packs.taken),
            created_at=now,
            expires_at=now + timedelta(hours=settings.retention_hours),
            bytes=self._bytes,
            uploads_expire_at=now + timedelta(hours=settings.uploads_hours),
            deadline_at=now + timedelta(seconds=options.deadline_seconds) if options.deadline_seconds else None,
            metadata=metadata_of(self._fields),
        )


def _chunk_id() -> str:
    return f"chunk_{ULID()}"


def _read_alike(one: Job, other: Job) -> bool:
    return (one.model, one.options) == (other.model, other.options)


def _refusal(fault: Unreadable | None) -> Refused:
    """What is wrong with a request in which nothing can be read, judged by its first image."""
    if fault is None:
        return NothingToRead()
    kind = TooLarge if fault.code == ImageTooLarge.code else NothingToRead
    return kind(fault.message)


def _queue(options: JobOptions, *, large: bool) -> Queue:
    """What is not large goes first, unless its sender is in no hurry."""
    return Queue.BULK if large or options.priority != "auto" else Queue.INTERACTIVE
