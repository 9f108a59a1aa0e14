"""What every queue promises: in memory, and as Celery messages on a real Redis."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from kombu import Connection
from kombu.transport.redis import Channel
from redis import Redis

from shared.broker import ON_ITS_WAY_SECONDS, UNACKED, UNACKED_INDEX, WIRE_NAMES, CeleryQueue
from shared.celery_options import broker_url
from shared.domain import Queue
from shared.errors import BrokerUnavailable
from shared.ports import JobQueue
from shared.settings import Settings
from shared.testing import MemoryQueue
from shared.wiring import open_celery, open_redis

LEASE = timedelta(minutes=1)


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


def test_what_was_sent_waits(queue: JobQueue) -> None:
    assert queue.with_message(Queue.BULK, ["chunk_1"], LEASE) == set()
    queue.send(Queue.BULK, ["chunk_1", "chunk_2"])
    queue.send(Queue.BULK, ["chunk_3"])
    assert queue.with_message(Queue.BULK, ["chunk_1", "chunk_3", "chunk_4"], LEASE) == {"chunk_1", "chunk_3"}


def test_each_queue_has_its_own_messages(queue: JobQueue) -> None:
    queue.send(Queue.BULK, ["chunk_1"])
    assert queue.with_message(Queue.INTERACTIVE, ["chunk_1"], LEASE) == set()


def test_nothing_to_send_sends_nothing(queue: JobQueue) -> None:
    queue.send(Queue.BULK, [])
    assert queue.with_message(Queue.BULK, ["chunk_1"], LEASE) == set()


def test_what_was_sent_may_be_sent_again(queue: JobQueue) -> None:
    queue.send(Queue.BULK, ["chunk_1"])
    queue.send(Queue.BULK, ["chunk_1"])
    assert queue.with_message(Queue.BULK, ["chunk_1"], LEASE) == {"chunk_1"}


def test_a_broker_that_is_there_answers_a_ping(queue: JobQueue) -> None:
    queue.ping()


@pytest.mark.parametrize("kind", ["memory", "no"])
@pytest.mark.parametrize(
    "call",
    [lambda q: q.ping(), lambda q: q.with_message(Queue.BULK, [], LEASE), lambda q: q.send(Queue.BULK, ["chunk_1"])],
    ids=["ping", "with_message", "send"],
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


@pytest.fixture
def worker(redis_url: str) -> Iterator[Channel]:
    """What a worker's connection does with messages."""
    with Connection(broker_url(redis_url)) as connection:
        yield connection.default_channel


def test_a_message_in_a_workers_hands_is_there_until_it_is_acknowledged_or_the_worker_must_be_dead(
    real_queue: JobQueue, redis: Redis, worker: Channel
) -> None:
    real_queue.send(Queue.BULK, ["chunk_1"])

    message = worker.basic_get(WIRE_NAMES[Queue.BULK], no_ack=False)

    assert real_queue.with_message(Queue.BULK, ["chunk_1"], LEASE) == {"chunk_1"}
    assert real_queue.with_message(Queue.BULK, ["chunk_1"], timedelta()) == set()
    message.ack()
    assert real_queue.with_message(Queue.BULK, ["chunk_1"], LEASE) == set()


def test_a_message_on_its_way_to_a_worker_is_found(real_queue: JobQueue, worker: Channel) -> None:
    real_queue.send(Queue.BULK, ["chunk_1"])
    message = worker.basic_get(WIRE_NAMES[Queue.BULK], no_ack=True)
    with ThreadPoolExecutor() as pool:
        found = pool.submit(real_queue.with_message, Queue.BULK, ["chunk_1"], LEASE)
        time.sleep(ON_ITS_WAY_SECONDS / 4)
        worker.qos.append(message, message.delivery_tag)
    assert found.result() == {"chunk_1"}


def test_messages_that_are_not_about_chunks_are_passed_over(real_queue: JobQueue, redis: Redis) -> None:
    real_queue.send(Queue.INTERACTIVE, ["chunk_1"])
    assert isinstance(real_queue, CeleryQueue)
    real_queue.ask_for_views("job_1", [0], "reply", 10)
    for rubbish in ("", "{", "[]", "7", '{"body": "e30=", "headers": {}}', '{"body": 1}'):
        redis.lpush(WIRE_NAMES[Queue.INTERACTIVE], rubbish)
    redis.hset(UNACKED, "tag", "rubbish")
    redis.zadd(UNACKED_INDEX, {"tag": time.time()})
    assert real_queue.with_message(Queue.INTERACTIVE, ["chunk_1", "job_1"], LEASE) == {"chunk_1"}
