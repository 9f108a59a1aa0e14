"""Celery's options, each with its reason: what stands here keeps work from being lost or read twice."""

from __future__ import annotations

from typing import Any

from kombu import Queue as KombuQueue

from shared.broker import PRUNE, SWEEP, UPKEEP, WIRE_NAMES
from shared.settings import Settings

#: How often jobs are looked for whose time to live is over.
PRUNE_SECONDS = 600
#: What beat has sent is passed over after so long, by the clock of the worker: it may be so much ahead of beat's.
STALE_SECONDS = 3600


def celery_options(settings: Settings) -> dict[str, Any]:
    """The same options for every process, front end and workers alike."""
    return {
        "broker_url": broker_url(settings.redis),
        # A message that a killed worker held comes back; acknowledged early it would be gone.
        "task_acks_late": True,
        # A chunk that kills its worker must not come back at once for ever; our own row decides what is next.
        "task_reject_on_worker_lost": False,
        # With late acknowledgment one message a process is enough: another in hand saved no time that could be
        # measured, and would wait for a lease if its worker were killed.
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": settings.soft_limit_seconds,
        "task_time_limit": settings.hard_limit_seconds,
        # Loading a network takes seconds; with the default of four a replaced child is killed before it is ready.
        "worker_proc_alive_timeout": 300,
        # A forked child inherits locks and threads of libraries that do not survive it.
        "worker_pool_start_method": "spawn",
        "worker_concurrency": settings.workers,
        # Results go to our own tables.
        "task_ignore_result": True,
        "result_backend": None,
        "broker_connection_retry_on_startup": True,
        # A worker must not give up during a long outage of Redis.
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_queues": [KombuQueue(name) for name in (UPKEEP, *WIRE_NAMES.values())],
        "task_default_queue": UPKEEP,
        "task_create_missing_queues": False,
        # Telling the broker must fail quickly: the sweep tells it later.
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2},
        "beat_schedule": _schedule(settings),
        # Its times need not outlive the process; so it keeps no file.
        "beat_scheduler": "celery.beat:Scheduler",
        "broker_transport_options": _transport_options(settings),
    }


def _schedule(settings: Settings) -> dict[str, Any]:
    # A sweep that nobody had time for is superseded by the next ones.
    stale = {"expires": STALE_SECONDS}
    return {
        SWEEP: {"task": SWEEP, "schedule": settings.sweep_seconds, "options": stale},
        PRUNE: {"task": PRUNE, "schedule": PRUNE_SECONDS, "options": stale},
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    return {
        "visibility_timeout": settings.visibility_seconds,
        # Serve the queues in the order of their names, so that somebody who waits goes first.
        "queue_order_strategy": "sorted",
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        # Without these a half-open connection blocks for ever.
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }


def broker_url(redis_url: str) -> str:
    """Kombu's spelling of a Redis URL: it writes sockets another way than Redis' own client."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url
