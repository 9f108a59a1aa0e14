"""/v1/jobs/{id}/events: a job's progress as server-sent events, told by Redis and not asked of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import HouseDep
from api.openapi import ERRORS
from api.schemas import JobOut
from shared.domain import Job, Status
from shared.errors import DigitqError

#: Steps of a job that may come without any image having ended; every later status has the last number.
STEPS = {Status.QUEUED: 0, Status.IN_PROGRESS: 1, Status.CANCELING: 2}
LAST_STEP = 3

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"], responses=ERRORS)


def existing_job(job_id: str, house: HouseDep) -> str:
    """The id of a job that there is: once a stream has begun it can no longer answer 404."""
    return house.desk.parts.book.find(job_id).id


@router.get("/events", response_class=EventSourceResponse)
async def follow_job(
    job_id: Annotated[str, Depends(existing_job)],
    house: HouseDep,
    last_event_id: Annotated[str, Header(description="Nothing is told that this event has told.")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """`progress` whenever images have ended, `completed` once the job has; each carries the job.

    The id of an event grows with the job, so a client that comes back is told only what is new. A comment is sent
    every 15 seconds in which nothing happens. A part out of reach ends the stream; the client comes back by itself.
    """
    seen = last_event_id
    changes = house.waiting.changes(lambda: house.desk.parts.book.find(job_id), job_id)
    with suppress(DigitqError):
        async with aclosing(changes):
            async for job in changes:
                if sequence(job) != seen or job.status.terminal:
                    seen = sequence(job)
                    yield _event(job, seen)


def sequence(job: Job) -> str:
    """A number that grows whenever a job gets ahead."""
    return str(job.counts.ended * (LAST_STEP + 1) + STEPS.get(job.status, LAST_STEP))


def _event(job: Job, sequence: str) -> ServerSentEvent:
    name = "completed" if job.status.terminal else "progress"
    return ServerSentEvent(event=name, id=sequence, data=JobOut.of(job, datetime.now(UTC)))
