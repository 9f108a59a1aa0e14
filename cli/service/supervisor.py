"""Keeps a group of processes running: one loop over the events *ready*, *ended* and *stop*.

The supervisor only decides. Starting and ending processes, telling the user and the time are handed in, so that
tests can play histories without a process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty

from cli.exits import Exit
from cli.service.contracts import Ended, Event, Events, Ready, Reporter, Runner, Service, Stop
from shared.errors import CannotStart

#: Seconds before the first and, at most, before a later restart.
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
#: A process that has run this many seconds starts with a clean record.
STEADY = 60.0
#: A process that fails this often before the service was ever ready ends the start.
TRIES = 3


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
