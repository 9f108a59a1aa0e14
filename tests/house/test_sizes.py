"""Files and functions stay small, and what is unfinished is not in here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import PROJECT

PACKAGES = ("api", "bench", "cli", "migrations", "shared", "training", "worker")
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_ARGUMENTS = 400, 40, 6

#: What has run on somebody's database is history: it is kept as Alembic wrote it.
HISTORY = Path(PROJECT, "migrations", "versions")

FILES = sorted(f for package in PACKAGES for f in Path(PROJECT, package).rglob("*.py") if f.parent != HISTORY)
NAMES = [str(file.relative_to(PROJECT)) for file in FILES]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, Function))


def code_lines(function: Function, lines: list[str]) -> int:
    """Lines of a function that hold code: comments and its docstring may be as long as they must."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    first = body[0].lineno if body else function.lineno
    code = [line.strip() for line in lines[first - 1 : function.end_lineno]]
    return 1 + sum(bool(line) and not line.startswith("#") for line in code)


def argument_count(function: Function) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return sum(argument.arg not in {"self", "cls"} for argument in named)


def is_command_or_route(function: Function) -> bool:
    """Whether the signature is what a user sees: options of a command, parameters of a route."""
    return any(isinstance(decorator, ast.Call) for decorator in function.decorator_list)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_file_is_not_long_and_says_what_is_true_in_it(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_functions_are_short_and_take_few_arguments(file: Path) -> None:
    lines = file.read_text().splitlines()
    long = [f.name for f in functions(file) if code_lines(f, lines) > MAX_FUNCTION_LINES]
    wide = [f.name for f in functions(file) if argument_count(f) > MAX_ARGUMENTS and not is_command_or_route(f)]
    assert (long, wide) == ([], [])


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_nothing_is_left_for_later(file: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", file.read_text())


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert not {"utils", "helpers", "constants", "common", "misc"} & {file.stem for file in FILES}
