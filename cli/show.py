"""How things look on standard output: calm tables for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.summary import Summary

Job = Mapping[str, Any]
#: Columns of a table that is not shown in a terminal.
WIDE = 200
#: The counts that are shown even when they are zero.
COUNTS = ("total", "succeeded", "failed", "accepted", "needs_review")
COLORS = {"completed": "green", "canceled": "yellow", "failed": "red", "expired": "red"}


def console() -> Console:
    """Standard output; where nobody looks, lines are not broken."""
    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)


def as_json(value: object) -> None:
    """Print a value for machines."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def counted(count: int, one: str, many: str = "") -> str:
    """A number with what it counts: 1 image, 2,000 images."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def accepted(job: Job) -> str:
    """The line that says which job the images became."""
    return f"{job['id']}: {counted(job['counts']['total'], 'image')} accepted"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Iterable[str] = ()) -> Table:
    """A plain table; the columns `numbers` are aligned to the right."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    right = set(numbers)
    for column in columns:
        made.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column in {"job", *right}
        )
    for row in rows:
        made.add_row(*(value if isinstance(value, Text) else Text(str(value)) for value in row))
    return made


def status_text(job: Job) -> Text:
    """A job's status with its color, and its outcome where that says more."""
    outcome = job["outcome"]
    words = job["status"] + (f" ({outcome.replace('_', ' ')})" if outcome not in {None, "all_succeeded"} else "")
    return Text(words, COLORS.get(job["status"], "cyan"))


def jobs_table(jobs: Iterable[Job]) -> Table:
    """One line a job."""
    names = {"images": "total", "failed": "failed", "review": "needs_review"}
    rows = (
        (
            job["id"],
            status_text(job),
            *(f"{job['counts'][count]:,}" for count in names.values()),
            job["created_at"][:16].replace("T", " "),
        )
        for job in jobs
    )
    return table(("job", "status", *names, "created (UTC)"), rows, numbers=names)


def job_table(job: Job) -> Table:
    """All that is worth knowing about one job."""
    rows: list[tuple[str, object]] = [
        ("job", job["id"]),
        ("status", status_text(job)),
        ("model", "@".join(job["model"].values())),
        *((name, _count(job, name)) for name, count in job["counts"].items() if count or name in COUNTS),
        *((name, job[name]) for name in ("created_at", "started_at", "ended_at") if job[name]),
        *(("metadata", f"{name}={value}") for name, value in job["metadata"].items()),
    ]
    return table(("", ""), rows)


def summary_tables(job: Job, summary: Summary, seconds: float) -> Iterator[Table]:
    """The end of a job: what came out, what did not, and how fast it was."""
    counts = job["counts"]
    rows: list[tuple[str, object]] = [
        ("job", job["id"]),
        ("status", status_text(job)),
        *((name.replace("_", " "), _count(job, name)) for name in COUNTS),
    ]
    if summary.labeled:
        share = summary.right / summary.labeled
        rows.append(("accuracy", f"{share:.2%} ({summary.right:,} of {summary.labeled:,} right)"))
    rows.append(("speed", f"{counts['total'] / seconds:,.0f} images/s ({seconds:.1f} s with the upload)"))
    yield table(("", ""), rows)
    if summary.digits:
        digits = sorted(summary.digits)
        yield table(["digit", *digits], [["images", *(f"{summary.digits[digit]:,}" for digit in digits)]])
    if summary.failed:
        yield table(("failed", "code", "why"), (_failure(row) for row in summary.failed))


def _count(job: Job, name: str) -> str:
    """One of a job's counts, and of the accepted images what share of those read they are."""
    share = job["accepted_share"] if name == "accepted" else None
    return f"{job['counts'][name]:,}" + ("" if share is None else f" ({share:.2%} of those read)")


def models_table(models: Iterable[Mapping[str, Any]]) -> Table:
    """One line a model and version."""
    rows = ((model["name"], model["version"], ", ".join(model["labels"]), _standing(model)) for model in models)
    return table(("model", "version", "labels", ""), rows)


def _standing(model: Mapping[str, Any]) -> str:
    return model.get("fault") or ("default" if model["default"] else "")


def rows_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """A few lines of the results."""
    columns = ("index", "filename", "prediction", "confidence", "decision")
    return table(columns, ([_plain(row[name]) for name in columns] for row in rows), numbers=("index", "confidence"))


def _failure(row: Mapping[str, Any]) -> tuple[str, str, str]:
    error = row["error"] or {}
    return row["filename"], error.get("code", row["status"]), error.get("message", "")


def _plain(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
