"""The tasks: each unpacks its message and calls the life of a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog

from shared import lifecycle
from shared.broker import PRUNE, RECOGNIZE, SWEEP, VIEW, answer_views
from shared.domain import ModelRef
from shared.errors import CannotStart, Missing, Unavailable
from shared.packs import unpack
from worker.app import celery
from worker.process import born
from worker.views import views

if TYPE_CHECKING:
    from worker.recognizer import KerasRecognizer

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def put_off(what: str) -> Iterator[None]:
    """What cannot be done while a part is away is left to a later sweep; Celery would make a traceback of it."""
    try:
        yield
    except Unavailable as error:
        log.warning("put_off", what=what, reason=error.message)


@celery.task(name=RECOGNIZE)
def recognize(chunk_id: str) -> None:
    """Read the images of one chunk."""
    process = born()
    try:
        with put_off(chunk_id):
            lifecycle.work(process.parts, chunk_id, process.worker, partial(_recognizer, chunk_id), unpack, utc_now)
    except MemoryError as error:
        # Of all errors this one Celery passes on to the parent, which it ends.
        raise RuntimeError("The chunk needs more memory than there is.") from error


def _recognizer(chunk_id: str, ref: ModelRef) -> KerasRecognizer:
    """The recognizer of a chunk's model. Raises Missing or CannotStart, which becomes the result of all its images."""
    try:
        return born().recognizers(ref)
    except (Missing, CannotStart) as error:
        log.warning("chunk_without_model", chunk=chunk_id, reason=error.message)
        raise


@celery.task(name=VIEW)
def view(job_id: str, indexes: list[int], reply_to: str) -> None:
    """Show what the model saw of some images."""
    process = born()
    answer_views(process.redis, reply_to, views(process, job_id, indexes))


@celery.task(name=SWEEP)
@put_off("sweep")
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
@put_off("prune")
def prune() -> None:
    """Delete what nobody need keep any longer."""
    lifecycle.prune(born().parts, utc_now())
