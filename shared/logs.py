"""Structured logs on standard error: lines for a person at a terminal, JSON for everything else."""

from __future__ import annotations

import logging
import sys

import structlog

#: Libraries that tell of every task that comes and goes, the sweep's among them.
CHATTY = ("celery.worker.strategy", "celery.app.trace", "celery.beat")
#: What tells of child processes keeps to a handler of its own.
PROCESSES = "multiprocessing"


def configure_logs(level: str) -> None:
    """Send our own and all libraries' logs through one format."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    at_a_terminal = sys.stderr.isatty()
    last = structlog.dev.ConsoleRenderer() if at_a_terminal else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared_steps,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    processes = logging.getLogger(PROCESSES)
    processes.handlers, processes.propagate = [handler], False
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
