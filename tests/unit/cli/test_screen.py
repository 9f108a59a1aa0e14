"""What a user sees of the processes, and what the logs keep."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from cli.service.contracts import Ended
from cli.service.lines import parse
from cli.service.screen import Screen


def screen(folder: Path, *, verbose: bool = False) -> tuple[Screen, io.StringIO]:
    seen = io.StringIO()
    return Screen(Console(file=seen, width=60), folder, verbose=verbose, welcome=lambda: None), seen


@pytest.mark.parametrize(("verbose", "lines"), [(False, ["ERROR:  oh"]), (True, ["INFO:  fine", "ERROR:  oh"])])
def test_warnings_are_shown_or_everything_if_asked_for(tmp_path: Path, verbose: bool, lines: list[str]) -> None:
    shown, seen = screen(tmp_path, verbose=verbose)
    for raw in ("INFO:  fine", "ERROR:  oh"):
        shown.show("api", parse(raw))

    assert seen.getvalue().splitlines() == [f"     api │ {line}" for line in lines]


def test_the_log_keeps_every_line_as_it_came(tmp_path: Path) -> None:
    shown, _ = screen(tmp_path)
    with closing(shown):
        for raw in ("INFO:  100 %s", '{"event": "ready"}'):
            shown.keep("api", raw)

    assert (tmp_path / "api.log").read_text() == 'INFO:  100 %s\n{"event": "ready"}\n'


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    shown, _ = screen(tmp_path / "gone")

    shown.keep("api", "INFO:  lost")


def test_a_long_line_is_not_broken_and_its_brackets_are_no_markup(tmp_path: Path) -> None:
    shown, seen = screen(tmp_path)
    shown.show("worker", parse("ERROR [bold]" + "x" * 100))

    assert seen.getvalue() == f"  worker │ ERROR [bold]{'x' * 100}\n"


def test_a_process_that_has_died_is_told_with_its_reason(tmp_path: Path) -> None:
    shown, seen = screen(tmp_path)
    shown.restarting(Ended("worker", -9), 0.5)
    shown.restarting(Ended("api", 1, "no memory"), 2.0)

    assert seen.getvalue().splitlines() == [
        "  worker │ worker was killed by SIGKILL; it starts again in 0.5 s",
        "     api │ api ended with code 1: no memory; it starts again in 2 s",
    ]


def test_a_pipe_that_nobody_reads_any_more_stops_nothing(tmp_path: Path) -> None:
    class Closed(Console):
        def print(self, *_: object, **__: object) -> None:
            raise SystemExit(1)  # which is what Rich does then

    shown = Screen(Closed(), tmp_path, verbose=True, welcome=lambda: None)

    shown.show("api", parse("INFO:  nobody listens"))
