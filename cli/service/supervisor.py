"""Keeps a group of processes running: one loop over the events *ready*, *ended* and *stop*.

The supervisor only decides. Starting and ending processes, telling the user and the time are handed in, so that
tests can play histories without a process.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol

from cli.exits import Exit
from shared.errors import CannotStart

#: Seconds before the first and, at most, before a later restart.
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
#: A process that has run this many seconds starts with a clean record.
STEADY = 60.0
#: A process that fails this often before the service was ever ready ends the start.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Service:
    """A process to keep running.

    It starts once all it `needs` have been ready. A service that runs `once` is ready when it has ended well;
    any other when `ready` says so, or at once. `grace` is the time in seconds it has to end after SIGTERM.
    `environment` is what it finds in its environment beyond what all have in common.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    once: bool = False
    ready: Callable[[], bool] | None = None
    grace: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """The process does what it is there for."""

    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The process is gone; `code` is negative if a signal ended it."""

    name: str
    code: int
    last_words: str = ""

    def __str__(self) -> str:
        how = f"was killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with code {self.code}"
        return f"{self.name} {how}" + (f": {self.last_words}" if self.last_words else "")


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants everything to end; said a second time: at once."""


Event = Ready | Ended | Stop
Events = SimpleQueue[Event]


class Runner(Protocol):
    """Starts and ends processes, and puts what becomes of them into the events."""

    def start(self, service: Service) -> None:
        """Start the process of a service."""

    def terminate(self, name: str) -> None:
        """Ask a process to end."""

    def kill(self, name: str) -> None:
        """End a process with all its children, now."""


class Reporter(Protocol):
    """Tells the user what happens."""

    def all_ready(self) -> None:
        """Every service has become ready, for the first time."""

    def restarting(self, ended: Ended, delay: float) -> None:
        """A process has died and starts again in `delay` seconds."""

    def stopping(self) -> None:
        """The end has begun, as the user has asked for."""

    def killing(self, name: str) -> None:
        """A process did not end in time."""


@dataclass(slots=True)
class Child:
    """What the supervisor knows of one service; `due` is when to start it or, while stopping, when to kill it."""

    service: Service
    running: bool = False
    ready: bool = False
    failures: int = 0
    started: float = 0.0
    due: float = 0.0

    @property
    def waiting(self) -> bool:
        return not self.running and not (self.service.once and self.ready)


def delay_after(failures: int) -> float:
    """Seconds to wait before the restart that follows so many failures in a row."""
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** (failures - 1)))


class Supervisor:
    """Starts services in the order of their needs and stops them in reverse order of the list, one by one."""

    def __init__(
        self,
        services: Iterable[Service],
        runner: Runner,
        reporter: Reporter,
        events: Events,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._children = {service.name: Child(service) for service in services}
        self._runner = runner
        self._reporter = reporter
        self._events = events
        self._clock = clock
        self._was_ready = False
        self._stopping = False
        self._failure: str | None = None

    def run(self) -> None:
        """Run until stopped. Raises CannotStart if a service cannot start, once all others have ended."""
        while not (self._stopping and not any(child.running for child in self._children.values())):
            self._start_due()
            self._kill_overdue()
            if event := self._next_event():
                self._handle(event)
        if self._failure:
            raise CannotStart(self._failure)

    def _next_event(self) -> Event | None:
        due = min((child.due for child in self._timed()), default=None)
        try:
            return self._events.get(timeout=None if due is None else max(0.0, due - self._clock()))
        except Empty:
            return None

    def _timed(self) -> Iterator[Child]:
        """Those for whom something is to be done at a certain time."""
        if self._stopping:
            return (child for child in self._children.values() if child.running and child.due)
        return (child for child in self._children.values() if child.waiting and self._has_needs(child))

    def _has_needs(self, child: Child) -> bool:
        return all(self._children[name].ready for name in child.service.needs)

    def _start_due(self) -> None:
        for child in () if self._stopping else list(self._timed()):
            if child.due <= self._clock():
                child.running, child.started = True, self._clock()
                self._runner.start(child.service)

    def _kill_overdue(self) -> None:
        for child in list(self._timed()) if self._stopping else ():
            if child.due <= self._clock():
                child.due = 0.0
                self._reporter.killing(child.service.name)
                self._runner.kill(child.service.name)

    def _handle(self, event: Event) -> None:
        match event:
            case Stop() if self._stopping:
                self._kill_all()
            case Stop():
                self._reporter.stopping()
                self._stop()
            case Ready(name):
                self._mark_ready(self._children[name])
            case Ended(name):
                self._ended(self._children[name], event)

    def _mark_ready(self, child: Child) -> None:
        child.ready = True
        if not self._was_ready and all(each.ready for each in self._children.values()):
            self._was_ready = True
            self._reporter.all_ready()

    def _ended(self, child: Child, event: Ended) -> None:
        child.running = False
        if self._stopping:
            self._stop_next()
        elif child.service.once and event.code == Exit.OK:
            self._mark_ready(child)
        elif child.service.once or event.code == Exit.CANNOT_START:
            self._fail(event)
        else:
            self._restart(child, event)

    def _restart(self, child: Child, event: Ended) -> None:
        steady = self._clock() - child.started >= STEADY
        child.failures = 1 if steady else child.failures + 1
        if not self._was_ready and child.failures >= TRIES:
            self._fail(event)
            return
        delay = delay_after(child.failures)
        child.due = self._clock() + delay
        self._reporter.restarting(event, delay)

    def _fail(self, event: Ended) -> None:
        refused = event.code == Exit.CANNOT_START and event.last_words
        self._failure = event.last_words if refused else f"{event}; the logs folder has the rest."
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for child in self._children.values():
            child.due = 0.0
        self._stop_next()

    def _stop_next(self) -> None:
        child = next((child for child in reversed(self._children.values()) if child.running), None)
        if child and not child.due:
            child.due = self._clock() + child.service.grace
            self._runner.terminate(child.service.name)

    def _kill_all(self) -> None:
        for child in self._children.values():
            if child.running:
                self._runner.kill(child.service.name)
