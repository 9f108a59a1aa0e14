"""What must be true of the whole service once it has come to rest: nothing is stuck, left over or unexplained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isinf

from redis import Redis
from redis.exceptions import RedisError

from bench.chaos.course import Course, all_healed
from bench.chaos.faults import Kind
from bench.chaos.ledger import Ledger
from bench.chaos.stack import Stack, wait_until
from shared.broker import UNACKED, WIRE_NAMES
from shared.database import open_engine
from shared.errors import DatabaseUnavailable
from shared.lifecycle import JOBS, prune
from shared.retention import SqlRetention
from shared.wiring import open_parts

#: Seconds in which every job must end, and every message be gone, after the last fault.
REST_SECONDS = 180
#: The packs of nobody are kept a day; the check looks from later.
LATER = timedelta(hours=25)
#: How a sweep that had something to mend calls it.
MENDED = "swept"
#: What no log may hold, whatever happens.
UNFORESEEN = ("unforeseen_error", "IntegrityError", "ProgrammingError", "DeadlockDetected", "StatementError")


def come_to_rest(stack: Stack, ledger: Ledger, course: Course) -> None:
    """Wait until every job has ended and every message is gone; what does not is a trouble."""
    all_healed(course)
    for complaint, condition in (
        ("Jobs have not ended", lambda: _at_rest(ledger)),
        ("Messages are stuck", lambda: _messages(stack.redis()) == 0),
    ):
        try:
            wait_until(condition, REST_SECONDS, complaint)
        except TimeoutError as error:
            course.troubles.append(str(error))


def _at_rest(ledger: Ledger) -> bool:
    try:
        return not ledger.unfinished()
    except DatabaseUnavailable:
        return False


def _messages(redis: Redis) -> int:
    """Messages that wait or are unacknowledged; the sweep's own are not counted while they wait."""
    try:
        return sum(int(redis.llen(name)) for name in WIRE_NAMES.values()) + int(redis.hlen(UNACKED))
    except RedisError:
        return 1


def aftermath(stack: Stack, ledger: Ledger, course: Course) -> Iterator[str]:
    """What is wrong with the service as a whole."""
    for number, strike in enumerate(course.strikes):
        if isinf(strike.healed):
            yield f"fault {number} ({strike.fault.kind}, {strike.struck.victim}) did not heal"
    known = {accepted.job_id for accepted in course.accepted}
    there = ledger.job_ids()
    if unknown := there - known:
        yield f"jobs exist that no client knows of: {sorted(unknown)}"
    if vanished := known - there - course.hit(Kind.DELETE):
        yield f"jobs have vanished: {sorted(vanished)}"
    if chunks := ledger.chunks_open():
        yield f"{chunks} chunks are open though every job has ended"
    yield from _left_in_store(stack, there)
    yield from (f"unforeseen: {line[:300]}" for line in _lines(stack, UNFORESEEN))


class _RetentionLater(SqlRetention):
    """Where the jobs are kept it is later, too: pruning trusts no clock that is ahead of that one."""

    def clock(self) -> datetime:
        return super().clock() + LATER


def _left_in_store(stack: Stack, there: set[str]) -> Iterator[str]:
    engine, later = open_engine(stack.settings.database), datetime.now(UTC) + LATER
    parts = replace(open_parts(stack.settings, engine), retention=_RetentionLater(engine))
    prune(parts, later)
    if left := set(parts.store.folders(JOBS, before=later)) - there:
        yield f"packs are left of {sorted(left)}"


def mended(stack: Stack) -> list[str]:
    """What sweeps have told so far of having had to mend."""
    return _lines(stack, (MENDED,))


def _lines(stack: Stack, words: tuple[str, ...]) -> list[str]:
    logs = [keeper.log for keeper in stack.keepers.values()]
    return [
        line
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        if any(word in line for word in words)
    ]
