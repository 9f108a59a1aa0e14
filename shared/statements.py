"""The longer statements of the book, each with a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Float,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import epoch_now
from shared.domain import TERMINAL, ChunkState, Claim, Decision, Digit, Outcome, Result, Status
from shared.errors import Missing, NoSuchItem, NoSuchJob
from shared.rows import result_row
from shared.tables import chunks, jobs, results

OPEN = [state for state in ChunkState if state.open]
NOT_STARTED = [ChunkState.WAITING, ChunkState.QUEUED]


def jobs_query() -> Select[Any]:
    running: ScalarSelect[Any] = (
        select(func.coalesce(func.sum(chunks.c.count), 0))
        .where(chunks.c.job_id == jobs.c.id, chunks.c.state == ChunkState.RUNNING)
        .scalar_subquery()
    )
    return select(jobs, running.label("processing")).where(~jobs.c.arriving)


def results_query(job_id: str) -> Select[Any]:
    return select(results, jobs.c.model_name).join(jobs).where(results.c.job_id == job_id)


def missing(connection: Connection, job_id: str) -> Missing:
    """What there is not, where an image of a job was looked for in vain: the image, or the job."""
    known = select(jobs.c.id).where(jobs.c.id == job_id, ~jobs.c.arriving)
    return NoSuchItem() if connection.scalar(known) else NoSuchJob()


#: The job of the chunk `chunk_id`, locked: what its worker must know of it.
JOB_OF_CHUNK = (
    select(jobs.c.id, jobs.c.status, jobs.c.model_name, jobs.c.model_version, jobs.c.options, jobs.c.deadline_at)
    .where(jobs.c.id == select(chunks.c.job_id).where(chunks.c.id == bindparam("chunk_id")).scalar_subquery())
    .with_for_update(key_share=True)
)

#: Gives the chunk `chunk_id` to `holder` for `seconds`, if nobody has it or its lease has ended.
TAKE = (
    update(chunks)
    .where(
        chunks.c.id == bindparam("chunk_id"),
        chunks.c.state.in_(NOT_STARTED)
        | ((chunks.c.state == ChunkState.RUNNING) & (chunks.c.lease_until < epoch_now())),
    )
    .values(
        state=ChunkState.RUNNING,
        attempt=chunks.c.attempt + 1,
        fence=chunks.c.fence + 1,
        worker=bindparam("holder"),
        lease_until=epoch_now() + bindparam("seconds", type_=Float()),
    )
    .returning(chunks)
)

#: Says of the job `of_job` that its first chunk was taken `now`; one that keeps results of before has no such moment.
BEGIN_JOB = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"), jobs.c.status == Status.QUEUED)
    .values(
        status=Status.IN_PROGRESS,
        started_at=case(
            (
                jobs.c.succeeded + jobs.c.failed + jobs.c.canceled + jobs.c.expired == 0,
                bindparam("now", type_=jobs.c.started_at.type),
            )
        ),
    )
)

#: The indexes of the job `of_job` from `begin` up to `end`, without it, that have their result already.
DONE_INDEXES = select(results.c.item_index).where(
    results.c.job_id == bindparam("of_job"),
    results.c.item_index >= bindparam("begin"),
    results.c.item_index < bindparam("end"),
)

#: The chunk `held_chunk`, as long as the fence is the one with which it was claimed.
HELD = (
    (chunks.c.id == bindparam("held_chunk"))
    & (chunks.c.fence == bindparam("held_fence"))
    & (chunks.c.state == ChunkState.RUNNING)
)
FINISH_HELD = (
    update(chunks).where(HELD).values(state=ChunkState.DONE, worker=None, lease_until=None, done_at=epoch_now())
)
DROP_HELD = delete(chunks).where(HELD).returning(chunks.c.queue)

#: Adds to the counts of the job `of_job`, and gives its status.
COUNT = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"))
    .values(
        succeeded=jobs.c.succeeded + bindparam("read", type_=Integer()),
        failed=jobs.c.failed + bindparam("unread", type_=Integer()),
        needs_review=jobs.c.needs_review + bindparam("doubtful", type_=Integer()),
        rejected=jobs.c.rejected + bindparam("refused", type_=Integer()),
    )
    .returning(jobs.c.status)
)

#: A chunk of the job `of_job` that somebody has still to read, if there is one.
OPEN_CHUNK = select(chunks.c.id).where(chunks.c.job_id == bindparam("of_job"), chunks.c.state.in_(OPEN)).limit(1)

#: Adds `more` chunks to those that had to wait again for the reason `why`.
COUNT_REQUEUES = text(
    "INSERT INTO requeues (reason, count) VALUES (:why, :more) "
    "ON CONFLICT (reason) DO UPDATE SET count = requeues.count + excluded.count"
)


def holding(claim: Claim) -> dict[str, Any]:
    """The parameters of HELD."""
    return {"held_chunk": claim.chunk.id, "held_fence": claim.fence}


def counted(new: Sequence[Result]) -> dict[str, int]:
    """What COUNT adds for these results."""
    decisions = [result.reading.decision for result in new if isinstance(result.reading, Digit)]
    return {
        "read": len(decisions),
        "unread": len(new) - len(decisions),
        "doubtful": decisions.count(Decision.NEEDS_REVIEW),
        "refused": decisions.count(Decision.REJECT),
    }


def _ending() -> ReturningUpdate[Any]:
    """Ends, at the time `now`, jobs without open chunks; what nobody read was canceled, or its time ran out."""
    still_open = select(chunks.c.id).where(chunks.c.job_id == jobs.c.id, chunks.c.state.in_(OPEN)).exists()
    canceling = jobs.c.status == Status.CANCELING
    left = jobs.c.total - jobs.c.succeeded - jobs.c.failed - jobs.c.canceled - jobs.c.expired
    status = case(
        (canceling | (jobs.c.canceled > 0), Status.CANCELED),
        (jobs.c.expired + left > 0, Status.EXPIRED),
        else_=Status.COMPLETED,
    )
    outcome = case(
        (jobs.c.succeeded == 0, Outcome.ALL_FAILED),
        (jobs.c.succeeded == jobs.c.total, Outcome.ALL_SUCCEEDED),
        else_=Outcome.PARTIAL,
    )
    ending = update(jobs).where(jobs.c.status.not_in(TERMINAL), ~jobs.c.arriving, ~still_open)
    return ending.values(
        status=status,
        outcome=outcome,
        canceled=case((canceling, jobs.c.canceled + left), else_=jobs.c.canceled),
        expired=case((canceling, jobs.c.expired), else_=jobs.c.expired + left),
        ended_at=bindparam("now", type_=jobs.c.ended_at.type),
    ).returning(jobs.c.id)


ENDING = _ending()


def settle(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> list[str]:
    """End the jobs that have nothing left to do; their ids."""
    # A chunk that was running when its job was canceled, and was given up since, will never be claimed again.
    canceling = select(jobs.c.id).where(*which, jobs.c.status == Status.CANCELING)
    drop_not_started(connection, chunks.c.job_id.in_(canceling))
    return list(connection.scalars(ENDING.where(*which), {"now": now}))


def drop_not_started(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Take the chunks back that no worker has claimed."""
    dropped = update(chunks).where(*which, chunks.c.state.in_(NOT_STARTED))
    connection.execute(dropped.values(state=ChunkState.CANCELED))


#: How a driver that takes values by their names calls places, and one that takes them by place anyway.
PLACES = {"pyformat": "format", "qmark": "qmark"}


@cache
def _insert_results(dialect: Dialect) -> str:
    """The statement that takes its values in the order of the table's columns."""
    kind: Any = type(dialect)
    return str(insert(results).compile(dialect=kind(paramstyle=PLACES[dialect.paramstyle])))


def add_results(connection: Connection, job_id: str, new: Sequence[Result]) -> None:
    """Insert results, compiled once and handed to the driver as they are: a third of the usual cost."""
    if new:
        rows = [result_row(job_id, result) for result in new]
        connection.exec_driver_sql(_insert_results(connection.dialect), rows)


def reopen_failed(connection: Connection, job_id: str) -> int:
    """Forget a job's failed results and let their chunks wait again; how many images."""
    failed = (results.c.job_id == job_id, results.c.status == "failed")
    within = results.c.item_index.between(chunks.c.first, chunks.c.first + chunks.c.count - 1)
    reopened = update(chunks).where(
        chunks.c.job_id == job_id, select(results.c.item_index).where(*failed, within).exists()
    )
    connection.execute(reopened.values(state=ChunkState.WAITING, attempt=0, announced_at=None))
    return connection.execute(delete(results).where(*failed)).rowcount
