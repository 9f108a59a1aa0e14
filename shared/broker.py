"""Sends tasks by name and wakes waiters, over Redis; imports no worker code."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from shared.domain import Queue
from shared.errors import BrokerUnavailable

#: The task that reads a chunk; its one argument is the chunk's id.
RECOGNIZE = "digitq.recognize"
#: The task that looks for lost work, and the one that deletes what nobody need keep.
SWEEP = "digitq.sweep"
PRUNE = "digitq.prune"
#: The task that shows what the model saw, and where in Redis its answer is put for so many seconds.
VIEW = "digitq.view"
VIEW_PREFIX = "digitq:view:"
VIEW_KEPT_SECONDS = 30
#: Seconds that the worker's clock, which tells whether somebody still waits, may be ahead of the front end's.
CLOCKS_APART = 60
#: The queues' names in Redis; workers serve them in the order of these names.
WIRE_NAMES = {Queue.INTERACTIVE: "digitq.1.interactive", Queue.BULK: "digitq.2.bulk"}
#: The queue of the sweep, served before all others.
UPKEEP = "digitq.0.upkeep"
#: Where messages are kept that a worker has and has not acknowledged, and where since when.
UNACKED = "unacked"
UNACKED_INDEX = "unacked_index"
#: Seconds after which a message that has left its queue is in a worker's hands, or the chunk is claimed.
ON_ITS_WAY_SECONDS = 1.0
#: News of one job that come faster than this are told as one.
STEP_SECONDS = 0.2
#: A job's progress is told on the channel of this prefix and its id; the message says whether it ended.
PROGRESS_PREFIX = "digitq:progress:"
ENDED = "ended"


class CeleryQueue:
    """The job queue as Celery messages on Redis; see `shared.ports.JobQueue`."""

    def __init__(self, celery: Celery, redis: Redis) -> None:
        self._celery = celery
        self._redis = redis

    def send(self, queue: Queue, chunk_ids: Sequence[str]) -> None:
        if not chunk_ids:
            return
        with _translated(), self._celery.producer_pool.acquire(block=True) as producer:
            for chunk_id in chunk_ids:
                self._celery.send_task(RECOGNIZE, args=[chunk_id], queue=WIRE_NAMES[queue], producer=producer)

    def ask_for_views(self, job_id: str, indexes: Sequence[int], reply_to: str, seconds: float) -> None:
        """Ask a worker for images as the network is fed with them; nobody wants the answer after `seconds`."""
        with _translated():
            arguments = [job_id, list(indexes), reply_to]
            stale = seconds + CLOCKS_APART
            self._celery.send_task(VIEW, args=arguments, queue=WIRE_NAMES[Queue.INTERACTIVE], expires=stale)

    def with_message(self, queue: Queue, chunk_ids: Sequence[str], lease: timedelta) -> set[str]:
        with _translated():
            found = _chunk_ids(self._redis.lrange(WIRE_NAMES[queue], 0, -1))
            if not found.issuperset(chunk_ids):
                time.sleep(ON_ITS_WAY_SECONDS)
                found |= _chunk_ids(self._taken(lease))
        return found.intersection(chunk_ids)

    def _taken(self, lease: timedelta) -> list[Any]:
        """What workers have taken less than a lease ago, by their clocks, and not acknowledged."""
        since = time.time() - lease.total_seconds()
        tags: list[Any] = self._redis.zrangebyscore(UNACKED_INDEX, since, "+inf")
        return [message for message in self._redis.hmget(UNACKED, tags) if message] if tags else []

    def ping(self) -> None:
        with _translated():
            self._redis.ping()


class RedisNotifier:
    """Tells a job's progress on a Redis channel; nobody hears it if Redis is away, and nobody is harmed.

    Steps of one job that follow each other faster than anybody looks are told as one: the first of them.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._last = ("", 0.0)

    def progressed(self, job_id: str, *, ended: bool) -> None:
        told_job, told_at = self._last
        now = time.monotonic()
        if not ended and told_job == job_id and now - told_at < STEP_SECONDS:
            return
        self._last = (job_id, now)
        with suppress(RedisError):
            self._redis.publish(PROGRESS_PREFIX + job_id, ENDED if ended else "")


def answer_views(redis: Redis, reply_to: str, views: str) -> None:
    """Put an answer where the one who asked looks for it; if Redis is away, he does not get one."""
    with suppress(RedisError), redis.pipeline() as pipeline:
        pipeline.rpush(reply_to, views)
        pipeline.expire(reply_to, VIEW_KEPT_SECONDS)
        pipeline.execute()


def _chunk_ids(messages: Iterable[bytes | str]) -> set[str]:
    return {chunk_id for message in messages if (chunk_id := _chunk_id(message))}


def _chunk_id(message: bytes | str) -> str:
    """The chunk that a waiting or a taken message is about; empty if it is another task's, or none of ours."""
    try:
        found = json.loads(message)
        envelope = found[0] if isinstance(found, list) else found
        (chunk_id, *_), *_ = json.loads(b64decode(envelope["body"]))
        return str(chunk_id) if envelope["headers"]["task"] == RECOGNIZE else ""
    except (ValueError, TypeError, LookupError):
        return ""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, ConnectionError, TimeoutError) as error:
        raise BrokerUnavailable from error
