"""The words of digitq as frozen values: jobs, chunks and readings.

What there is one of for every image, or more, is a NamedTuple: it is made in half of a dataclass' time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"  #: accepted and stored; no worker has touched it
    IN_PROGRESS = "in_progress"  #: at least one chunk has been claimed
    CANCELING = "canceling"  #: no new chunk is claimed; running ones finish
    COMPLETED = "completed"  #: every image has its result
    FAILED = "failed"  #: the job as a whole could not be worked on
    CANCELED = "canceled"  #: stopped by its owner; what was done stays readable
    EXPIRED = "expired"  #: its time ran out; what was done stays readable

    @property
    def terminal(self) -> bool:
        return self in TERMINAL


#: The states in which nothing happens to a job any more, unless its owner has the failed images read again.
TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.EXPIRED})


class Outcome(StrEnum):
    """What a finished job amounts to: completed with no success must not look like success."""

    ALL_SUCCEEDED = "all_succeeded"
    PARTIAL = "partial"
    ALL_FAILED = "all_failed"


class ChunkState(StrEnum):
    """Where a chunk is: the unit that one worker process reads in one go."""

    WAITING = "waiting"  #: in the database only
    QUEUED = "queued"  #: announced to the broker
    RUNNING = "running"  #: claimed by a worker until its lease ends
    DONE = "done"  #: its results are recorded
    CANCELED = "canceled"  #: will not be worked on

    @property
    def open(self) -> bool:
        return self in {ChunkState.WAITING, ChunkState.QUEUED, ChunkState.RUNNING}


class Queue(StrEnum):
    """The broker's queues, in the order in which workers serve them."""

    INTERACTIVE = "interactive"  #: somebody is waiting
    BULK = "bulk"


class Requeue(StrEnum):
    """Why a chunk had to wait again; while nothing goes wrong none has to."""

    WORKER_LOST = "worker_lost"  #: the process that read it died, or was killed as it took too long
    WORKER_RESTARTED = "worker_restarted"  #: a worker came back under its name and had held it before
    LEASE_ENDED = "lease_ended"  #: its worker was silent for a whole lease
    INTERRUPTED = "interrupted"  #: its worker gave it up: it took too long, or nobody foresaw what happened
    PART_AWAY = "part_away"  #: the store or the database was out of reach
    BROKER_AWAY = "broker_away"  #: the broker could not be told of it
    MESSAGE_LOST = "message_lost"  #: the broker, or a worker before it had begun, lost its message

    @property
    def blameless(self) -> bool:
        """Whether the chunk itself cannot be the reason, so that the attempt does not count against it."""
        return self is Requeue.PART_AWAY


class Decision(StrEnum):
    """What to do with a reading."""

    ACCEPT = "accept"
    NEEDS_REVIEW = "needs_review"
    REJECT = "reject"


class Score(NamedTuple):
    """One class and its calibrated probability, 0 to 1."""

    label: str
    score: float


class Normalization(NamedTuple):
    """What was done to an image before the network saw it, and what was noticed about it."""

    inverted: bool = False
    flags: tuple[str, ...] = ()


class Digit(NamedTuple):
    """An image that was read: the digit, how sure the model is, and what to do with it."""

    label: str
    confidence: float
    decision: Decision
    top_k: tuple[Score, ...] = ()
    reasons: tuple[str, ...] = ()
    normalization: Normalization = Normalization()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image that was not read, and why: an answer, not an exception."""

    code: str
    message: str


#: What the recognizer says about one image.
Reading = Digit | Unreadable


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model's name and version: what a job is pinned to."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the images of a job are to be read.

    `threshold` is the confidence from which a reading is accepted; None leaves it to the model's manifest,
    from which `target_accuracy` (of the accepted readings, 0 to 1) picks one. `normalize` is the model's own
    way ("auto"), MNIST's conditions ("mnist") or a plain resize ("plain").
    """

    top_k: int = 3
    threshold: float | None = None
    target_accuracy: float | None = None
    normalize: str = "auto"


class Upload(NamedTuple):
    """One image as sent, or why it could not be taken."""

    filename: str
    data: bytes = b""
    custom_id: str | None = None
    error: Unreadable | None = None


class Item(NamedTuple):
    """An upload in its place in a job."""

    index: int  # type: ignore[assignment]  # tuples have a method of this name, which nobody wants here
    upload: Upload


@dataclass(frozen=True, slots=True)
class Counts:
    """How many images of a job are where.

    All but the last two exclude each other and add up to `total`; the last two are of those that succeeded.
    """

    total: int
    processing: int = 0
    succeeded: int = 0
    failed: int = 0
    canceled: int = 0
    expired: int = 0
    needs_review: int = 0
    rejected: int = 0

    @property
    def accepted(self) -> int:
        return self.succeeded - self.needs_review - self.rejected

    @property
    def accepted_share(self) -> float | None:
        """Which share of the images that were read so far was accepted; None while there are none."""
        return self.accepted / self.succeeded if self.succeeded else None

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.canceled + self.expired

    @property
    def queued(self) -> int:
        return self.total - self.ended - self.processing

    @property
    def outcome(self) -> Outcome:
        if self.succeeded == 0:
            return Outcome.ALL_FAILED
        return Outcome.ALL_SUCCEEDED if self.succeeded == self.total else Outcome.PARTIAL


@dataclass(frozen=True, slots=True)
class Job:
    """A batch of images that somebody wants read.

    `bytes` is what its uploads have; they are kept until `uploads_expire_at`, None once they are gone. What is not
    read by `deadline_at` is not read at all. `started_at` is None also once only some images are read again: most of
    the counts are from before then, and no pace can be told from them.
    """

    id: str
    owner: str
    status: Status
    queue: Queue
    model: ModelRef
    options: ReadOptions
    counts: Counts
    created_at: datetime
    expires_at: datetime
    bytes: int = 0
    uploads_expire_at: datetime | None = None
    deadline_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of `count` images of a job, from the image `first` on, stored in one pack."""

    id: str
    job_id: str
    pack: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk in the hands of one worker: only the holder of the newest fence may record it.

    `done` are the indexes that have their result already, when only the failed images are read again.
    """

    chunk: Chunk
    queue: Queue
    fence: int
    attempt: int
    model: ModelRef
    options: ReadOptions
    done: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much accepted work is not done yet."""

    images: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an Idempotency-Key stood for: a job, or None while its upload, of this id, is under way."""

    owner: str
    key: str
    fingerprint: str | None = None
    job_id: str | None = None
    upload_id: str | None = None


class Result(NamedTuple):
    """One row of the results table."""

    index: int  # type: ignore[assignment]  # as in Item
    filename: str
    custom_id: str | None
    reading: Reading
    model: ModelRef
