"""What a worker process does when it is born, when a child dies, and what it holds in between."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

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

#: The exit status for what may be well the next time, unlike a faulty configuration.
EX_FAILURE = 1
#: How a child that cannot work tells its parent the status to end with; Celery has no use for these two.
LAST_SIGNALS = {EX_CONFIG: signal.SIGUSR2, EX_FAILURE: signal.SIGALRM}

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


@signals.celeryd_after_setup.connect
def let_children_be_quiet(**_: Any) -> None:
    """Have a child write nothing before its logs are set up; Celery has it begin at once, in a form of its own."""
    os.environ.pop("_MP_FORK_LOGLEVEL_", None)


@signals.worker_process_init.connect
def be_born(sender: str, **_: Any) -> None:
    """Open the parts, load the model, warm it up and test it; only then is work taken."""
    global _process
    try:
        _process = _set_up(sender, Settings())
    except CannotStart as error:
        log.error("cannot_start", reason=error.message)
        _end_with_parent(EX_CONFIG)
    except Exception:  # Celery would pass over it, and give work to a child that can do none
        log.exception("start_failed")
        _end_with_parent(EX_FAILURE)
    log.info("ready", pid=os.getpid())


def _set_up(worker: str, settings: Settings) -> Process:
    recognizers = open_recognizers(settings)
    process = Process(worker, open_parts(settings), open_redis(settings), recognizers)
    gc.freeze()  # what is loaded stays, and need not be looked through for garbage with every few chunks
    if settings.alive_file:
        settings.alive_file.touch()
    return process


def _end_with_parent(status: int) -> NoReturn:
    os.kill(os.getppid(), LAST_SIGNALS[status])
    raise SystemExit(status)


def watch_children(settings: Settings) -> None:
    """In the parent: end when no child can start, and free at once what a dead child held."""
    parts = open_parts(settings)
    for status, number in LAST_SIGNALS.items():
        signal.signal(number, partial(_stop, status))
    signals.task_failure.connect(_release_of(parts), weak=False)
    if settings.worker_name:
        signals.worker_ready.connect(_release_all_of(parts), weak=False)
    if settings.alive_file:
        follow_heartbeats(settings.alive_file)


def exit_status() -> int:
    """How the worker is to end once Celery has returned, which keeps the status to itself."""
    return int(state.should_stop or 0)


def _stop(status: int, _signal: int, _frame: object) -> None:
    state.should_stop = status  # type: ignore[assignment]  # Celery reads an exit status here, too


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
