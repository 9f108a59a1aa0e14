"""What a line that a process has printed says: its level, its message, and whether it explains the end.

Our own processes log JSON; uvicorn, Celery, tracebacks and Redis come as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.exits import Exit

#: The level of a text line as uvicorn, Celery, plain logging and Redis (one sign after the time) write it.
LEVEL = re.compile(r"\b(debug|info|warning|error|critical)\b|^(traceback) |\d ([-.*#]) ", re.IGNORECASE)
#: Where in a line a level is looked for, in characters.
HEAD = 90
#: Warnings that belong to the usual course of things: on the system, and at the end of Redis and Celery.
HARMLESS = ("overcommit", "Transparent Huge Pages", "bye bye", "Requeuing undeliverable message")
ALARMING = frozenset({"warning", "error", "critical", "traceback", "#"})
#: Characters of a record that are shown; tracebacks and the rest are in the log.
LONGEST = 300
#: The event by which a process of ours says why it refuses to start.
REFUSAL = "cannot_start"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line understood; `level` is empty if it names none, `refusal` if it does not explain the end."""

    text: str
    level: str = ""
    refusal: str = ""

    @property
    def alarming(self) -> bool:
        """Whether a user who asked for nothing should see it; a refusal is told once, at the end."""
        return self.level in ALARMING and not self.refusal and not any(word in self.text for word in HARMLESS)


def parse(line: str, level_before: str = "") -> LogLine:
    """Understand a line; the lines of a traceback are told by the level of the line before."""
    if record := _record(line):
        refusal = record.get("reason", "") if record.get("event") == REFUSAL else ""
        return LogLine(_sentence(record), str(record.get("level", "info")), refusal)
    if found := LEVEL.search(line, 0, HEAD):
        return LogLine(line, next(word for word in found.groups() if word).lower())
    if level_before == "traceback":
        return LogLine(line, "traceback" if line[:1].isspace() else "error")
    return LogLine(line)


def _record(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "event" in record else None


def _sentence(record: Mapping[str, Any]) -> str:
    known = {"event", "level", "timestamp", "exception"}
    words = [str(record["event"]), *(f"{key}={value}" for key, value in record.items() if key not in known)]
    # Of a traceback, the last line says what it was.
    texts = (" ".join(words), str(record.get("exception", "")))
    return ": ".join(text.strip().splitlines()[-1] for text in texts if text.strip())[:LONGEST]


class LastWords:
    """Listens to a process, to tell afterwards why it ended."""

    def __init__(self) -> None:
        self._last = ""
        self._refusal = ""

    def hear(self, line: LogLine) -> None:
        """Take one line."""
        self._last = line.text
        self._refusal = line.refusal or self._refusal

    def tell(self, code: int) -> str:
        """Why the process ended with this code, as far as it said so."""
        return self._refusal if code == Exit.CANNOT_START and self._refusal else self._last
