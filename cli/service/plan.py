"""Which processes make up the service, and what they are told: decided here, started elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from cli.service import redis
from cli.service.contracts import Service
from cli.service.probes import http_answers, redis_answers
from shared.settings import Settings, variable

#: Addresses that mean "every interface", and how this machine reaches itself then.
EVERYWHERE: Mapping[str, str] = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """The Redis server to bring along."""

    server: Path
    socket: Path


def reachable_host(host: str) -> str:
    """Where a client on this machine finds a server that listens on `host`."""
    return EVERYWHERE.get(host, host)


def address(settings: Settings) -> str:
    """The service's URL for clients on this machine."""
    host = reachable_host(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def alive_file(data: Path) -> Path:
    """The file that the worker makes once a process of its has loaded the model."""
    return data / "worker.alive"


def services(settings: Settings, embedded: EmbeddedRedis | None, listener: int) -> tuple[Service, ...]:
    """The processes in the order of their start; they end in the reverse order, Redis last.

    The front end finds the socket `listener`, a file descriptor, as its standard input: connections wait in it while
    the front end is restarted.
    """
    brought = (_redis(embedded, settings.data / "redis"),) if embedded else ()
    alive = alive_file(settings.data)
    sign = {"DIGITQ_ALIVE_FILE": str(alive)}
    needs = ("migrate", *(service.name for service in brought))
    return (
        *brought,
        Service("migrate", _module("migrations"), once=True),
        # There is nothing to sweep before the workers are there, and they load quicker alone.
        Service("beat", _module("worker", "beat"), (*needs, "worker")),
        Service("worker", _module("worker"), needs, ready=alive.exists, grace=60.0, environment=sign),
        Service("api", _module("api"), ("migrate",), ready=lambda: _is_ready(settings), grace=25.0, stdin=listener),
    )


def environment(inherited: Mapping[str, str], settings: Settings, embedded: EmbeddedRedis | None) -> dict[str, str]:
    """What every process finds in its environment: the settings that the command line or this plan has chosen."""
    chosen = {
        "data": settings.data,
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "window": _window(settings),
        "model": settings.model,
        "worker_name": settings.worker_name or _worker_name(settings.data),
        "redis_url": f"unix://{embedded.socket}" if embedded else settings.redis_url,
    }
    return {
        **inherited,
        **{variable(name): str(value) for name, value in chosen.items()},
        # Lines appear when they are printed, and a folder called `api` in the current folder stays out of the way.
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
    }


def _window(settings: Settings) -> int:
    """Enough chunks for all workers, unless it was set; all processes must be told the same."""
    return settings.window if "window" in settings.model_fields_set else max(settings.window, 4 * settings.workers)


def _worker_name(data: Path) -> str:
    """The same at every start, and no one else's: the lock on the data folder sees to that."""
    return f"up-{crc32(bytes(data)):08x}"


def _redis(embedded: EmbeddedRedis, folder: Path) -> Service:
    socket = str(embedded.socket)
    return Service(
        "redis", redis.command(embedded.server, embedded.socket, folder), ready=lambda: redis_answers(socket)
    )


def _module(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def _is_ready(settings: Settings) -> bool:
    return http_answers(reachable_host(settings.host), settings.port, "/readyz")
