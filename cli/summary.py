"""What the results of a job amount to, gathered line by line: one pass, a few numbers, no list of images."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cli.exits import Exit

Row = dict[str, Any]
#: How many rows are kept to be shown.
SHOWN = 5

#: Which exit code a job's outcome stands for; a job without an outcome was stopped.
OUTCOMES = {"all_succeeded": Exit.OK, "partial": Exit.SOME_FAILED, "all_failed": Exit.ALL_FAILED}


@dataclass(slots=True)
class Summary:
    """Counts over the results; `right` and `labeled` compare with labels, where those are known."""

    digits: Counter[str] = field(default_factory=Counter)
    first: list[Row] = field(default_factory=list)
    failed: list[Row] = field(default_factory=list)
    labeled: int = 0
    right: int = 0

    def add(self, row: Row, label: str | None = None) -> None:
        """Take one line of the results."""
        if len(self.first) < SHOWN:
            self.first.append(row)
        if row["status"] != "succeeded":
            self._add_failed(row)
        else:
            self.digits[row["prediction"]] += 1
        if label is not None:
            self.labeled += 1
            self.right += row["prediction"] == label

    def _add_failed(self, row: Row) -> None:
        if len(self.failed) < SHOWN:
            self.failed.append(row)


def summarize(lines: Iterable[str | bytes], label_of: Callable[[Row], str | None] = lambda row: None) -> Summary:
    """The summary of results as NDJSON lines."""
    summary = Summary()
    for line in lines:
        if line.strip():
            row = json.loads(line)
            summary.add(row, label_of(row))
    return summary


def exit_of(job: Row) -> Exit:
    """The exit code that an ended job stands for."""
    return OUTCOMES.get(str(job["outcome"]), Exit.STOPPED) if job["status"] == "completed" else Exit.STOPPED
