"""Brings the results of a job home: streamed, counted, and into a file whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import typer

from cli.client import Client
from cli.exits import OutputUnwritable, UsageError
from cli.hints import again

FORMATS = ("csv", "ndjson", "json")


@dataclass(slots=True)
class Counted:
    """Results on their way, and how many have passed."""

    results: Iterable[bytes]
    passed: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for result in self.results:
            self.passed += 1
            yield result


def chosen_format(wanted: str | None, output: Path | None) -> str:
    """The format that is asked for, by name or by the file's ending. Raises UsageError for any other."""
    chosen = wanted or (output.suffix.removeprefix(".").lower() if output else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"Results come as {', '.join(FORMATS)}, not as {chosen or 'a file without an ending'}.")
    return chosen


def check_writable(output: Path) -> None:
    """Find out before the work begins whether results can be written there. Raises OutputUnwritable."""
    with _growing(output) as partial:
        partial.touch()


def write_results(
    client: Client, job_id: str, format: str, output: Path | None, filters: Mapping[str, str] | None = None
) -> None:
    """Write the results to a file, or else to standard output; say so if the job has more to come.

    Raises OutputUnwritable.
    """
    # Of JSON the service gives only pages.
    streamed = "ndjson" if format == "json" else format
    with client.results(job_id, format=streamed, **(filters or {})) as response:
        lines = lines_of(response.iter_bytes())
        header = next(lines, b"") if format == "csv" else b""
        results = Counted(_records(lines) if format == "csv" else lines)
        _write(_page(results) if format == "json" else chain([header], results), output)
        is_partial = response.headers.get("X-Complete") == "false"
    if is_partial:
        _say_partial(client, job_id, results.passed, output)


def lines_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks of text -> its lines. Those of httpx end also where a name has U+2028 and its like."""
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _records(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of CSV -> its records: within quotes a name may have line breaks."""
    record = b""
    for line in lines:
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""


def _page(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of NDJSON -> JSON in the form of the API's pages: a single one, however many they are."""
    yield b'{"object":"list","data":['
    separator = b"\n"
    for line in lines:
        yield separator + line.rstrip(b"\n")
        separator = b",\n"
    yield b'\n],"has_more":false}\n'


def _write(blocks: Iterable[bytes], output: Path | None) -> None:
    if output is None:
        _print(blocks)
        return
    with _growing(output) as partial:
        with partial.open("wb") as file:
            file.writelines(blocks)
        partial.replace(output)


def _print(blocks: Iterable[bytes]) -> None:
    try:
        sys.stdout.buffer.writelines(blocks)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough
        raise
    except OSError as error:
        # What is held back would be tried again at the very end, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputUnwritable(f"Nothing more can be printed ({error.strerror}); choose an --output.") from error


@contextmanager
def _growing(output: Path) -> Iterator[Path]:
    """Where the output grows until it is whole; nothing is left there."""
    partial = output.parent / f".{output.name}.part"
    try:
        if output.exists() and not output.is_file():
            raise OutputUnwritable(f"{output} is no file; choose another --output.")
        yield partial
    except OSError as error:
        raise OutputUnwritable(f"{output} cannot be written ({error.strerror}); choose another --output.") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _say_partial(client: Client, job_id: str, count: int, output: Path | None) -> None:
    total = client.job(job_id)["counts"]["total"]
    typer.echo(
        f"The job is still running: {count:,} of its {total:,} images are in {output or 'what was printed'}; "
        f"`{again('status', job_id, '--wait', server=client.server)}` tells when all are there.",
        err=True,
    )
