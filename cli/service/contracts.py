"""The words between the supervisor and the rest: what a service is, what may happen to it, who does what."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Service:
    """A process to keep running.

    It starts once all it `needs` have been ready. A service that runs `once` is ready when it has ended well;
    any other when `ready` says so, or at once. `grace` is the time in seconds it has to end after SIGTERM.
    `environment` is what it finds in its environment beyond what all have in common, `stdin` the file descriptor that
    becomes its standard input.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    once: bool = False
    ready: Callable[[], bool] | None = None
    grace: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: int = subprocess.DEVNULL


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
