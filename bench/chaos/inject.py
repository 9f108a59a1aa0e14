"""Makes a fault happen to a running stack, and ends it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import psutil
from redis.exceptions import RedisError

from bench.chaos.faults import DISK, POSTGRES, Fault, Kind
from bench.chaos.ledger import Ledger
from bench.chaos.stack import Stack
from shared.errors import DatabaseUnavailable

#: Seconds by which a frozen worker outlives its lease: another one has read its chunk by then.
PAST_LEASE = 4.0
#: How often a worker is tried to be caught with a chunk in its hands, and the seconds between.
TRIES, BREATH = 60, 0.3
#: What is left free on a full disk, in bytes: not enough for a page of a database.
CRUMBS = 2048
#: Clients change their minds about one of so many jobs.
LAST_JOBS = 12


def possible(stack: Stack) -> list[Kind]:
    """The kinds of faults that this stack has the parts for."""
    missing = (frozenset() if stack.shape.servers else POSTGRES) | (frozenset() if stack.shape.own_disk else DISK)
    return [kind for kind in Kind if kind not in missing]


@dataclass(frozen=True, slots=True)
class Struck:
    """Whom a fault hit, and the job if it was one."""

    victim: str
    job_id: str = ""


def inject(stack: Stack, fault: Fault, job_ids: list[str]) -> Struck:
    """Let a fault happen from its beginning to its end."""
    if fault.kind in CALLS:
        return _call(stack, fault, job_ids)
    match fault.kind:
        case Kind.FREEZE_WORKER:
            return Struck(_freeze_worker(stack, fault))
        case Kind.FREEZE_REDIS:
            return Struck(_freeze_redis(stack, fault))
        case Kind.WIPE_REDIS:
            return Struck(_wipe(stack))
        case Kind.FILL_DISK:
            return Struck(_fill_disk(stack, fault.seconds))
        case _:
            return Struck(_signal(stack, fault))


#: Who gets which signal, and whether with all its children.
SIGNALS: Mapping[Kind, tuple[str, signal.Signals, bool]] = {
    Kind.KILL_API: ("api", signal.SIGKILL, False),
    Kind.KILL_WORKER: ("worker", signal.SIGKILL, True),
    Kind.KILL_PARENT: ("worker", signal.SIGKILL, False),
    Kind.KILL_CHILD: ("child", signal.SIGKILL, False),
    Kind.KILL_BEAT: ("beat", signal.SIGKILL, False),
    Kind.KILL_REDIS: ("redis", signal.SIGKILL, False),
    Kind.KILL_ALL: ("up", signal.SIGKILL, False),
    Kind.END_API: ("api", signal.SIGTERM, False),
    Kind.END_WORKER: ("worker", signal.SIGTERM, False),
    Kind.END_POSTGRES: ("postgres", signal.SIGINT, False),
    Kind.KILL_POSTGRES: ("postgres", signal.SIGKILL, True),
}
#: What clients do at the worst moment: the method, and the path below the job.
CALLS: Mapping[Kind, tuple[str, str]] = {
    Kind.CANCEL: ("POST", "/cancel"),
    Kind.RETRY: ("POST", "/retry"),
    Kind.DELETE: ("DELETE", ""),
}


def _wipe(stack: Stack) -> str:
    with suppress(RedisError):
        stack.redis().flushall()
    return "redis"


def _signal(stack: Stack, fault: Fault) -> str:
    role, number, whole_group = SIGNALS[fault.kind]
    victim = _victim(stack, role, fault.pick)
    if victim is None:
        return "nobody"
    with suppress(ProcessLookupError, psutil.NoSuchProcess):
        if whole_group:
            os.killpg(victim.pid, number)
        else:
            victim.send_signal(number)
    return f"{role} {victim.pid}"


def _victim(stack: Stack, role: str, pick: float) -> psutil.Process | None:
    found = sorted(stack.processes(role), key=lambda process: process.pid)
    return found[int(pick * len(found))] if found else None


def _freeze_redis(stack: Stack, fault: Fault) -> str:
    victim = _victim(stack, "redis", fault.pick)
    if victim is None:
        return "nobody"
    with suppress(ProcessLookupError):
        os.killpg(victim.pid, signal.SIGSTOP)
        time.sleep(fault.seconds)
        os.killpg(victim.pid, signal.SIGCONT)
    return f"redis {victim.pid}"


def _freeze_worker(stack: Stack, fault: Fault) -> str:
    ledger = Ledger(stack.settings)
    for _ in range(TRIES):
        victim = _victim(stack, "worker", fault.pick)
        with suppress(ProcessLookupError, DatabaseUnavailable):
            # Connected before anybody is frozen: a new connection may wait for a lock that the victim holds.
            ledger.holders()
            if victim and _frozen_with_a_chunk(stack, ledger, victim.pid):
                time.sleep(stack.settings.lease_seconds + PAST_LEASE)
                os.killpg(victim.pid, signal.SIGCONT)
                return f"worker {victim.pid}"
        time.sleep(BREATH)
    return "nobody"


def _frozen_with_a_chunk(stack: Stack, ledger: Ledger, pid: int) -> bool:
    """Freeze a worker; let it go on at once if it holds no chunk."""
    second = pid == stack.keepers["second"].pid
    os.killpg(pid, signal.SIGSTOP)
    try:
        caught = any((name == "second") == second for name in ledger.holders())
    except DatabaseUnavailable:
        caught = False
    if not caught:
        os.killpg(pid, signal.SIGCONT)
    return caught


def _fill_disk(stack: Stack, seconds: float) -> str:
    with _full(stack):
        time.sleep(seconds)
    return "disk"


@contextmanager
def _full(stack: Stack) -> Iterator[None]:
    ballast = stack.data / "ballast"
    try:
        with suppress(OSError):
            free = shutil.disk_usage(stack.data).free
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, free - CRUMBS))
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _call(stack: Stack, fault: Fault, job_ids: list[str]) -> Struck:
    if not job_ids:
        return Struck("nobody")
    method, path = CALLS[fault.kind]
    # Of the jobs so far one of the last: those are still at work.
    job_id = random.Random(fault.pick).choice(job_ids[-LAST_JOBS:])
    with suppress(httpx.TransportError):
        answer = httpx.request(method, f"{stack.url}/v1/jobs/{job_id}{path}", timeout=10)
        return Struck(f"job, answered {answer.status_code}", job_id)
    return Struck("job, not answered", job_id)
