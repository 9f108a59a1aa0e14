"""What the life of a job needs from the outside world, as small protocols.

Every method may raise a subclass of `shared.errors.Unavailable` when its part is out of reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain import (
    Backlog,
    Chunk,
    Claim,
    Decision,
    Item,
    Job,
    ModelRef,
    Queue,
    Reading,
    ReadOptions,
    Receipt,
    Requeue,
    Result,
    Status,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a record: refused if the fence was lost, and whether the job ended with it."""

    accepted: bool
    job_ended: bool = False


class JobBook(Protocol):
    """The truth: jobs, chunks and results. Every method is one transaction."""

    def add(self, job: Job, new: Sequence[Chunk], receipt: Receipt | None = None) -> None:
        """Write a job and its chunks, and fill in its receipt; from here on the job exists.

        Raises KeyInFlight if the receipt's key stands for another job by now, or for none.
        """

    def begin(self, job: Job, new: Sequence[Chunk]) -> None:
        """Write a job whose upload is still coming in, with its first chunks.

        Workers may read them, but nobody finds the job before it is sealed, and it does not end before.
        """

    def extend(self, job: Job, new: Sequence[Chunk]) -> None:
        """Write more chunks of a job that was begun."""

    def seal(self, job: Job, new: Sequence[Chunk], now: datetime, receipt: Receipt | None = None) -> Job:
        """Write what is known of a begun job at the end of its upload, and its last chunks; from here on it exists.

        Gives the job as it stands. Raises NoSuchJob if it was abandoned, KeyInFlight as `add` does.
        """

    def abandon(self, job_id: str) -> None:
        """Forget a job that was begun and not sealed, if there is one, with all that was read of it."""

    def backlog(self) -> Backlog:
        """The accepted work that is not done yet."""

    def find(self, job_id: str) -> Job:
        """The job as it stands now. Raises NoSuchJob."""

    def list_jobs(self, *, limit: int, after: str | None = None, status: Status | None = None) -> list[Job]:
        """The newest jobs first, those older than the job `after`."""

    def list_results(
        self, job_id: str, *, after: int, limit: int, status: str | None = None, decision: Decision | None = None
    ) -> list[Result]:
        """Results in the order of their index, from index `after` + 1 on."""

    def result(self, job_id: str, index: int) -> Result:
        """One result. Raises NoSuchItem, NoSuchJob."""

    def chunk_with(self, job_id: str, index: int) -> Chunk:
        """The chunk that holds the image `index`. Raises NoSuchItem, NoSuchJob."""

    def announce(self, queue: Queue, window: int) -> list[str]:
        """Mark waiting chunks as queued, at most so many that `window` are queued or running, and give their ids.

        Owners take turns, and so do the jobs of an owner.
        """

    def announced(self, queue: Queue, patience: timedelta) -> list[str]:
        """The ids of the chunks that were announced longer ago than `patience` and that nobody has claimed."""

    def withdraw(self, chunk_ids: Sequence[str], why: Requeue) -> int:
        """Mark announced chunks as waiting again: no worker will hear of them; how many were not claimed meanwhile."""

    def claim(self, chunk_id: str, worker: str, lease: timedelta, now: datetime) -> Claim | None:
        """Take a chunk for the length of a lease, or None if it is not to be had: also if its job is overdue."""

    def record(self, claim: Claim, new: Sequence[Result], now: datetime) -> Recorded:
        """Results, counters, chunk and job in one step, if the claim still holds."""

    def release(self, chunk_id: str, worker: str, why: Requeue, fence: int | None = None) -> bool:
        """Give up the chunk that `worker` holds, so that it waits again. False if it held none.

        Processes of a host share its name: one that knows its claim's fence passes it, and gives up no sibling's claim.
        For a blameless reason the attempt does not count.
        """

    def release_all(self, worker: str) -> int:
        """Give up every chunk that `worker` holds: it has just been born and holds none; how many."""

    def split(self, claim: Claim, parts: Sequence[Chunk], attempt: int) -> bool:
        """Replace a claimed chunk by smaller ones, tried `attempt` times so far. False if the claim was lost."""

    def reclaim(self) -> int:
        """Let every running chunk whose lease has ended wait again; how many."""

    def requeues(self) -> Mapping[Requeue, int]:
        """How often chunks have had to wait again so far, by the reason."""

    def settle(self, now: datetime) -> list[str]:
        """End every job that has nothing left to do; their ids."""

    def cancel(self, job_id: str, now: datetime) -> Job:
        """Stop a job: what is running finishes, the rest is canceled. Raises NoSuchJob."""

    def retry(self, job_id: str) -> Job:
        """Open an ended job's failed images again. Raises NoSuchJob, Conflict if there are none, PackLost.

        What is kept was not read since then, so that the job has no start unless all is read again.
        """

    def expire_overdue(self, now: datetime) -> list[str]:
        """Stop the jobs whose deadline is past: what is running finishes, the rest expires; those that ended."""

    def ping(self) -> None:
        """Raise DatabaseUnavailable if the database does not answer, DatabaseOutdated if it lacks tables or columns."""


class Receipts(Protocol):
    """What callers promised to mean with an Idempotency-Key."""

    def reserve(self, receipt: Receipt, now: datetime, stale: datetime) -> Receipt | None:
        """Take an idempotency key; None if it is taken now, or what it stands for already.

        A key without a job that was taken before `stale` belongs to a process that died; it can be taken again.
        """

    def renew(self, receipt: Receipt, now: datetime) -> None:
        """Hold a reserved key longer: its upload goes on, or one that held it before and may yet become its job."""

    def give_back(self, receipt: Receipt) -> None:
        """Free a reserved key whose upload came to nothing, unless another upload has it by now."""

    def forget(self, before: datetime) -> None:
        """Delete the receipts from before a moment."""


class Retention(Protocol):
    """What nobody need keep any longer."""

    def clock(self) -> datetime:
        """What time it is where the jobs are kept."""

    def remove(self, job_id: str) -> None:
        """Delete an ended job with its chunks, results and receipts. Raises NoSuchJob, Conflict."""

    def expired(self, now: datetime, limit: int) -> list[str]:
        """Ended jobs that nobody need keep any longer."""

    def with_old_uploads(self, now: datetime, limit: int) -> list[str]:
        """Ended jobs whose uploads nobody need keep any longer: none with corrections, which are learned from."""

    def give_up_uploads(self, job_id: str, now: datetime) -> bool:
        """Note that a job's packs are going; False if they are needed after all, or given up already."""

    def forget_arriving(self, before: datetime) -> None:
        """Forget the jobs that were begun before a moment and never sealed."""

    def known(self, job_ids: Sequence[str]) -> set[str]:
        """Those of the ids that belong to a job."""


class PackStore(Protocol):
    """Where uploaded bytes lie: a folder or a bucket."""

    def put(self, key: str, data: bytes) -> None:
        """Write a pack whole or not at all."""

    def get(self, key: str) -> bytes:
        """Raises PackLost if there is no such pack."""

    def remove(self, prefix: str) -> None:
        """Delete every pack whose key starts with `prefix`."""

    def folders(self, parent: str, before: datetime) -> list[str]:
        """The names of the folders in `parent` to which nothing has been written since `before`."""

    def ping(self) -> None:
        """Raise StoreUnavailable if the store cannot be listed."""


class JobQueue(Protocol):
    """Tells workers, some time, that there is something to do. May forget and repeat."""

    def send(self, queue: Queue, chunk_ids: Sequence[str]) -> None:
        """One message a chunk, carrying its id only."""

    def with_message(self, queue: Queue, chunk_ids: Sequence[str], lease: timedelta) -> set[str]:
        """Those of the chunks of which a message waits, or which a worker has taken less than a lease ago."""

    def ping(self) -> None:
        """Raise BrokerUnavailable if the broker does not answer."""


class Notifier(Protocol):
    """Wakes those who wait for a job. Best effort: whoever waits also looks for himself now and then."""

    def progressed(self, job_id: str, *, ended: bool) -> None:
        """Something about the job has changed; perhaps it ended."""


class Recognizer(Protocol):
    """A model that reads digits."""

    @property
    def ref(self) -> ModelRef:
        """Which model this is."""

    def read(self, images: Sequence[bytes], options: ReadOptions) -> list[Reading]:
        """One reading an image, in the same order; never raises for what is in an image."""


#: Gives the recognizer of a model, loading it if need be. Raises NoSuchModel, ModelBroken or ModelSlow.
RecognizerSource = Callable[[ModelRef], Recognizer]
#: The time now, in UTC.
Clock = Callable[[], datetime]
#: Opens a pack: its items, with the bytes as they were sent.
PackReader = Callable[[bytes], Iterable[Item]]


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts a process works with, chosen in `shared.wiring`.

    `window` is how many chunks a queue may have announced at once; `lease` how long a worker may be silent.
    """

    book: JobBook
    receipts: Receipts
    retention: Retention
    store: PackStore
    queue: JobQueue
    notifier: Notifier
    window: int
    lease: timedelta
