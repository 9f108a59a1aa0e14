"""Whose turn it is: owners share a queue equally, and so do the jobs of an owner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Select, bindparam, func, select

from shared.domain import ChunkState
from shared.tables import chunks, jobs

IN_FLIGHT = [ChunkState.QUEUED, ChunkState.RUNNING]
OF_QUEUE = chunks.c.queue == bindparam("of_queue")

#: How many chunks of the queue `of_queue` are in flight, and whether any waits.
LOAD = select(
    select(func.count()).where(OF_QUEUE, chunks.c.state.in_(IN_FLIGHT)).scalar_subquery(),
    select(chunks.c.id).where(OF_QUEUE, chunks.c.state == ChunkState.WAITING).exists(),
)


def _load() -> CTE:
    """How many chunks of the queue `of_queue` each job has in flight."""
    in_flight = select(chunks.c.job_id, func.count().label("chunks"))
    return in_flight.where(OF_QUEUE, chunks.c.state.in_(IN_FLIGHT)).group_by(chunks.c.job_id).cte("load")


def _owner_load(load: CTE) -> CTE:
    """The same for each owner."""
    in_flight = select(jobs.c.owner, func.sum(load.c.chunks).label("chunks"))
    return in_flight.join(load, load.c.job_id == jobs.c.id).group_by(jobs.c.owner).cte("owner_load")


def _next_chunks() -> Select[Any]:
    """The ids of the waiting chunks of the queue `of_queue` that come next, at most `places`, in their order.

    A chunk's turn is its rank among its job's waiting chunks plus what the job already has in flight; so a job
    that comes late catches up with one that filled the queue. The same is done once more for owners.
    """
    load = _load()
    owner_load = _owner_load(load)
    rank_in_job = func.row_number().over(partition_by=chunks.c.job_id, order_by=chunks.c.first)
    by_job = (
        select(
            chunks.c.id,
            jobs.c.owner,
            jobs.c.created_at,
            (func.coalesce(load.c.chunks, 0) + rank_in_job).label("job_turn"),
        )
        .join(jobs, jobs.c.id == chunks.c.job_id)
        .outerjoin(load, load.c.job_id == chunks.c.job_id)
        .where(OF_QUEUE, chunks.c.state == ChunkState.WAITING)
        .cte("by_job")
    )
    rank_in_owner = func.row_number().over(
        partition_by=by_job.c.owner, order_by=(by_job.c.job_turn, by_job.c.created_at, by_job.c.id)
    )
    by_owner = (
        select(
            by_job.c.id,
            by_job.c.job_turn,
            by_job.c.created_at,
            (func.coalesce(owner_load.c.chunks, 0) + rank_in_owner).label("owner_turn"),
        )
        .outerjoin(owner_load, owner_load.c.owner == by_job.c.owner)
        .cte("by_owner")
    )
    order = (by_owner.c.owner_turn, by_owner.c.job_turn, by_owner.c.created_at, by_owner.c.id)
    return select(by_owner.c.id).order_by(*order).limit(bindparam("places"))


#: Built once: it is asked for after every chunk.
NEXT_CHUNKS = _next_chunks()
