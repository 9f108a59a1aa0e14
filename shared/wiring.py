"""The one place that chooses implementations."""

from __future__ import annotations

from datetime import timedelta

from celery import Celery
from redis import Redis
from sqlalchemy import Engine

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
#: The same for one that is told of work: somebody waits for the end of his upload, and a sweep tells it later.
SEND_SECONDS = 2


def open_parts(settings: Settings, engine: Engine | None = None) -> Parts:
    """The parts that the settings ask for; nothing is connected before it is used.

    Whoever has an `engine` shares it and disposes of it; else the parts have one of their own for good.
    """
    redis = open_redis(settings)
    engine = engine or open_engine(settings.database)
    return Parts(
        book=SqlJobBook(engine),
        receipts=SqlReceipts(engine),
        retention=SqlRetention(engine),
        store=open_store(settings.store),
        queue=CeleryQueue(_open_sender(settings), redis),
        notifier=RedisNotifier(redis),
        window=settings.window,
        lease=timedelta(seconds=settings.lease_seconds),
    )


def open_review_book(engine: Engine) -> ReviewBook:
    """What the pages look at and correct; workers have no use for it."""
    return SqlReviewBook(engine)


def open_pulse(engine: Engine) -> SqlPulse:
    """What the page about the service itself shows."""
    return SqlPulse(engine)


def open_redis(settings: Settings, seconds: float = REDIS_SECONDS) -> Redis:
    """A client for the settings' Redis that waits for an answer at most `seconds`."""
    return Redis.from_url(
        settings.redis, socket_timeout=seconds, socket_connect_timeout=REDIS_SECONDS, health_check_interval=25
    )


def _open_sender(settings: Settings) -> Celery:
    celery = open_celery(settings)
    # A worker that waits for messages needs the longer times; it listens through an application of its own.
    celery.conf.broker_transport_options |= {"socket_timeout": SEND_SECONDS, "socket_connect_timeout": SEND_SECONDS}
    return celery


def open_celery(settings: Settings) -> Celery:
    """A Celery application that can send; the worker adds its tasks to it."""
    celery = Celery("digitq", set_as_current=False)
    celery.conf.update(celery_options(settings))
    return celery
