"""The longer statements of the book, each with a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Float,
    ScalarSelect,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from shared.database import epoch_now
from shared.documents import dumps
from shared.domain import TERMINAL, Chunk, ChunkState, Claim, Decision, Digit, Outcome, Result, Status, Unreadable
from shared.tables import chunks, jobs, results

#: The columns of results that hold JSON.
DOCUMENTS = [column.name for column in results.columns if isinstance(column.type, JSON)]
OPEN = [state for state in ChunkState if state.open]
NOT_STARTED = [ChunkState.WAITING, ChunkState.QUEUED]


def jobs_query() -> Select[Any]:
    running: ScalarSelect[Any] = (
        select(func.coalesce(func.sum(chunks.c.count), 0))
        .where(chunks.c.job_id == jobs.c.id, chunks.c.state == ChunkState.RUNNING)
        .scalar_subquery()
    )
    return select(jobs, running.label("processing"))


def results_query(job_id: str) -> Select[Any]:
    return select(results, jobs.c.model_name).join(jobs).where(results.c.job_id == job_id)


#: The job of the chunk `chunk_id`, locked.
JOB_OF_CHUNK = (
    select(jobs)
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

#: A chunk of the job `of_job` that somebody has still to read, if there is one.
OPEN_CHUNK = select(chunks.c.id).where(chunks.c.job_id == bindparam("of_job"), chunks.c.state.in_(OPEN)).limit(1)


def held(claim: Claim) -> ColumnElement[bool]:
    return (chunks.c.id == claim.chunk.id) & (chunks.c.fence == claim.fence) & (chunks.c.state == ChunkState.RUNNING)


def counted(new: Sequence[Result]) -> dict[str, Any]:
    failed = sum(isinstance(result.reading, Unreadable) for result in new)
    doubtful = sum(
        isinstance(result.reading, Digit) and result.reading.decision is Decision.NEEDS_REVIEW for result in new
    )
    return {
        "succeeded": jobs.c.succeeded + len(new) - failed,
        "failed": jobs.c.failed + failed,
        "needs_review": jobs.c.needs_review + doubtful,
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
    ending = update(jobs).where(jobs.c.status.not_in(TERMINAL), ~still_open)
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


@cache
def _insert_results(dialect: Dialect) -> tuple[str, Sequence[str] | None]:
    """The statement, and the order of its values if the dialect goes by their place."""
    compiled = insert(results).compile(dialect=dialect, column_keys=results.columns.keys())
    return str(compiled), compiled.positiontup


def add_results(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of results, compiled once and handed to the driver as they are: a third of the usual cost."""
    if not rows:
        return
    statement, order = _insert_results(connection.dialect)
    documents = [{**row, **{name: dumps(row[name]) for name in DOCUMENTS}} for row in rows]
    connection.exec_driver_sql(statement, [itemgetter(*order)(row) for row in documents] if order else documents)


def done_indexes(chunk: Chunk) -> Select[Any]:
    """The indexes within a chunk that have their result already."""
    return select(results.c.item_index).where(
        results.c.job_id == chunk.job_id,
        results.c.item_index.between(chunk.first, chunk.first + chunk.count - 1),
    )


def reopen_failed(connection: Connection, job_id: str) -> int:
    """Forget a job's failed results and let their chunks wait again; how many images."""
    failed = (results.c.job_id == job_id, results.c.status == "failed")
    within = results.c.item_index.between(chunks.c.first, chunks.c.first + chunks.c.count - 1)
    reopened = update(chunks).where(
        chunks.c.job_id == job_id, select(results.c.item_index).where(*failed, within).exists()
    )
    connection.execute(reopened.values(state=ChunkState.WAITING, attempt=0, announced_at=None))
    return connection.execute(delete(results).where(*failed)).rowcount
