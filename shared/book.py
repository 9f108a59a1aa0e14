"""SqlJobBook: every query of the project, each method one transaction.

Locks are taken in one order, the job before its chunks, so that PostgreSQL never finds a deadlock; `record`
may start with the chunk it holds, because nobody else wants the row of a running chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    ScalarSelect,
    Select,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from shared.database import epoch_now, reading, writing
from shared.domain import (
    Chunk,
    ChunkState,
    Claim,
    Decision,
    Digit,
    Job,
    ModelRef,
    Outcome,
    Queue,
    ReadOptions,
    Result,
    Status,
    Unreadable,
)
from shared.errors import Conflict, NoSuchItem, NoSuchJob
from shared.fairness import next_chunks
from shared.ports import Recorded
from shared.rows import chunk_from, chunk_values, job_from, job_values, result_from, result_values
from shared.tables import chunks, jobs, results

OPEN = [state for state in ChunkState if state.open]
ANNOUNCED = [ChunkState.QUEUED, ChunkState.RUNNING]
NOT_STARTED = [ChunkState.WAITING, ChunkState.QUEUED]
WORKABLE = [Status.QUEUED, Status.IN_PROGRESS]
TERMINAL = [status for status in Status if status.terminal]


class SqlJobBook:
    """The job book in SQLite or PostgreSQL; see `shared.ports.JobBook` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, job: Job, new: Sequence[Chunk]) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(jobs), job_values(job))
            connection.execute(insert(chunks), [chunk_values(c, job.queue, ChunkState.WAITING) for c in new])

    # --- looking ---

    def find(self, job_id: str) -> Job:
        with reading(self._engine) as connection:
            return _job(connection, job_id)

    def list_jobs(self, *, limit: int, after: str | None = None, status: Status | None = None) -> list[Job]:
        query = _jobs_query().order_by(jobs.c.id.desc()).limit(limit)
        if after:
            query = query.where(jobs.c.id < after)
        if status:
            query = query.where(jobs.c.status == status)
        with reading(self._engine) as connection:
            return [job_from(row, row.processing) for row in connection.execute(query)]

    def list_results(
        self, job_id: str, *, after: int, limit: int, status: str | None = None, decision: Decision | None = None
    ) -> list[Result]:
        query = _results_query(job_id).where(results.c.item_index > after)
        if status:
            query = query.where(results.c.status == status)
        if decision:
            query = query.where(results.c.decision == decision)
        with reading(self._engine) as connection:
            return [result_from(row) for row in connection.execute(query.order_by(results.c.item_index).limit(limit))]

    def result(self, job_id: str, index: int) -> Result:
        with reading(self._engine) as connection:
            row = connection.execute(_results_query(job_id).where(results.c.item_index == index)).first()
        if row is None:
            raise NoSuchItem
        return result_from(row)

    def chunk_with(self, job_id: str, index: int) -> Chunk:
        holds = (chunks.c.job_id == job_id, chunks.c.first <= index, chunks.c.first + chunks.c.count > index)
        with reading(self._engine) as connection:
            row = connection.execute(select(chunks).where(*holds)).first()
        if row is None:
            raise NoSuchItem
        return chunk_from(row)

    def expired(self, now: datetime, limit: int) -> list[str]:
        old = select(jobs.c.id).where(jobs.c.expires_at < now, jobs.c.status.in_(TERMINAL)).limit(limit)
        with reading(self._engine) as connection:
            return list(connection.scalars(old))

    def ping(self) -> None:
        with reading(self._engine) as connection:
            connection.execute(text("SELECT 1"))

    # --- announcing ---

    def announce(self, queue: Queue, window: int) -> list[str]:
        in_flight = select(func.count()).where(chunks.c.queue == queue, chunks.c.state.in_(ANNOUNCED))
        waiting = select(chunks.c.id).where(chunks.c.queue == queue, chunks.c.state == ChunkState.WAITING).limit(1)
        with reading(self._engine) as connection:
            free = window - connection.scalar(in_flight)  # type: ignore[operator]  # a count is never null
            # Choosing fairly looks at every waiting chunk, so it is done for several places at once.
            if free < max(1, window // 4) or connection.scalar(waiting) is None:
                return []
        with writing(self._engine) as connection:
            chosen = list(connection.scalars(next_chunks(queue, free)))
            marked = update(chunks).where(chunks.c.id.in_(chosen), chunks.c.state == ChunkState.WAITING)
            queued = marked.values(state=ChunkState.QUEUED, announced_at=epoch_now()).returning(chunks.c.id)
            marked_ids = set(connection.scalars(queued))
        return [chunk_id for chunk_id in chosen if chunk_id in marked_ids]

    def withdraw(self, chunk_ids: Sequence[str]) -> None:
        self._wait_again(chunks.c.id.in_(chunk_ids), chunks.c.state == ChunkState.QUEUED)

    def forget_announcements(self, queue: Queue, patience: timedelta) -> int:
        long_ago = chunks.c.announced_at < epoch_now() - patience.total_seconds()
        return self._wait_again(chunks.c.queue == queue, chunks.c.state == ChunkState.QUEUED, long_ago)

    def reclaim(self) -> int:
        return self._wait_again(chunks.c.state == ChunkState.RUNNING, chunks.c.lease_until < epoch_now())

    def release(self, chunk_id: str, worker: str, *, blameless: bool = False) -> bool:
        held = (chunks.c.id == chunk_id, chunks.c.worker == worker, chunks.c.state == ChunkState.RUNNING)
        return self._wait_again(*held, attempt=chunks.c.attempt - int(blameless)) == 1

    def release_all(self, worker: str) -> int:
        return self._wait_again(chunks.c.worker == worker, chunks.c.state == ChunkState.RUNNING)

    def _wait_again(self, *where: ColumnElement[bool], **changes: ColumnElement[int]) -> int:
        again = update(chunks).where(*where)
        values = {"state": ChunkState.WAITING, "worker": None, "lease_until": None, **changes}
        with writing(self._engine) as connection:
            return connection.execute(again.values(values)).rowcount

    # --- working ---

    def claim(self, chunk_id: str, worker: str, lease: timedelta, now: datetime) -> Claim | None:
        with writing(self._engine) as connection:
            job = connection.execute(_job_of_chunk(chunk_id)).first()
            if job is None or job.status not in WORKABLE:
                return None
            chunk = connection.execute(_take(chunk_id, worker, lease)).first()
            if chunk is None:
                return None
            first = update(jobs).where(jobs.c.id == job.id, jobs.c.status == Status.QUEUED)
            connection.execute(first.values(status=Status.IN_PROGRESS, started_at=now))
        model = ModelRef(job.model_name, job.model_version)
        return Claim(chunk_from(chunk), chunk.fence, chunk.attempt, model, ReadOptions(**job.options))

    def record(self, claim: Claim, new: Sequence[Result], now: datetime) -> Recorded:
        job_id = claim.chunk.job_id
        with writing(self._engine) as connection:
            done = update(chunks).where(_held(claim)).values(state=ChunkState.DONE, worker=None, lease_until=None)
            if connection.execute(done).rowcount == 0:
                return Recorded(accepted=False)
            connection.execute(insert(results), [result_values(job_id, result) for result in new])
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(_counted(new)))
            ended = _settle(connection, now, jobs.c.id == job_id)
        return Recorded(accepted=True, job_ended=bool(ended))

    def split(self, claim: Claim, parts: Sequence[Chunk], attempt: int) -> bool:
        with writing(self._engine) as connection:
            queue = connection.scalar(delete(chunks).where(_held(claim)).returning(chunks.c.queue))
            if queue is None:
                return False
            connection.execute(
                insert(chunks), [chunk_values(part, queue, ChunkState.WAITING, attempt) for part in parts]
            )
        return True

    # --- ending ---

    def settle(self, now: datetime) -> list[str]:
        with writing(self._engine) as connection:
            return _settle(connection, now)

    def cancel(self, job_id: str, now: datetime) -> Job:
        with writing(self._engine) as connection:
            stopping = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(WORKABLE))
            if connection.execute(stopping.values(status=Status.CANCELING)).rowcount:
                dropped = update(chunks).where(chunks.c.job_id == job_id, chunks.c.state.in_(NOT_STARTED))
                images = connection.scalars(dropped.values(state=ChunkState.CANCELED).returning(chunks.c.count))
                canceled = jobs.c.canceled + sum(images)
                connection.execute(update(jobs).where(jobs.c.id == job_id).values(canceled=canceled))
                _settle(connection, now, jobs.c.id == job_id)
            return _job(connection, job_id)

    def remove(self, job_id: str) -> None:
        with writing(self._engine) as connection:
            gone = delete(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(TERMINAL))
            if connection.execute(gone).rowcount == 0:
                job = _job(connection, job_id)
                raise Conflict(f"The job is {job.status}; cancel it before deleting it.")


def _job(connection: Connection, job_id: str) -> Job:
    row = connection.execute(_jobs_query().where(jobs.c.id == job_id)).first()
    if row is None:
        raise NoSuchJob
    return job_from(row, row.processing)


def _jobs_query() -> Select[Any]:
    running: ScalarSelect[Any] = (
        select(func.coalesce(func.sum(chunks.c.count), 0))
        .where(chunks.c.job_id == jobs.c.id, chunks.c.state == ChunkState.RUNNING)
        .scalar_subquery()
    )
    return select(jobs, running.label("processing"))


def _results_query(job_id: str) -> Select[Any]:
    return select(results, jobs.c.model_name).join(jobs).where(results.c.job_id == job_id)


def _job_of_chunk(chunk_id: str) -> Select[Any]:
    job_id = select(chunks.c.job_id).where(chunks.c.id == chunk_id).scalar_subquery()
    return select(jobs).where(jobs.c.id == job_id).with_for_update(key_share=True)


def _take(chunk_id: str, worker: str, lease: timedelta) -> Any:
    ended = (chunks.c.state == ChunkState.RUNNING) & (chunks.c.lease_until < epoch_now())
    free = or_(chunks.c.state.in_(NOT_STARTED), ended)
    return (
        update(chunks)
        .where(chunks.c.id == chunk_id, free)
        .values(
            state=ChunkState.RUNNING,
            attempt=chunks.c.attempt + 1,
            fence=chunks.c.fence + 1,
            worker=worker,
            lease_until=epoch_now() + lease.total_seconds(),
        )
        .returning(chunks)
    )


def _held(claim: Claim) -> ColumnElement[bool]:
    return (chunks.c.id == claim.chunk.id) & (chunks.c.fence == claim.fence) & (chunks.c.state == ChunkState.RUNNING)


def _counted(new: Sequence[Result]) -> dict[str, Any]:
    failed = sum(isinstance(result.reading, Unreadable) for result in new)
    doubtful = sum(
        isinstance(result.reading, Digit) and result.reading.decision is Decision.NEEDS_REVIEW for result in new
    )
    return {
        "succeeded": jobs.c.succeeded + len(new) - failed,
        "failed": jobs.c.failed + failed,
        "needs_review": jobs.c.needs_review + doubtful,
    }


def _settle(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> list[str]:
    """End the jobs that have no open chunk left."""
    still_open = select(chunks.c.id).where(chunks.c.job_id == jobs.c.id, chunks.c.state.in_(OPEN)).exists()
    outcome = case(
        (jobs.c.succeeded == 0, Outcome.ALL_FAILED),
        (jobs.c.succeeded == jobs.c.total, Outcome.ALL_SUCCEEDED),
        else_=Outcome.PARTIAL,
    )
    status = case((jobs.c.status == Status.CANCELING, Status.CANCELED), else_=Status.COMPLETED)
    ending = update(jobs).where(*which, jobs.c.status.not_in(TERMINAL), ~still_open)
    return list(connection.scalars(ending.values(status=status, outcome=outcome, ended_at=now).returning(jobs.c.id)))
