"""Waiting for a job without asking the database all the time: Redis says when something has changed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import chain

from anyio.to_thread import run_sync
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.broker import ENDED, PROGRESS_PREFIX, STEP_SECONDS
from shared.domain import Job

#: Redis may be away and a message may be lost; so whoever waits looks for himself this often.
LOOK_SECONDS = 1.0
#: Whoever follows every step for long trusts Redis while it is heard, and looks for himself only this often.
TRUST_SECONDS = 15.0


class Waiting:
    """All who wait in this process, behind one connection to Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._hearing = False
        self._stopping = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear Redis while this context is open."""
        listener = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
            await self._redis.aclose()

    async def until_ended(self, find: Callable[[], Job], seconds: float) -> Job:
        """The job as soon as it has ended, or as it stands when the time is up."""
        deadline = time.monotonic() + seconds
        job = await run_sync(find)
        with _Registration(self._waiters, job.id) as event:
            while not job.status.terminal and not self._stopping and (left := deadline - time.monotonic()) > 0:
                await _set_within(event, min(left, LOOK_SECONDS))
                job = await run_sync(find)
        return job

    async def changes(self, find: Callable[[], Job], job_id: str) -> AsyncGenerator[Job]:
        """The job as it stands, and again whenever something may have changed, until it has ended."""
        with _Registration(self._followers, job_id) as event:
            yield (job := await run_sync(find))
            while not job.status.terminal and not self._stopping:
                await asyncio.sleep(STEP_SECONDS)
                await _set_within(event, TRUST_SECONDS if self._hearing else LOOK_SECONDS)
                yield (job := await run_sync(find))

    def stop(self) -> None:
        """Let everybody go: the process has been told to end."""
        self._stopping = True
        for event in chain(*self._waiters.values(), *self._followers.values()):
            event.set()

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                async with self._redis.pubsub() as pubsub:
                    await pubsub.psubscribe(f"{PROGRESS_PREFIX}*")
                    async for message in pubsub.listen():
                        self._hear(message)
            self._hearing = False
            await asyncio.sleep(LOOK_SECONDS)

    def _hear(self, message: dict[str, bytes | str]) -> None:
        self._hearing = True
        if message["type"] != "pmessage":
            return
        job_id = bytes(message["channel"]).decode().removeprefix(PROGRESS_PREFIX)  # type: ignore[arg-type]
        ended = message["data"] == ENDED.encode()
        for event in (*self._followers.get(job_id, ()), *(self._waiters.get(job_id, ()) if ended else ())):
            event.set()


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


class _Registration:
    """One waiter's place, given up when it leaves."""

    def __init__(self, waiters: defaultdict[str, set[asyncio.Event]], job_id: str) -> None:
        self._waiters = waiters
        self._job_id = job_id
        self._event = asyncio.Event()

    def __enter__(self) -> asyncio.Event:
        self._waiters[self._job_id].add(self._event)
        return self._event

    def __exit__(self, *_: object) -> None:
        self._waiters[self._job_id].discard(self._event)
        if not self._waiters[self._job_id]:
            del self._waiters[self._job_id]
