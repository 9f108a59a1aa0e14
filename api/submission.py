"""Runs the taking-in of a request's body in a thread, while the event loop feeds it.

What fits in little memory has arrived before it takes a thread, so that no image waits for others' slow connections.
Of large uploads only those are given up that bring nothing at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain

from anyio import CapacityLimiter, fail_after, from_thread, to_thread
from fastapi import Request

from api.arrival import Desk
from api.bodies import Body
from api.intake import check_backlog, take_in
from shared.domain import Job
from shared.errors import InvalidRequest, TooLarge, TooManyUploads, UploadStalled

#: Bodies that are taken in at a time, each in a thread of its own.
AT_ONCE = 16
#: Bytes of a body that are awaited before it takes a thread.
READ_FIRST = 2**18
#: Seconds without a byte after which an upload is given up, and that a large one waits for its turn.
STALLED_SECONDS, TURN_SECONDS = 30.0, 30.0


@dataclass(frozen=True, slots=True)
class Places:
    """Who may be taken in: bodies that have arrived, and those that are still arriving."""

    arrived: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))
    arriving: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))


async def submit(request: Request, desk: Desk, places: Places, key: str | None = None) -> Job:
    """The job that the request's body became.

    Raises what `take_in` raises, BacklogFull, TooManyUploads, UploadStalled and ClientDisconnect.
    """
    await to_thread.run_sync(check_backlog, desk)
    limit = desk.settings.max_upload_bytes
    _check_length(request.headers.get("content-length", "0"), limit)
    pieces = _pieces(request, limit)
    first, is_all = await _beginning(pieces)
    chunks = iter([first]) if is_all else chain([first], _pulled(pieces))
    body = Body(request.headers.get("content-type", ""), chunks, desk.settings)
    async with _turn(places.arrived if is_all else places.arriving):
        return await to_thread.run_sync(take_in, desk, body, key, limiter=CapacityLimiter(1))


def _check_length(announced: str, limit: int) -> None:
    if not announced.isdecimal():
        raise InvalidRequest("The Content-Length is not a number; let your HTTP client set it.")
    if int(announced) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"A job may have {limit} bytes; send the rest in another job.")


async def _pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives. What is skipped or only spooled counts, too; so the limit holds for it as it is sent."""
    stream = request.stream()
    received = 0
    while piece := await _next(stream):
        received += len(piece)
        if received > limit:
            raise _too_large(limit)
        yield piece


async def _next(stream: AsyncIterator[bytes]) -> bytes:
    """What comes next, b"" at the end. Raises UploadStalled if nothing does."""
    try:
        with fail_after(STALLED_SECONDS):
            return await anext(stream, b"")
    except TimeoutError as error:
        raise UploadStalled from error


async def _beginning(pieces: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The first bytes of a body, and whether they are all."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= READ_FIRST:
            return bytes(held), False
    return bytes(held), True


def _pulled(pieces: AsyncIterator[bytes]) -> Iterator[bytes]:
    """The rest of a body, asked for from the thread: the client is read no faster than its bytes are stored."""
    while piece := from_thread.run(anext, pieces, b""):
        yield piece


@asynccontextmanager
async def _turn(limiter: CapacityLimiter) -> AsyncIterator[None]:
    try:
        with fail_after(TURN_SECONDS):
            await limiter.acquire()
    except TimeoutError as error:
        raise TooManyUploads from error
    try:
        yield
    finally:
        limiter.release()
