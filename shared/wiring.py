"""The one place that chooses implementations."""

from __future__ import annotations

from datetime import timedelta

from celery import Celery
from redis import Redis

from shared.book import SqlJobBook
from shared.broker import CeleryQueue, RedisNotifier
from shared.celery_options import celery_options
from shared.database import open_engine
from shared.ports import Parts
from shared.pulse import SqlPulse
from shared.receipts import SqlReceipts
from shared.retention import SqlRetention
from shared.reviewing import ReviewBook
from shared.reviews import SqlReviewBook
from shared.settings import Settings
from shared.stores import open_store

#: Seconds after which a Redis that does not answer counts as away.
REDIS_SECONDS = 5


def open_parts(settings: Settings) -> Parts:
    """The parts that the settings ask for; nothing is connected before it is used."""
    redis = open_redis(settings)
    engine = open_engine(settings.database)
    return Parts(
        book=SqlJobBook(engine),
        receipts=SqlReceipts(engine),
        retention=SqlRetention(engine),
        store=open_store(settings.store),
        queue=CeleryQueue(open_celery(settings), redis),
        notifier=RedisNotifier(redis),
        window=settings.window,
        lease=timedelta(seconds=settings.lease_seconds),
    )


def open_review_book(settings: Settings) -> ReviewBook:
    """What the pages look at and correct; workers have no use for it."""
    return SqlReviewBook(open_engine(settings.database))


def open_pulse(settings: Settings) -> SqlPulse:
    """What the page about the service itself shows."""
    return SqlPulse(open_engine(settings.database))


def open_redis(settings: Settings, seconds: float = REDIS_SECONDS) -> Redis:
    """A client for the settings' Redis that waits for an answer at most `seconds`."""
    return Redis.from_url(
        settings.redis, socket_timeout=seconds, socket_connect_timeout=REDIS_SECONDS, health_check_interval=25
    )


def open_celery(settings: Settings) -> Celery:
    """A Celery application that can send; the worker adds its tasks to it."""
    celery = Celery("digitq", set_as_current=False)
    celery.conf.update(celery_options(settings))
    return celery
