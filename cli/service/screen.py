"""All that `digitq up` prints: where things are, what went wrong, and the processes' own lines.

Every line goes to <data>/logs/<name>.log; the screen shows warnings and worse, or everything if asked.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.service.contracts import Ended
from cli.service.lines import LogLine

MIB = 2**20
COLORS = ("cyan", "magenta", "green", "blue", "yellow")


class Screen:
    """The `Output` of the processes and the `Reporter` of the supervisor."""

    def __init__(self, console: Console, logs: Path, *, verbose: bool, welcome: Callable[[], None]) -> None:
        self._console = console
        self._logs = logs
        self._verbose = verbose
        self._welcome = welcome
        self._files: dict[str, logging.Handler] = {}

    def keep(self, name: str, raw: str) -> None:
        """Write a line into the process' log. May be called from any thread, one per name."""
        self._file(name).handle(logging.makeLogRecord({"msg": raw}))

    def show(self, name: str, line: LogLine) -> None:
        """Show a line if it matters. May be called from any thread."""
        if self._verbose or line.alarming:
            self._say(name, Text.from_ansi(line.text))

    def all_ready(self) -> None:
        """Every service has become ready, for the first time."""
        self._welcome()

    def restarting(self, ended: Ended, delay: float) -> None:
        """A process has died and starts again in `delay` seconds."""
        self._say(ended.name, Text(f"{ended}; it starts again in {delay:g} s", "yellow"))

    def stopping(self) -> None:
        """The end has begun, as the user has asked for."""
        self._print(Text("Stopping: running work is finished, the rest waits for the next start. Ctrl-C again: now."))

    def killing(self, name: str) -> None:
        """A process did not end in time."""
        self._say(name, Text("did not end in time and is killed", "yellow"))

    def close(self) -> None:
        """Close the logs."""
        for handler in self._files.values():
            handler.close()

    def _say(self, name: str, text: Text) -> None:
        color = COLORS[sum(name.encode()) % len(COLORS)]
        self._print(Text(f"{name:>8} │ ", color).append_text(text))

    def _print(self, text: Text) -> None:
        # A closed terminal, or pipe (for which Rich would exit), must not stop the service.
        with contextlib.suppress(OSError, SystemExit):
            self._console.print(text, soft_wrap=True, highlight=False)

    def _file(self, name: str) -> logging.Handler:
        if name not in self._files:
            handler = RotatingFileHandler(self._logs / f"{name}.log", maxBytes=16 * MIB, backupCount=3, delay=True)
            # A full disk must not stop the service either.
            handler.handleError = lambda record: None  # type: ignore[method-assign]
            self._files[name] = handler
        return self._files[name]
