"""A worker whose Redis is killed as it acknowledges goes on asking for messages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection, Queue
from kombu.message import Message
from kombu.transport import redis

from tests.conftest import running_redis
from worker.channel import Channel


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="digitq-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(("kind", "asks_on"), [(redis.Channel, False), (Channel, True)])
def test_what_cannot_be_acknowledged_is_let_go(
    folder: Path, kind: type[redis.Channel], asks_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis.Transport, "Channel", kind)
    with running_redis(folder) as (url, server), Connection(url.replace("unix", "redis+socket")) as connection:
        channel = connection.default_channel
        queue = Queue("work", channel=channel)
        queue.declare()
        channel.basic_qos(prefetch_count=1)
        taken: list[Message] = []
        connection.Producer().publish("a chunk", routing_key="work")
        with connection.Consumer([queue], on_message=taken.append, accept=["json"]):
            connection.drain_events(timeout=10)
            assert not channel.qos.can_consume()
            server.kill()
            server.wait()
            with pytest.raises(connection.recoverable_connection_errors):
                taken[0].ack()
            assert channel.qos.can_consume() is asks_on
