"""A job's progress on a real Redis: told at once, not too often, and its end in any case."""

from __future__ import annotations

import pytest
from redis import Redis

from shared import broker
from shared.broker import ENDED, PROGRESS_PREFIX, RedisNotifier

LAST = "no more"


def heard(redis: Redis, *steps: tuple[str, bool]) -> list[tuple[str, str]]:
    """What a listener hears of these steps, as job and message."""
    with redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.psubscribe(f"{PROGRESS_PREFIX}*")
        listener.get_message(timeout=5)
        notifier = RedisNotifier(redis)
        for job_id, ended in steps:
            notifier.progressed(job_id, ended=ended)
        redis.publish(PROGRESS_PREFIX + LAST, "")
        told = []
        for message in listener.listen():
            job_id = message["channel"].decode().removeprefix(PROGRESS_PREFIX)
            if job_id == LAST:
                return told
            told.append((job_id, message["data"].decode()))
        raise AssertionError("The listener heard no end.")


def test_steps_that_follow_each_other_fast_are_told_as_one_and_the_end_is_told(redis: Redis) -> None:
    steps = [("a", False), ("a", False), ("a", False), ("a", True)]
    assert heard(redis, *steps) == [("a", ""), ("a", ENDED)]


def test_other_jobs_are_told_of_at_once(redis: Redis) -> None:
    assert heard(redis, ("a", False), ("b", False)) == [("a", ""), ("b", "")]


def test_a_later_step_is_told(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "STEP_SECONDS", 0.0)
    assert heard(redis, ("a", False), ("a", False)) == [("a", ""), ("a", "")]
