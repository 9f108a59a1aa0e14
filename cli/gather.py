"""From the paths of a command line to what is sent, and what the user hears of the rest, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

import typer

from cli.collect import Collection, collect
from cli.exits import UsageError
from cli.show import counted

#: How many paths are named where there are more.
NAMED = 5


def gathered(paths: Sequence[str], *, recursive: bool) -> Collection:
    """What is to be sent; says what is left out. Raises UsageError if nothing is to be sent."""
    found = collect(_names(paths), recursive=recursive)
    if not found.archives and not found.images:
        skipped = f" ({counted(found.skipped, 'other file')} skipped)" if found.skipped else ""
        nothing = f"There are no images in {', '.join(paths)}{skipped}."
        raise UsageError("\n".join((nothing, *_not_entered(found), *_unreadable(found))))
    if found.skipped:
        skipped = counted(found.skipped, "file that is no image", "files that are no images")
        typer.echo(f"Skipped {skipped}.", err=True)
    _say(_not_entered(found))
    return found


def say_unreadable(found: Collection) -> None:
    """Name what could not be read, be it found out before or while it was sent."""
    _say(_unreadable(found))


def _names(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if path == "-":
            yield from _names_in(sys.stdin.buffer.read())
        else:
            yield path


def _names_in(given: bytes) -> Iterator[str]:
    """The names in standard input, one a line, however a line ends."""
    if b"\0" in given:
        raise UsageError("Standard input must be names of files, one a line: no image itself, and no `find -print0`.")
    return (os.fsdecode(line) for line in given.replace(b"\r\n", b"\n").split(b"\n") if line)


def _not_entered(found: Collection) -> Iterator[str]:
    for kind, folders in (("linked", found.linked), ("hidden", found.hidden)):
        if folders:
            yield f"Left out {counted(len(folders), f'{kind} folder')}; name one to send what is in it:"
            yield from _some(folders)


def _unreadable(found: Collection) -> Iterator[str]:
    if found.unreadable:
        one, many = "file or folder, which is not sent", "files or folders, which are not sent"
        yield f"Could not read {counted(len(found.unreadable), one, many)}:"
        yield from _some(found.unreadable)


def _some(paths: Sequence[str]) -> Iterator[str]:
    yield from (f"  {path}" for path in paths[:NAMED])
    if len(paths) > NAMED:
        yield f"  and {len(paths) - NAMED:,} more"


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line, err=True)
