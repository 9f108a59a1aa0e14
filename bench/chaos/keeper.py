"""Keeps one process running as a host's supervisor would: whatever ends it, it starts again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

#: Seconds from the end of a process to its next start.
RESTART_SECONDS = 0.5
#: Seconds that a process has to end after it was told to.
GRACE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Program:
    """What to keep running; `stop` is the signal that ends it well, `user` whose process it is (None: ours)."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop: signal.Signals = signal.SIGTERM
    user: str | None = None


class Keeper:
    """Runs a program until told to stop; what it prints is added to a log in the folder `logs`."""

    def __init__(self, program: Program, logs: Path) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self._stopping = Event()
        self._process = self._start()
        self._watcher = Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process that runs now, or the one that ran last."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process and what it left of its group."""
        self._stopping.set()
        self._signal(self.program.stop)
        self._watcher.join(GRACE_SECONDS)
        self._kill_group()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.program.command,
                env=self.program.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.program.user,
                group=self.program.user,
                extra_groups=[] if self.program.user else None,
            )

    def _watch(self) -> None:
        self._process.wait()
        while not self._stopping.wait(RESTART_SECONDS):
            self._kill_group()
            self._process = self._start()
            if self._stopping.is_set():
                self._signal(self.program.stop)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            self._process.send_signal(number)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
