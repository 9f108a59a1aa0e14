"""The job book in memory: it keeps every promise of `shared.ports.JobBook`, for tests and for trying things out.

Time is a function that is passed in, so that a test can let a lease end without waiting.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from shared.domain import (
    Backlog,
    Chunk,
    ChunkState,
    Claim,
    Decision,
    Digit,
    Job,
    Queue,
    Reading,
    Receipt,
    Requeue,
    Result,
    Status,
    Unreadable,
)
from shared.errors import Conflict, KeyInFlight, NoSuchItem, NoSuchJob, PackLost
from shared.ports import Recorded

NOT_STARTED = {ChunkState.WAITING, ChunkState.QUEUED}
ANNOUNCED = {ChunkState.QUEUED, ChunkState.RUNNING}
WORKABLE = {Status.QUEUED, Status.IN_PROGRESS}

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class ChunkRow:
    """A chunk and what has become of it; times are seconds by the book's own clock."""

    chunk: Chunk
    queue: Queue
    state: ChunkState = ChunkState.WAITING
    attempt: int = 0
    fence: int = 0
    worker: str | None = None
    announced_at: float = 0.0
    lease_until: float = 0.0

    @property
    def images(self) -> range:
        return range(self.chunk.first, self.chunk.first + self.chunk.count)

    def held_by(self, worker: str) -> bool:
        return self.state is ChunkState.RUNNING and self.worker == worker


def _whole(method: F) -> F:
    """Every method is one transaction."""

    @wraps(method)
    def locked(self: MemoryBook, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            return method(self, *args, **kwargs)

    return cast("F", locked)


class MemoryBook:
    """The job book in dictionaries; see `shared.ports.JobBook`."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.jobs: dict[str, Job] = {}
        self.arriving: set[str] = set()
        self.rows: dict[str, ChunkRow] = {}
        self.results: dict[str, dict[int, Result]] = {}
        self.counted: Counter[Requeue] = Counter()
        #: By owner and key: the receipt, and when its key was reserved.
        self.receipts: dict[tuple[str, str], tuple[Receipt, datetime]] = {}

    @_whole
    def add(self, job: Job, new: Sequence[Chunk], receipt: Receipt | None = None) -> None:
        self._fill_in(receipt, job)
        self.jobs[job.id] = job
        self.results[job.id] = {}
        self.extend(job, new)

    def _fill_in(self, receipt: Receipt | None, job: Job) -> None:
        if receipt:
            standing, reserved_at = self.receipts.get((receipt.owner, receipt.key), (None, job.created_at))
            if standing is None or standing.job_id:
                raise KeyInFlight
            self.receipts[receipt.owner, receipt.key] = replace(receipt, job_id=job.id), reserved_at

    # --- arriving ---

    @_whole
    def begin(self, job: Job, new: Sequence[Chunk]) -> None:
        self.add(job, new)
        self.arriving.add(job.id)

    @_whole
    def extend(self, job: Job, new: Sequence[Chunk]) -> None:
        self.rows |= {chunk.id: ChunkRow(chunk, job.queue) for chunk in new}

    @_whole
    def seal(self, job: Job, new: Sequence[Chunk], now: datetime, receipt: Receipt | None = None) -> Job:
        if job.id not in self.arriving:
            raise NoSuchJob
        self._fill_in(receipt, job)
        begun = self.jobs[job.id]
        self.arriving.discard(job.id)
        self.jobs[job.id] = replace(
            begun,
            counts=replace(begun.counts, total=job.counts.total),
            bytes=job.bytes,
            metadata=job.metadata,
            expires_at=job.expires_at,
            uploads_expire_at=job.uploads_expire_at,
            deadline_at=job.deadline_at,
        )
        self.extend(job, new)
        self._settle(job.id, now)
        return self.find(job.id)

    @_whole
    def abandon(self, job_id: str) -> None:
        if job_id in self.arriving:
            self.arriving.discard(job_id)
            self.drop(job_id)

    def drop(self, job_id: str) -> None:
        """Delete a job with its chunks, results and receipts."""
        self.rows = {row.chunk.id: row for row in self.rows.values() if row.chunk.job_id != job_id}
        self.receipts = {key: entry for key, entry in self.receipts.items() if entry[0].job_id != job_id}
        del self.jobs[job_id], self.results[job_id]

    # --- looking ---

    @_whole
    def find(self, job_id: str) -> Job:
        if job_id not in self.jobs or job_id in self.arriving:
            raise NoSuchJob
        job = self.jobs[job_id]
        running = sum(row.chunk.count for row in self._of(job_id) if row.state is ChunkState.RUNNING)
        left = job.counts.total - job.counts.ended
        return replace(job, counts=replace(job.counts, processing=min(running, left)))

    @_whole
    def list_jobs(self, *, limit: int, after: str | None = None, status: Status | None = None) -> list[Job]:
        newest = sorted(self.jobs.keys() - self.arriving, reverse=True)
        wanted = [job_id for job_id in newest if not after or job_id < after]
        found = [self.find(job_id) for job_id in wanted if not status or self.jobs[job_id].status is status]
        return found[:limit]

    @_whole
    def list_results(
        self, job_id: str, *, after: int, limit: int, status: str | None = None, decision: Decision | None = None
    ) -> list[Result]:
        found = [
            result
            for index, result in sorted(self.results.get(job_id, {}).items())
            if index > after and _fits(result.reading, status, decision)
        ]
        return found[:limit]

    @_whole
    def result(self, job_id: str, index: int) -> Result:
        if index not in self.results.get(job_id, {}):
            self.find(job_id)
            raise NoSuchItem
        return self.results[job_id][index]

    @_whole
    def chunk_with(self, job_id: str, index: int) -> Chunk:
        for row in self._of(job_id):
            if index in row.images:
                return row.chunk
        self.find(job_id)
        raise NoSuchItem

    @_whole
    def backlog(self) -> Backlog:
        sealed = [self.jobs[job_id] for job_id in self.jobs.keys() - self.arriving]
        unended = [job for job in sealed if not job.status.terminal]
        return Backlog(sum(job.counts.total - job.counts.ended for job in unended), sum(job.bytes for job in unended))

    def ping(self) -> None:
        """Memory always answers."""

    # --- announcing ---

    @_whole
    def announce(self, queue: Queue, window: int) -> list[str]:
        flying = [r for r in self.rows.values() if r.queue is queue and r.state in ANNOUNCED]
        chosen = []
        while len(flying) < window and (waiting := self._waiting(queue)):
            row = min(waiting, key=self._turn(flying))
            row.state, row.announced_at = ChunkState.QUEUED, self.clock()
            flying.append(row)
            chosen.append(row.chunk.id)
        return chosen

    def _waiting(self, queue: Queue) -> list[ChunkRow]:
        return [row for row in self.rows.values() if row.queue is queue and row.state is ChunkState.WAITING]

    def _turn(self, flying: Sequence[ChunkRow]) -> Callable[[ChunkRow], tuple[int, int, datetime, int]]:
        """Whoever has least in flight comes next: first among owners, then among an owner's jobs."""
        jobs = [self.jobs[row.chunk.job_id] for row in flying]

        def turn(row: ChunkRow) -> tuple[int, int, datetime, int]:
            job = self.jobs[row.chunk.job_id]
            of_owner = sum(other.owner == job.owner for other in jobs)
            return of_owner, sum(other.id == job.id for other in jobs), job.created_at, row.chunk.first

        return turn

    @_whole
    def announced(self, queue: Queue, patience: timedelta) -> list[str]:
        long_ago = self.clock() - patience.total_seconds()
        queued = [row for row in self.rows.values() if row.queue is queue and row.state is ChunkState.QUEUED]
        return [row.chunk.id for row in queued if row.announced_at < long_ago]

    @_whole
    def withdraw(self, chunk_ids: Sequence[str], why: Requeue) -> int:
        queued = [row for row in self.rows.values() if row.state is ChunkState.QUEUED]
        return self._wait_again(why, [row for row in queued if row.chunk.id in chunk_ids])

    @_whole
    def reclaim(self) -> int:
        return self._wait_again(Requeue.LEASE_ENDED, [row for row in self.rows.values() if self._lease_ended(row)])

    def _lease_ended(self, row: ChunkRow) -> bool:
        return row.state is ChunkState.RUNNING and row.lease_until < self.clock()

    @_whole
    def release(self, chunk_id: str, worker: str, why: Requeue, fence: int | None = None) -> bool:
        row = self.rows.get(chunk_id)
        held = row and row.held_by(worker) and fence in {None, row.fence}
        return self._wait_again(why, [row] if row and held else []) == 1

    @_whole
    def release_all(self, worker: str) -> int:
        return self._wait_again(Requeue.WORKER_RESTARTED, [row for row in self.rows.values() if row.held_by(worker)])

    def _wait_again(self, why: Requeue, rows: Sequence[ChunkRow]) -> int:
        for row in rows:
            row.state, row.worker, row.attempt = ChunkState.WAITING, None, row.attempt - why.blameless
            self.counted[why] += 1
        return len(rows)

    @_whole
    def requeues(self) -> dict[Requeue, int]:
        return dict(self.counted)

    # --- working ---

    @_whole
    def claim(self, chunk_id: str, worker: str, lease: timedelta, now: datetime) -> Claim | None:
        row = self.rows.get(chunk_id)
        if row is None or not (row.state in NOT_STARTED or self._lease_ended(row)):
            return None
        job = self.jobs[row.chunk.job_id]
        if job.status not in WORKABLE or (job.deadline_at and job.deadline_at < now):
            return None
        if job.status is Status.QUEUED:
            started_at = None if job.counts.ended else now
            self.jobs[job.id] = replace(job, status=Status.IN_PROGRESS, started_at=started_at)
        row.state, row.worker, row.lease_until = ChunkState.RUNNING, worker, self.clock() + lease.total_seconds()
        row.attempt, row.fence = row.attempt + 1, row.fence + 1
        done = frozenset(self.results[job.id]).intersection(row.images)
        return Claim(row.chunk, job.queue, row.fence, row.attempt, job.model, job.options, done)

    @_whole
    def record(self, claim: Claim, new: Sequence[Result], now: datetime) -> Recorded:
        row = self._held(claim)
        if row is None:
            return Recorded(accepted=False)
        results = self.results[claim.chunk.job_id]
        indexes = [result.index for result in new]
        if len(set(indexes)) < len(indexes) or not results.keys().isdisjoint(indexes):
            raise ValueError("An image has one result.")
        row.state, row.worker = ChunkState.DONE, None
        results.update(zip(indexes, new, strict=True))
        self._count(claim.chunk.job_id, new)
        return Recorded(accepted=True, job_ended=self._settle(claim.chunk.job_id, now))

    @_whole
    def split(self, claim: Claim, parts: Sequence[Chunk], attempt: int) -> bool:
        row = self._held(claim)
        if row is None:
            return False
        del self.rows[claim.chunk.id]
        self.rows |= {part.id: ChunkRow(part, row.queue, attempt=attempt) for part in parts}
        return True

    def _held(self, claim: Claim) -> ChunkRow | None:
        row = self.rows.get(claim.chunk.id)
        return row if row and row.state is ChunkState.RUNNING and row.fence == claim.fence else None

    def _count(self, job_id: str, new: Sequence[Result]) -> None:
        job = self.jobs[job_id]
        failed = sum(isinstance(result.reading, Unreadable) for result in new)
        doubtful, refused = (
            sum(_fits(result.reading, None, decision) for result in new)
            for decision in (Decision.NEEDS_REVIEW, Decision.REJECT)
        )
        counts = replace(
            job.counts,
            succeeded=job.counts.succeeded + len(new) - failed,
            failed=job.counts.failed + failed,
            needs_review=job.counts.needs_review + doubtful,
            rejected=job.counts.rejected + refused,
        )
        self.jobs[job_id] = replace(job, counts=counts)

    # --- ending ---

    @_whole
    def settle(self, now: datetime) -> list[str]:
        return [job_id for job_id in self.jobs if self._settle(job_id, now)]

    def _settle(self, job_id: str, now: datetime) -> bool:
        job = self.jobs[job_id]
        if job.status is Status.CANCELING:
            self._drop_not_started(job_id)
        if job.status.terminal or job_id in self.arriving or any(row.state.open for row in self._of(job_id)):
            return False
        self.jobs[job_id] = replace(_ended(job), ended_at=now)
        return True

    def _drop_not_started(self, job_id: str) -> None:
        for row in self._of(job_id):
            if row.state in NOT_STARTED:
                row.state = ChunkState.CANCELED

    @_whole
    def cancel(self, job_id: str, now: datetime) -> Job:
        job = self.find(job_id)
        if job.status in WORKABLE:
            self.jobs[job_id] = replace(self.jobs[job_id], status=Status.CANCELING)
            self._settle(job_id, now)
        return self.find(job_id)

    @_whole
    def expire_overdue(self, now: datetime) -> list[str]:
        working = [job for job in self.jobs.values() if job.status in WORKABLE]
        overdue = [job.id for job in working if job.deadline_at and job.deadline_at < now]
        for job_id in overdue:
            self._drop_not_started(job_id)
        return [job_id for job_id in overdue if self._settle(job_id, now)]

    @_whole
    def retry(self, job_id: str) -> Job:
        job = self.find(job_id)
        failed = {index for index, result in self.results[job_id].items() if isinstance(result.reading, Unreadable)}
        if not job.status.terminal or not failed:
            raise Conflict
        if job.uploads_expire_at is None:
            raise PackLost
        for row in self._of(job_id):
            if not failed.isdisjoint(row.images):
                row.state, row.attempt = ChunkState.WAITING, 0
        for index in failed:
            del self.results[job_id][index]
        counts = replace(job.counts, failed=job.counts.failed - len(failed))
        timeless = replace(job, started_at=None, ended_at=None, deadline_at=None)
        self.jobs[job_id] = again = replace(timeless, status=Status.QUEUED, outcome=None, counts=counts)
        return again

    def _of(self, job_id: str) -> list[ChunkRow]:
        return [row for row in self.rows.values() if row.chunk.job_id == job_id]


def _ended(job: Job) -> Job:
    """A job with nothing left to do: what nobody read by then was canceled, or its time ran out."""
    left = job.counts.total - job.counts.ended
    canceling = job.status is Status.CANCELING
    canceled, expired = job.counts.canceled + left * canceling, job.counts.expired + left * (not canceling)
    status = Status.EXPIRED if expired else Status.COMPLETED
    if canceling or canceled:
        status = Status.CANCELED
    counts = replace(job.counts, canceled=canceled, expired=expired)
    return replace(job, status=status, outcome=counts.outcome, counts=counts)


def _fits(reading: Reading, status: str | None, decision: Decision | None) -> bool:
    read = isinstance(reading, Digit)
    right_status = status is None or read == (status == "succeeded")
    return right_status and (decision is None or (isinstance(reading, Digit) and reading.decision is decision))
