"""/v1/jobs: submit, look, wait, cancel, delete."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from operator import attrgetter

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from api.deps import HouseDep, IdempotencyKey, Limit, Now, PreferredWait, WaitQuery
from api.openapi import ERRORS, SUBMIT_BODY
from api.paging import page_of
from api.schemas import JobOut, Page
from api.submission import submit
from shared import lifecycle
from shared.domain import Job, Status
from shared.errors import InvalidRequest

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=ERRORS)

#: Seconds after which a client that polls should ask again.
POLL_SECONDS = 1


@router.post("", status_code=202, openapi_extra=SUBMIT_BODY, responses={200: {"model": JobOut}})
async def create_job(
    request: Request, response: Response, house: HouseDep, wait: PreferredWait, key: IdempotencyKey = None
) -> JobOut:
    """Submit images: any number of files, archives (zip, tar, tar.gz), JSON or NDJSON items."""
    job = await submit(request, house.desk, house.places, key)
    if wait:
        job = await house.waiting.until_ended(lambda: house.desk.parts.book.find(job.id), wait)
        response.headers["Preference-Applied"] = f"wait={wait:g}"
    response.status_code = 200 if job.status.terminal else 202
    return _answer(job, response)


@router.get("")
def list_jobs(
    request: Request,
    house: HouseDep,
    now: Now,
    response: Response,
    limit: Limit = 20,
    after: str | None = None,
    status: Status | None = None,
) -> Page[JobOut]:
    """The newest jobs first; `after` is the last id of the page before."""
    found = house.desk.parts.book.list_jobs(limit=limit + 1, after=after, status=status)
    return page_of(request, response, [JobOut.of(job, now) for job in found], limit, attrgetter("id"))


@router.get(
    "/{job_id}",
    response_model=JobOut,
    responses={304: {"description": "Nothing has changed since If-None-Match"}},
)
async def get_job(
    job_id: str, request: Request, response: Response, house: HouseDep, wait: WaitQuery = 0
) -> JobOut | Response:
    """A job as it stands; `wait` holds the answer back until it has ended."""
    book = house.desk.parts.book
    job = await (house.waiting.until_ended(lambda: book.find(job_id), wait) if wait else run_sync(book.find, job_id))
    etag = _etag(job)
    if _names(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers={"ETag": etag})
    return _answer(job, response)


@router.post("/{job_id}/cancel", status_code=202, responses={200: {"model": JobOut}})
def cancel_job(job_id: str, response: Response, house: HouseDep, now: Now) -> JobOut:
    """Stop a job: what is being read finishes and stays readable."""
    job = lifecycle.cancel(house.desk.parts, job_id, now)
    response.status_code = 200 if job.status.terminal else 202
    return _answer(job, response)


async def _nothing_more_asked(request: Request) -> None:
    if (await request.body()).strip() not in (b"", b"{}"):
        raise InvalidRequest("A retry takes no body: the job keeps its model and options. Submit a new job for others.")


@router.post("/{job_id}/retry", status_code=202, dependencies=[Depends(_nothing_more_asked)])
def retry_job(job_id: str, response: Response, house: HouseDep) -> JobOut:
    """Read an ended job's failed images again, with the model that the job was made for."""
    parts = house.desk.parts
    house.desk.catalog.entry(parts.book.find(job_id).model)  # without it every image would fail once more
    return _answer(lifecycle.retry(parts, job_id), response)


@router.delete("/{job_id}", status_code=204)
def delete_job(job_id: str, house: HouseDep) -> None:
    """Delete an ended job, its uploads and its results."""
    lifecycle.delete(house.desk.parts, job_id)


def _answer(job: Job, response: Response) -> JobOut:
    """A job as it stands now, after whatever was waited for."""
    response.headers["ETag"] = _etag(job)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    if not job.status.terminal:
        response.headers["Retry-After"] = str(POLL_SECONDS)
    return JobOut.of(job, datetime.now(UTC))


def _etag(job: Job) -> str:
    state = (job.status, job.counts, job.started_at, job.ended_at)
    return f'W/"{hashlib.sha256(repr(state).encode()).hexdigest()[:16]}"'


def _names(condition: str, etag: str) -> bool:
    """Whether an If-None-Match header names this tag, by weak comparison (RFC 9110, 13.1.2)."""
    named = {name.strip().removeprefix("W/") for name in condition.split(",")}
    return bool(named & {"*", etag.removeprefix("W/")})
