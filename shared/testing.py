"""The ports in memory, for tests and for trying things out: they keep every promise of `shared.ports`."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from shared import lifecycle
from shared.domain import Decision, Digit, Job, ModelRef, Queue, Reading, ReadOptions, Receipt, Score, Unreadable
from shared.errors import BrokerUnavailable, Conflict, PackLost
from shared.memory_book import MemoryBook
from shared.packs import unpack
from shared.ports import Clock, Parts, RecognizerSource


class MemoryReceipts:
    """The receipts of a `MemoryBook`; see `shared.ports.Receipts`."""

    def __init__(self, book: MemoryBook) -> None:
        self._book = book

    def reserve(self, receipt: Receipt, now: datetime, stale: datetime) -> Receipt | None:
        key = receipt.owner, receipt.key
        with self._book.lock:
            standing, reserved_at = self._book.receipts.get(key, (receipt, stale))
            if key in self._book.receipts and (standing.job_id or reserved_at >= stale):
                return standing
            self._book.receipts[key] = replace(receipt, fingerprint=None), now
        return None

    def renew(self, receipt: Receipt, now: datetime) -> None:
        key = receipt.owner, receipt.key
        with self._book.lock:
            standing, _ = self._book.receipts.get(key, (None, now))
            if standing and standing.job_id is None:
                self._book.receipts[key] = standing, now

    def give_back(self, receipt: Receipt) -> None:
        with self._book.lock:
            standing, _ = self._book.receipts.get((receipt.owner, receipt.key), (receipt, None))
            if standing.job_id is None and standing.upload_id == receipt.upload_id:
                self._book.receipts.pop((receipt.owner, receipt.key), None)

    def forget(self, before: datetime) -> None:
        with self._book.lock:
            kept = {key: entry for key, entry in self._book.receipts.items() if entry[1] >= before}
            self._book.receipts = kept


class MemoryRetention:
    """What nobody need keep of a `MemoryBook`; see `shared.ports.Retention`."""

    def __init__(self, book: MemoryBook) -> None:
        self._book = book

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def remove(self, job_id: str) -> None:
        with self._book.lock:
            job = self._book.find(job_id)
            if not job.status.terminal:
                raise Conflict(f"The job is {job.status}; cancel it before you delete it.")
            self._book.drop(job_id)

    def expired(self, now: datetime, limit: int) -> list[str]:
        return [job.id for job in self._ended() if job.expires_at < now][:limit]

    def with_old_uploads(self, now: datetime, limit: int) -> list[str]:
        return [job.id for job in self._ended() if job.uploads_expire_at and job.uploads_expire_at < now][:limit]

    def _ended(self) -> list[Job]:
        with self._book.lock:
            return [job for job in self._book.jobs.values() if job.status.terminal]

    def give_up_uploads(self, job_id: str, now: datetime) -> bool:
        with self._book.lock:
            if is_old := job_id in self.with_old_uploads(now, len(self._book.jobs)):
                self._book.jobs[job_id] = replace(self._book.jobs[job_id], uploads_expire_at=None)
            return is_old

    def forget_arriving(self, before: datetime) -> None:
        with self._book.lock:
            for job_id in [each for each in self._book.arriving if self._book.jobs[each].created_at < before]:
                self._book.abandon(job_id)

    def known(self, job_ids: Sequence[str]) -> set[str]:
        return self._book.jobs.keys() & set(job_ids)


class MemoryStore:
    """Packs in a dictionary; see `shared.ports.PackStore`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._written_at: dict[str, float] = {}
        self.packs: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.packs[key] = data
        self._written_at[key] = self._clock()

    def get(self, key: str) -> bytes:
        try:
            return self.packs[key]
        except KeyError as error:
            raise PackLost from error

    def remove(self, prefix: str) -> None:
        for key in [key for key in self.packs if key.startswith(prefix)]:
            del self.packs[key]

    def folders(self, parent: str, before: datetime) -> list[str]:
        newest: dict[str, float] = {}
        for key in self.packs:
            if key.startswith(parent):
                name = key.removeprefix(parent).split("/")[0]
                newest[name] = max(newest.get(name, 0), self._written_at[key])
        return [name for name, written_at in newest.items() if written_at < before.timestamp()]

    def ping(self) -> None:
        """Memory always answers."""


class MemoryQueue:
    """A broker that delivers each message once, unless a test takes it `away` or wipes it."""

    def __init__(self) -> None:
        self._messages: defaultdict[Queue, deque[str]] = defaultdict(deque)
        self.away = False
        #: What a worker has taken and not acknowledged, if a test says so.
        self.taken: set[str] = set()

    def send(self, queue: Queue, chunk_ids: Sequence[str]) -> None:
        self._check()
        self._messages[queue].extend(chunk_ids)

    def with_message(self, queue: Queue, chunk_ids: Sequence[str], lease: timedelta) -> set[str]:
        self._check()
        return {*self._messages[queue], *self.taken}.intersection(chunk_ids)

    def waiting(self, queue: Queue) -> list[str]:
        """The chunks whose messages wait."""
        return list(self._messages[queue])

    def ping(self) -> None:
        self._check()

    def take(self) -> str | None:
        """The next message, interactive ones first, or None."""
        return next((self._messages[queue].popleft() for queue in Queue if self._messages[queue]), None)

    def wipe(self) -> None:
        """Forget every message."""
        self._messages.clear()

    def _check(self) -> None:
        if self.away:
            raise BrokerUnavailable


@dataclass(slots=True)
class MemoryNotifier:
    """Remembers what it was told; see `shared.ports.Notifier`."""

    told: list[tuple[str, bool]] = field(default_factory=list)

    def progressed(self, job_id: str, *, ended: bool) -> None:
        self.told.append((job_id, ended))


def calm(images: Sequence[bytes]) -> None:
    """The mood of a recognizer that nothing goes wrong with."""


@dataclass(frozen=True, slots=True)
class MoodyRecognizer:
    """Reads b"0" to b"9" as that digit, and nothing else as an image; its mood may first raise, wait or meddle."""

    ref: ModelRef
    mood: Callable[[Sequence[bytes]], None] = calm

    def read(self, images: Sequence[bytes], options: ReadOptions) -> list[Reading]:
        self.mood(images)
        return [read_word(image) for image in images]


def read_word(image: bytes) -> Reading:
    """What a `MoodyRecognizer` says about an image."""
    if len(image) == 1 and image.isdigit():
        label = image.decode()
        decision = Decision.NEEDS_REVIEW if label == "0" else Decision.ACCEPT
        return Digit(label, 0.99, decision, (Score(label, 0.99),))
    return Unreadable("not_an_image", "This is not an image; send PNG, JPEG, BMP, GIF, TIFF or WebP.")


def memory_parts(clock: Callable[[], float] = time.time, *, window: int = 4, lease: float = 60) -> Parts:
    """Every port in memory; `lease` in seconds."""
    book = MemoryBook(clock)
    return Parts(
        book=book,
        receipts=MemoryReceipts(book),
        retention=MemoryRetention(book),
        store=MemoryStore(clock),
        queue=MemoryQueue(),
        notifier=MemoryNotifier(),
        window=window,
        lease=timedelta(seconds=lease),
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def work_off(parts: Parts, recognizers: RecognizerSource = MoodyRecognizer, clock: Clock = utc_now) -> int:
    """Work as a worker would until a `MemoryQueue` holds no message; how many it held."""
    assert isinstance(parts.queue, MemoryQueue)
    worked = 0
    while (chunk_id := parts.queue.take()) is not None:
        lifecycle.work(parts, chunk_id, "worker", recognizers, unpack, clock)
        worked += 1
    return worked
