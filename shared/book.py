"""SqlJobBook: every query of the project, each method one transaction.

Locks are taken in one order, the job before its chunks, so that PostgreSQL finds no deadlock. Only `record` starts with
the chunk it holds. Of those who hold the job few want a running chunk: who forgets an upload (`abandon`, and
`Retention.forget_arriving`), and `claim` once the lease has ended. Whoever of them is given up tries again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from shared.database import epoch_now, giving_way, one_at_a_time, patiently, reading, writing
from shared.domain import (
    TERMINAL,
    Backlog,
    Chunk,
    ChunkState,
    Claim,
    Decision,
    Job,
    ModelRef,
    Queue,
    ReadOptions,
    Receipt,
    Requeue,
    Result,
    Status,
)
from shared.errors import Conflict, NoSuchJob, PackLost
from shared.fairness import LOAD, NEXT_CHUNKS
from shared.ports import Recorded
from shared.receipts import fill_in
from shared.rows import chunk_from, chunk_values, job_from, job_values, result_from
from shared.statements import (
    BEGIN_JOB,
    COUNT,
    COUNT_REQUEUES,
    DONE_INDEXES,
    DROP_HELD,
    FINISH_HELD,
    JOB_OF_CHUNK,
    OPEN_CHUNK,
    TAKE,
    add_results,
    counted,
    drop_not_started,
    holding,
    jobs_query,
    missing,
    reopen_failed,
    results_query,
    settle,
)
from shared.tables import chunks, jobs, metadata, requeues, results

WORKABLE = [Status.QUEUED, Status.IN_PROGRESS]
#: What is known of a job only once its whole upload is there.
KNOWN_AT_THE_END = {"total", "bytes", "metadata", "expires_at", "uploads_expire_at", "deadline_at"}
#: Names the lock under which chunks are chosen for announcement; any number but the migrations' does.
ANNOUNCING = 20_261_122


class SqlJobBook:
    """The job book in SQLite or PostgreSQL; see `shared.ports.JobBook` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: Job, new: Sequence[Chunk], receipt: Receipt | None = None) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(jobs), job_values(job))
            if receipt:
                fill_in(connection, receipt, job.id)
            _add_chunks(connection, job.queue, new)

    # --- arriving ---

    def begin(self, job: Job, new: Sequence[Chunk]) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(jobs), job_values(job) | {"arriving": True})
            _add_chunks(connection, job.queue, new)

    def extend(self, job: Job, new: Sequence[Chunk]) -> None:
        with writing(self._engine) as connection:
            _add_chunks(connection, job.queue, new)

    def seal(self, job: Job, new: Sequence[Chunk], now: datetime, receipt: Receipt | None = None) -> Job:
        known_now = {name: value for name, value in job_values(job).items() if name in KNOWN_AT_THE_END}
        with writing(self._engine) as connection:
            sealing = update(jobs).where(jobs.c.id == job.id, jobs.c.arriving)
            if connection.execute(sealing.values(arriving=False, **known_now)).rowcount == 0:
                raise NoSuchJob
            if receipt:
                fill_in(connection, receipt, job.id)
            _add_chunks(connection, job.queue, new)
            settle(connection, now, jobs.c.id == job.id)
            return _job(connection, job.id)

    def abandon(self, job_id: str) -> None:
        giving_way(lambda: self._abandon(job_id))

    def _abandon(self, job_id: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(jobs).where(jobs.c.id == job_id, jobs.c.arriving))

    # --- looking ---

    def find(self, job_id: str) -> Job:
        with reading(self._engine) as connection:
            return _job(connection, job_id)

    def list_jobs(self, *, limit: int, after: str | None = None, status: Status | None = None) -> list[Job]:
        query = jobs_query().order_by(jobs.c.id.desc()).limit(limit)
        if after:
            query = query.where(jobs.c.id < after)
        if status:
            query = query.where(jobs.c.status == status)
        with reading(self._engine) as connection:
            return [job_from(row, row.processing) for row in connection.execute(query)]

    def list_results(
        self, job_id: str, *, after: int, limit: int, status: str | None = None, decision: Decision | None = None
    ) -> list[Result]:
        query = results_query(job_id).where(results.c.item_index > after)
        if status:
            query = query.where(results.c.status == status)
        if decision:
            query = query.where(results.c.decision == decision)
        with reading(self._engine) as connection:
            return [result_from(row) for row in connection.execute(query.order_by(results.c.item_index).limit(limit))]

    def result(self, job_id: str, index: int) -> Result:
        with reading(self._engine) as connection:
            row = connection.execute(results_query(job_id).where(results.c.item_index == index)).first()
            if row is None:
                raise missing(connection, job_id)
        return result_from(row)

    def chunk_with(self, job_id: str, index: int) -> Chunk:
        holds = (chunks.c.job_id == job_id, chunks.c.first <= index, chunks.c.first + chunks.c.count > index)
        with reading(self._engine) as connection:
            row = connection.execute(select(chunks).where(*holds)).first()
            if row is None:
                raise missing(connection, job_id)
        return chunk_from(row)

    def backlog(self) -> Backlog:
        left = jobs.c.total - jobs.c.succeeded - jobs.c.failed - jobs.c.canceled - jobs.c.expired
        sums = select(func.coalesce(func.sum(left), 0), func.coalesce(func.sum(jobs.c.bytes), 0))
        with reading(self._engine) as connection:
            images, size = connection.execute(sums.where(jobs.c.status.not_in(TERMINAL), ~jobs.c.arriving)).one()
        return Backlog(int(images), int(size))

    def ping(self) -> None:
        with reading(self._engine) as connection:
            for table in metadata.sorted_tables:
                connection.execute(select(table).limit(0))

    # --- announcing ---

    def announce(self, queue: Queue, window: int) -> list[str]:
        with reading(self._engine) as connection:
            in_flight, waiting = connection.execute(LOAD, {"of_queue": queue}).one()
            # Choosing fairly looks at every waiting chunk, so it is done for several places at once.
            if not waiting or window - in_flight < max(1, window // 4):
                return []
        with writing(self._engine) as connection:
            # Two who choose at once would each fill the same places.
            one_at_a_time(connection, ANNOUNCING)
            in_flight, _ = connection.execute(LOAD, {"of_queue": queue}).one()
            places = {"of_queue": queue, "places": max(0, window - in_flight)}
            chosen = list(connection.scalars(NEXT_CHUNKS, places))
            marked = update(chunks).where(chunks.c.id.in_(chosen), chunks.c.state == ChunkState.WAITING)
            queued = marked.values(state=ChunkState.QUEUED, announced_at=epoch_now()).returning(chunks.c.id)
            marked_ids = set(connection.scalars(queued))
        return [chunk_id for chunk_id in chosen if chunk_id in marked_ids]

    def announced(self, queue: Queue, patience: timedelta) -> list[str]:
        long_ago = chunks.c.announced_at < epoch_now() - patience.total_seconds()
        unclaimed = (chunks.c.queue == queue, chunks.c.state == ChunkState.QUEUED, long_ago)
        with reading(self._engine) as connection:
            return list(connection.scalars(select(chunks.c.id).where(*unclaimed)))

    def withdraw(self, chunk_ids: Sequence[str], why: Requeue) -> int:
        return self._wait_again(why, chunks.c.id.in_(chunk_ids), chunks.c.state == ChunkState.QUEUED)

    def reclaim(self) -> int:
        running = chunks.c.state == ChunkState.RUNNING
        return self._wait_again(Requeue.LEASE_ENDED, running, chunks.c.lease_until < epoch_now())

    def release(self, chunk_id: str, worker: str, why: Requeue, fence: int | None = None) -> bool:
        held = (chunks.c.id == chunk_id, chunks.c.worker == worker, chunks.c.state == ChunkState.RUNNING)
        newest = () if fence is None else (chunks.c.fence == fence,)
        return self._wait_again(why, *held, *newest) == 1

    def release_all(self, worker: str) -> int:
        held = (chunks.c.worker == worker, chunks.c.state == ChunkState.RUNNING)
        return self._wait_again(Requeue.WORKER_RESTARTED, *held)

    def _wait_again(self, why: Requeue, *where: ColumnElement[bool]) -> int:
        attempt = chunks.c.attempt - int(why.blameless)
        values = {"state": ChunkState.WAITING, "worker": None, "lease_until": None, "attempt": attempt}
        with writing(self._engine) as connection:
            found = connection.execute(update(chunks).where(*where).values(values)).rowcount
            if found:
                connection.execute(COUNT_REQUEUES, {"why": why, "more": found})
            return found

    def requeues(self) -> dict[Requeue, int]:
        with reading(self._engine) as connection:
            return {Requeue(reason): count for reason, count in connection.execute(select(requeues))}

    # --- working ---

    def claim(self, chunk_id: str, worker: str, lease: timedelta, now: datetime) -> Claim | None:
        return giving_way(lambda: self._claim(chunk_id, worker, lease, now))

    def _claim(self, chunk_id: str, worker: str, lease: timedelta, now: datetime) -> Claim | None:
        with writing(self._engine) as connection:
            job = connection.execute(JOB_OF_CHUNK, {"chunk_id": chunk_id}).first()
            if job is None or job.status not in WORKABLE or (job.deadline_at and job.deadline_at < now):
                return None
            taking = {"chunk_id": chunk_id, "holder": worker, "seconds": lease.total_seconds()}
            chunk = connection.execute(TAKE, taking).first()
            if chunk is None:
                return None
            if job.status == Status.QUEUED:
                connection.execute(BEGIN_JOB, {"of_job": job.id, "now": now})
            done = _done(connection, chunk)
        model, options = ModelRef(job.model_name, job.model_version), ReadOptions(**job.options)
        return Claim(chunk_from(chunk), Queue(chunk.queue), chunk.fence, chunk.attempt, model, options, done)

    def record(self, claim: Claim, new: Sequence[Result], now: datetime) -> Recorded:
        # Given up, the images would be read anew once the lease has ended; tried twice, they are recorded once.
        return patiently(lambda: self._record(claim, new, now))

    def _record(self, claim: Claim, new: Sequence[Result], now: datetime) -> Recorded:
        job_id = claim.chunk.job_id
        with writing(self._engine) as connection:
            if connection.execute(FINISH_HELD, holding(claim)).rowcount == 0:
                return Recorded(accepted=False)
            add_results(connection, job_id, new)
            stopping = connection.scalar(COUNT, {"of_job": job_id, **counted(new)}) == Status.CANCELING
            last = stopping or connection.scalar(OPEN_CHUNK, {"of_job": job_id}) is None
            ended = settle(connection, now, jobs.c.id == job_id) if last else []
        return Recorded(accepted=True, job_ended=bool(ended))

    def split(self, claim: Claim, parts: Sequence[Chunk], attempt: int) -> bool:
        with writing(self._engine) as connection:
            queue = connection.scalar(DROP_HELD, holding(claim))
            if queue is None:
                return False
            connection.execute(
                insert(chunks), [chunk_values(part, queue, ChunkState.WAITING, attempt) for part in parts]
            )
        return True

    # --- ending ---

    def settle(self, now: datetime) -> list[str]:
        with writing(self._engine) as connection:
            return settle(connection, now)

    def cancel(self, job_id: str, now: datetime) -> Job:
        with writing(self._engine) as connection:
            stopping = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(WORKABLE), ~jobs.c.arriving)
            if connection.execute(stopping.values(status=Status.CANCELING)).rowcount:
                settle(connection, now, jobs.c.id == job_id)
            return _job(connection, job_id)

    def expire_overdue(self, now: datetime) -> list[str]:
        overdue = select(jobs.c.id).where(jobs.c.deadline_at < now, jobs.c.status.in_(WORKABLE))
        with writing(self._engine) as connection:
            job_ids = list(connection.scalars(overdue.with_for_update(key_share=True)))
            drop_not_started(connection, chunks.c.job_id.in_(job_ids))
            return settle(connection, now, jobs.c.id.in_(job_ids))

    def retry(self, job_id: str) -> Job:
        with writing(self._engine) as connection:
            ended = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(TERMINAL), jobs.c.failed > 0)
            kept = ended.where(jobs.c.uploads_expire_at.is_not(None))
            again = kept.values(status=Status.QUEUED, outcome=None, started_at=None, ended_at=None, deadline_at=None)
            if connection.execute(again).rowcount == 0:
                raise _no_retry(_job(connection, job_id))
            reopened = reopen_failed(connection, job_id)
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(failed=jobs.c.failed - reopened))
            return _job(connection, job_id)


def _add_chunks(connection: Connection, queue: Queue, new: Sequence[Chunk]) -> None:
    if new:
        connection.execute(insert(chunks), [chunk_values(chunk, queue, ChunkState.WAITING) for chunk in new])


def _job(connection: Connection, job_id: str) -> Job:
    row = connection.execute(jobs_query().where(jobs.c.id == job_id)).first()
    if row is None:
        raise NoSuchJob
    return job_from(row, row.processing)


def _done(connection: Connection, chunk: Row[Any]) -> frozenset[int]:
    """The indexes of a chunk that was just taken which have their result; none if nobody had it before."""
    if chunk.fence == chunk.attempt == 1:
        return frozenset()
    bounds = {"of_job": chunk.job_id, "begin": chunk.first, "end": chunk.first + chunk.count}
    return frozenset(connection.scalars(DONE_INDEXES, bounds))


def _no_retry(job: Job) -> Conflict | PackLost:
    if not job.status.terminal:
        return Conflict(f"The job is {job.status}; wait for its end before you retry its failed images.")
    if job.counts.failed == 0:
        return Conflict("No image of this job failed; there is nothing to retry.")
    return PackLost("The uploads of this job were deleted when their time was over; submit these images again.")
