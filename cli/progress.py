"""Progress bars, on standard error: one for the upload, then one for the reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

Job = Mapping[str, Any]


class Rate(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        """The rate as text."""
        return Text(f"{task.speed:,.0f} images/s" if task.speed else "", "dim")


class Bars:
    """The bar of the upload, then that of the reading."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def sending(self, total: int) -> None:
        """Begin the bar of the upload, in bytes of the files."""
        self._begin("sending", total, DownloadColumn(), TransferSpeedColumn())

    def sent(self, count: int) -> None:
        """So many more bytes are on their way."""
        if self._bar:
            self._bar.advance(self._task, count)

    def note(self, text: str) -> None:
        """Print a line after the bar, which ends here."""
        self.close()
        self._console.print(text, soft_wrap=True)

    def reading(self, job: Job) -> None:
        """Begin the bar of the reading, in images."""
        self._begin("reading", job["counts"]["total"], MofNCompleteColumn(), Rate())

    def look(self, job: Job) -> None:
        """Show a job as it stands."""
        counts = job["counts"]
        if self._bar:
            done = counts["total"] - counts["queued"] - counts["processing"]
            self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _begin(self, name: str, total: int, *columns: ProgressColumn) -> None:
        self.close()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *columns,
            TimeRemainingColumn(),
            console=self._console,
            disable=self._quiet,
        )
        self._task = self._bar.add_task(name, total=total)
        self._bar.start()


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Bars]:
    """Progress bars, on standard error; quiet, only the notes between them."""
    shown = Bars(Console(stderr=True, highlight=False), quiet=quiet)
    try:
        yield shown
    finally:
        shown.close()
