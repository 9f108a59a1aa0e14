"""/v1/jobs/{id}/events: a job's results and progress as server-sent events; that there is news is told by Redis.

Chunks end in any order, so results are told in the order of their index, as far as there is no gap: then a number says
which of them a client has.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import House, HouseDep
from api.exports import corrected
from api.openapi import ERRORS
from api.schemas import JobOut, ResultOut
from shared.domain import Job, Status
from shared.errors import DigitqError

#: Steps of a job that may come without any image having ended; every later status has the last number.
STEPS = {Status.QUEUED: 0, Status.IN_PROGRESS: 1, Status.CANCELING: 2}
LAST_STEP = 3
#: Results that are read at a time.
PAGE = 500

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"], responses=ERRORS)


def existing_job(job_id: str, house: HouseDep) -> str:
    """The id of a job that there is: once a stream has begun it can no longer answer 404."""
    return house.desk.parts.book.find(job_id).id


@router.get("/events", response_class=EventSourceResponse)
async def follow_job(
    job_id: Annotated[str, Depends(existing_job)],
    house: HouseDep,
    results: Annotated[bool, Query(description="Whether results are told, too.")] = True,
    last_event_id: Annotated[str, Header(description="Nothing is told that came up to this event.")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """`result` for each image in the order of their index, `progress` as images end, `completed` at the end.

    The data of a result is what /results gives, that of the others the job. The id of an event says how far the client
    is, so one that comes back is told only what is new. A comment is sent every 15 seconds in which nothing happens.
    A part out of reach ends the stream; the client comes back by itself.
    """
    seen, told = _parsed(last_event_id)
    changes = house.waiting.changes(lambda: house.desk.parts.book.find(job_id), job_id)
    with suppress(DigitqError):
        async with aclosing(changes):
            async for job in changes:
                while results and (page := await run_sync(results_from, house, job, told)):
                    for index, line in page:
                        told = index + 1
                        yield ServerSentEvent(event="result", id=f"{seen}-{told}", raw_data=line)
                if sequence(job) != seen or job.status.terminal:
                    seen = sequence(job)
                    name = "completed" if job.status.terminal else "progress"
                    yield ServerSentEvent(event=name, id=f"{seen}-{told}", data=JobOut.of(job, datetime.now(UTC)))


def results_from(house: House, job: Job, first: int) -> list[tuple[int, str]]:
    """Some of the next results from index `first` on: index and JSON, none of them if there is no next one yet.

    A running job's end before the first gap, which a chunk that is still being read may fill.
    """
    found = house.desk.parts.book.list_results(job.id, after=first - 1, limit=PAGE)
    if not job.status.terminal:
        found = [result for place, result in enumerate(found, first) if result.index == place]
    rows = corrected(house.reviews, job.id, found)
    return [(result.index, ResultOut.of(result, said).model_dump_json()) for result, said in rows]


def sequence(job: Job) -> int:
    """A number that grows whenever a job gets ahead."""
    return job.counts.ended * (LAST_STEP + 1) + STEPS.get(job.status, LAST_STEP)


def _parsed(event_id: str) -> tuple[int, int]:
    """How far a client is: the job's sequence, -1 before all, and how many results it has been told."""
    found = re.fullmatch(r"(-?\d{1,18})-(\d{1,18})", event_id)
    return (int(found[1]), int(found[2])) if found else (-1, 0)
