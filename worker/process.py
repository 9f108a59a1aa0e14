"""What a worker process does when it is born, when a child dies, and what it holds in between."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import signals
from celery.worker import state
from redis import Redis

from shared.domain import ModelRef, Requeue
from shared.endings import EX_CONFIG
from shared.errors import CannotStart, Unavailable
from shared.lifecycle import announce
from shared.logs import configure_logs
from shared.ports import Parts
from shared.settings import Settings
from shared.wiring import open_parts, open_redis
from worker.alive import follow_heartbeats
from worker.loading import open_recognizers

if TYPE_CHECKING:
    from worker.recognizer import KerasRecognizer

#: How a child tells its parent that no child will ever be able to work.
CANNOT_START_SIGNAL = signal.SIGUSR2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """What one worker process holds from its birth on."""

    worker: str
    parts: Parts
    redis: Redis
    recognizers: Callable[[ModelRef], KerasRecognizer]


_process: Process | None = None


def born() -> Process:
    """This process, once it has been born."""
    if _process is None:
        raise RuntimeError("The worker process has not been set up.")
    return _process


@signals.setup_logging.connect
def set_up_logs(**_: Any) -> None:
    """Log in our own form, in the parent and in its children."""
    configure_logs(Settings().log_level)


@signals.worker_process_init.connect
def be_born(sender: str, **_: Any) -> None:
    """Open the parts, load the model, warm it up and test it; only then is work taken."""
    global _process
    settings = Settings()
    try:
        recognizers = open_recognizers(settings)
    except CannotStart as error:
        log.error("cannot_start", reason=error.message)
        os.kill(os.getppid(), CANNOT_START_SIGNAL)
        raise SystemExit(EX_CONFIG) from error
    _process = Process(sender, open_parts(settings), open_redis(settings), recognizers)
    gc.freeze()  # what is loaded stays, and need not be looked through for garbage with every few chunks
    if settings.alive_file:
        settings.alive_file.touch()
    log.info("ready", pid=os.getpid())


def watch_children(settings: Settings) -> None:
    """In the parent: end when no child can start, and free at once what a dead child held."""
    parts = open_parts(settings)
    signal.signal(CANNOT_START_SIGNAL, _stop_for_good)
    signals.task_failure.connect(_release_of(parts), weak=False)
    if settings.worker_name:
        signals.worker_ready.connect(_release_all_of(parts), weak=False)
    if settings.alive_file:
        follow_heartbeats(settings.alive_file)


def exit_status() -> int:
    """How the worker is to end once Celery has returned, which keeps the status to itself."""
    return EX_CONFIG if state.should_stop == EX_CONFIG else 0


def _stop_for_good(_signal: int, _frame: object) -> None:
    state.should_stop = EX_CONFIG  # type: ignore[assignment]  # Celery reads an exit status here, too


def _release_of(parts: Parts) -> Callable[..., None]:
    def release(sender: Any, exception: BaseException, args: tuple[str, ...], **_: Any) -> None:
        if isinstance(exception, WorkerLostError | TimeLimitExceeded) and args:
            log.warning("child_lost", chunk=args[0], reason=type(exception).__name__)
            try:
                parts.book.release(args[0], sender.request.hostname, Requeue.WORKER_LOST)
                announce(parts)
            except Unavailable as error:
                log.warning("release_left_to_sweep", reason=error.message)

    return release


def _release_all_of(parts: Parts) -> Callable[..., None]:
    """Whoever had this name before is dead, and what it held can be read again at once."""

    def release_all(sender: Any, **_: Any) -> None:
        try:
            if released := parts.book.release_all(sender.hostname):
                log.warning("released_after_restart", chunks=released)
                announce(parts)
        except Unavailable as error:
            log.warning("release_left_to_sweep", reason=error.message)

    return release_all
