"""What happens during a run: jobs keep coming, faults strike, and somebody looks at the clock until all is well."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from threading import Event, Thread

from bench.chaos.faults import Fault, Kind
from bench.chaos.inject import Struck, inject
from bench.chaos.ledger import Held, Ledger
from bench.chaos.load import Accepted, batches, submit
from bench.chaos.stack import Stack
from shared.errors import DatabaseUnavailable

#: Images that wait for a worker while faults happen.
BACKLOG = 1500
#: Seconds in which what was in flight at a fault must be read.
HEAL_SECONDS = 240
#: Seconds between two looks.
LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Strike:
    """A fault that happened, the chunks that were in flight, and the seconds from its end until all went on."""

    fault: Fault
    held: tuple[Held, ...]
    struck: Struck
    healed: float = inf


@dataclass(slots=True)
class Course:
    """A run's history."""

    accepted: list[Accepted] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    watchers: list[Thread] = field(default_factory=list)

    @property
    def images(self) -> int:
        return sum(len(accepted.batch.names) for accepted in self.accepted)

    def hit(self, kind: Kind) -> set[str]:
        """The jobs that faults of this kind were about."""
        return {strike.struck.job_id for strike in self.strikes if strike.fault.kind is kind}


@contextmanager
def loading(stack: Stack, ledger: Ledger, seed: int, images: Mapping[str, bytes], course: Course) -> Iterator[None]:
    """Submit one job after another while the context is open, so that there is always something to do."""
    enough = Event()

    def load() -> None:
        for batch in batches(seed, list(images)):
            while not enough.is_set() and _images_left(ledger) > BACKLOG:
                time.sleep(LOOK_SECONDS)
            if enough.is_set():
                return
            try:
                course.accepted.append(submit(stack.url, batch, images))
            except (RuntimeError, TimeoutError) as error:
                course.troubles.append(str(error))

    loader = Thread(target=load)
    loader.start()
    try:
        yield
    finally:
        enough.set()
        loader.join()


def _images_left(ledger: Ledger) -> float:
    try:
        return ledger.images_left()
    except DatabaseUnavailable:
        return inf


def strike(stack: Stack, ledger: Ledger, fault: Fault, course: Course) -> None:
    """Let a fault happen, and start to watch how it heals."""
    held = _in_flight(ledger)
    happened = Strike(fault, held, inject(stack, fault, [accepted.job_id for accepted in course.accepted]))
    course.strikes.append(happened)
    watcher = Thread(target=_watch, args=(stack, ledger, happened))
    course.watchers.append(watcher)
    watcher.start()


def _in_flight(ledger: Ledger) -> tuple[Held, ...]:
    try:
        return ledger.in_flight()
    except DatabaseUnavailable:
        return ()


def all_healed(course: Course) -> None:
    """Wait until every fault so far has healed, or has been given up."""
    for watcher in course.watchers:
        watcher.join()


def _watch(stack: Stack, ledger: Ledger, happened: Strike) -> None:
    began = time.monotonic()
    while time.monotonic() - began < HEAL_SECONDS:
        if _all_well(stack, ledger, happened.held):
            happened.healed = time.monotonic() - began
            return
        time.sleep(LOOK_SECONDS)


def _all_well(stack: Stack, ledger: Ledger, held: tuple[Held, ...]) -> bool:
    """Whether the front end is ready again and nothing is left to do of what was in flight."""
    try:
        return not ledger.still_open(held) and stack.ready()
    except DatabaseUnavailable:
        return False
