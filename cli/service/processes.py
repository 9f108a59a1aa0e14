"""Real processes: each leads a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone.

Every process is watched by threads that pass on what it prints and put *ready* and *ended* into the events.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Protocol

from cli.service.contracts import Ended, Events, Ready, Service
from cli.service.guard import Guard, kill_group
from cli.service.lines import LastWords, LogLine, parse

#: Seconds between two looks at whether a process is ready.
PROBE_PAUSE = 0.1


class Output(Protocol):
    """Where the lines of the processes go."""

    def keep(self, name: str, raw: str) -> None:
        """Keep a line that the process `name` has printed, as it came."""

    def show(self, name: str, line: LogLine) -> None:
        """Show it to the user, if it matters."""


class Processes:
    """The `Runner` that the supervisor works with."""

    def __init__(self, events: Events, output: Output, environment: Mapping[str, str], guard: Guard) -> None:
        self._events = events
        self._output = output
        self._environment = environment
        self._guard = guard
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: Service) -> None:
        """Start the process of a service."""
        process = subprocess.Popen(
            service.command,
            env={**self._environment, **service.environment},
            stdin=service.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._guard.add(process.pid)
        self._started[service.name] = process
        Thread(target=self._watch, args=(service.name, process), daemon=True).start()
        if service.ready:
            Thread(target=self._probe, args=(service.name, process, service.ready), daemon=True).start()
        elif not service.once:
            self._events.put(Ready(service.name))

    def terminate(self, name: str) -> None:
        """SIGTERM to the process alone: it knows best how to end its children."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._started[name].pid, signal.SIGTERM)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children."""
        kill_group(self._started[name].pid)

    def _watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        words = LastWords()
        reader = Thread(target=self._read, args=(name, process, words), daemon=True)
        reader.start()
        code = process.wait()
        # Children that outlive their parent end with it: they hold its output open and would work unseen.
        kill_group(process.pid)
        self._guard.remove(process.pid)
        reader.join(timeout=2)
        self._events.put(Ended(name, code, words.tell(code)))

    def _read(self, name: str, process: subprocess.Popen[bytes], words: LastWords) -> None:
        assert process.stdout
        level = ""
        with process.stdout as lines:
            for encoded in lines:
                if raw := encoded.decode(errors="replace").rstrip():
                    line = parse(raw, level)
                    level = line.level
                    words.hear(line)
                    self._output.keep(name, raw)
                    self._output.show(name, line)

    def _probe(self, name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        while process.returncode is None:
            if ready():
                self._events.put(Ready(name))
                return
            time.sleep(PROBE_PAUSE)
