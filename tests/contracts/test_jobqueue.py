"""What every queue promises: in memory, and as Celery messages on a real Redis."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from shared.broker import WIRE_NAMES, CeleryQueue
from shared.domain import Queue
from shared.errors import BrokerUnavailable
from shared.ports import JobQueue
from shared.settings import Settings
from shared.testing import MemoryQueue
from shared.wiring import open_celery, open_redis


def open_queue(redis_url: str) -> Iterator[CeleryQueue]:
    settings = Settings(redis_url=redis_url)
    celery, redis = open_celery(settings), open_redis(settings)
    yield CeleryQueue(celery, redis)
    celery.close()
    redis.close()


@pytest.fixture
def real_queue(redis: Redis, redis_url: str) -> Iterator[JobQueue]:
    yield from open_queue(redis_url)


@pytest.fixture
def no_queue(tmp_path: Path) -> Iterator[JobQueue]:
    """A queue whose Redis is not there."""
    yield from open_queue(f"unix://{tmp_path / 'nothing.sock'}")


@pytest.fixture
def memory_queue() -> JobQueue:
    return MemoryQueue()


@pytest.fixture(params=["memory", "real"])
def queue(request: pytest.FixtureRequest) -> JobQueue:
    opened: JobQueue = request.getfixturevalue(f"{request.param}_queue")
    return opened


def test_the_depth_is_the_number_of_messages(queue: JobQueue) -> None:
    assert queue.depth(Queue.BULK) == 0
    queue.send(Queue.BULK, ["chunk_1", "chunk_2"])
    queue.send(Queue.BULK, ["chunk_3"])
    assert queue.depth(Queue.BULK) == 3


def test_each_queue_has_its_own_messages(queue: JobQueue) -> None:
    queue.send(Queue.BULK, ["chunk_1"])
    assert queue.depth(Queue.INTERACTIVE) == 0


def test_nothing_to_send_sends_nothing(queue: JobQueue) -> None:
    queue.send(Queue.BULK, [])
    assert queue.depth(Queue.BULK) == 0


def test_what_was_sent_may_be_sent_again(queue: JobQueue) -> None:
    queue.send(Queue.BULK, ["chunk_1"])
    queue.send(Queue.BULK, ["chunk_1"])
    assert queue.depth(Queue.BULK) == 2


def test_a_broker_that_is_there_answers_a_ping(queue: JobQueue) -> None:
    queue.ping()


@pytest.mark.parametrize("kind", ["memory", "no"])
@pytest.mark.parametrize(
    "call",
    [lambda q: q.ping(), lambda q: q.depth(Queue.BULK), lambda q: q.send(Queue.BULK, ["chunk_1"])],
    ids=["ping", "depth", "send"],
)
def test_a_broker_that_is_away_is_unavailable(
    request: pytest.FixtureRequest, kind: str, call: Callable[[JobQueue], object]
) -> None:
    queue = request.getfixturevalue(f"{kind}_queue")
    if isinstance(queue, MemoryQueue):
        queue.away = True
    with pytest.raises(BrokerUnavailable):
        call(queue)


def test_a_message_carries_the_chunks_id_and_nothing_else(real_queue: JobQueue, redis: Redis) -> None:
    real_queue.send(Queue.INTERACTIVE, ["chunk_1"])

    message = json.loads(redis.lindex(WIRE_NAMES[Queue.INTERACTIVE], 0))

    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == (["chunk_1"], {})
    assert message["content-type"] == "application/json"


def test_a_message_in_a_workers_hands_does_not_wait_any_more(real_queue: JobQueue, redis: Redis) -> None:
    redis.hset("unacked", "tag", "message")
    assert real_queue.depth(Queue.BULK) == 0
