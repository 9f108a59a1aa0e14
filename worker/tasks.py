"""The tasks: each unpacks its message and calls the life of a job."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from shared import lifecycle
from shared.broker import PRUNE, RECOGNIZE, SWEEP, VIEW, answer_views
from shared.packs import unpack
from worker.app import celery
from worker.process import born
from worker.views import views

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@celery.task(name=RECOGNIZE)
def recognize(chunk_id: str) -> None:
    """Read the images of one chunk."""
    process = born()
    try:
        lifecycle.work(process.parts, chunk_id, process.worker, process.recognizers, unpack, utc_now)
    except MemoryError as error:
        # Of all errors this one Celery passes on to the parent, which it ends.
        raise RuntimeError("The chunk needs more memory than there is.") from error


@celery.task(name=VIEW)
def view(job_id: str, indexes: list[int], reply_to: str) -> None:
    """Show what the model saw of some images."""
    process = born()
    answer_views(process.redis, reply_to, views(process, job_id, indexes))


@celery.task(name=SWEEP)
def sweep() -> None:
    """Find what got lost and go on with it."""
    swept = lifecycle.sweep(born().parts, utc_now())
    if any((swept.leases_ended, swept.messages_lost, swept.jobs_unended)):
        log.warning(
            "swept",
            leases_ended=swept.leases_ended,
            messages_lost=swept.messages_lost,
            jobs_unended=swept.jobs_unended,
        )


@celery.task(name=PRUNE)
def prune() -> None:
    """Delete what nobody need keep any longer."""
    lifecycle.prune(born().parts, utc_now())
