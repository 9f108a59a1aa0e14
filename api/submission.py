"""Runs the taking-in of a request's body in a thread, while the event loop feeds it."""

from __future__ import annotations

from collections.abc import Iterator

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request

from api.arrival import Desk
from api.bodies import Body
from api.intake import check_backlog, take_in
from shared.domain import Job
from shared.errors import InvalidRequest, TooLarge


async def submit(request: Request, desk: Desk, uploads: CapacityLimiter, key: str | None = None) -> Job:
    """The job that the request's body became. Raises what `take_in` raises, BacklogFull and ClientDisconnect."""
    await to_thread.run_sync(check_backlog, desk)
    limit = desk.settings.max_upload_bytes
    _check_length(request.headers.get("content-length", "0"), limit)
    body = Body(request.headers.get("content-type", ""), _chunks(request, limit), desk.settings)
    return await to_thread.run_sync(take_in, desk, body, key, limiter=uploads)


def _check_length(announced: str, limit: int) -> None:
    if not announced.isdecimal():
        raise InvalidRequest("The Content-Length is not a number; let your HTTP client set it.")
    if int(announced) > limit:
        raise TooLarge(f"A job may have {limit} bytes; send the rest in another job.")


def _chunks(request: Request, limit: int) -> Iterator[bytes]:
    """The body as it arrives, asked for from the thread: the client is read no faster than its bytes are stored.

    What is skipped or only spooled counts, too; so the limit holds for the body as it is sent.
    """
    stream = request.stream()
    received = 0
    while chunk := from_thread.run(anext, stream, b""):
        received += len(chunk)
        if received > limit:
            raise TooLarge(f"A job may have {limit} bytes; send the rest in another job.")
        yield chunk
