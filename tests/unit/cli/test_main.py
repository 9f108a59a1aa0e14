"""The command `digitq` as a whole: documented, quick to start, and without tracebacks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.exits import Exit, ServerUnreachable, exit_code
from cli.main import app
from shared.errors import CannotStart, DigitqError, FaultySettings, ModelMissing

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def commands(group: Any, called: str = "digitq") -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it; of a group, its commands too."""
    for name, command in group.commands.items():
        yield f"{called} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{called} {name}")


def test_every_command_and_every_option_is_documented() -> None:
    reference = REFERENCE.read_text()
    for name, command in commands(typer.main.get_command(app)):
        assert f"`{name}" in reference
        for option in (word for parameter in command.params for word in parameter.opts if word.startswith("--")):
            assert option in reference, f"{name} {option}"


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert f"\n| {code} |" in REFERENCE.read_text()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FaultySettings(), 2),
        (ServerUnreachable(), 6),
        (CannotStart(), 78),
        (ModelMissing(), 78),
        (DigitqError("else"), 1),
    ],
)
def test_an_error_has_the_exit_code_of_its_kind(error: DigitqError, code: int) -> None:
    assert exit_code(error) == code


def test_the_help_names_each_status_that_a_result_may_have() -> None:
    said = CliRunner().invoke(app, ["results", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout

    assert "Only results of this status: succeeded or failed." in said


def test_an_error_is_a_sentence() -> None:
    result = CliRunner().invoke(app, ["submit", "no/such/file.png"])

    assert result.exit_code == Exit.USAGE
    assert result.stderr == "digitq: no/such/file.png cannot be read (No such file or directory).\n"


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(app, ["version"]).stdout.strip()[0].isdigit()


def test_help_loads_no_more_than_it_needs() -> None:
    """Each of these takes a tenth of a second and more; `digitq up` must start its processes at once."""
    heavy = {"httpx", "pydantic", "sqlalchemy", "redis", "numpy", "celery", "fastapi"}
    program = f"import sys, cli.main; print({heavy!r} & sys.modules.keys())"

    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "set()"
