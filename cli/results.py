"""Brings the results of a job home: streamed, and into a file whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from cli.client import Client
from cli.exits import UsageError

FORMATS = ("csv", "ndjson", "json")


def chosen_format(wanted: str | None, output: Path | None) -> str:
    """The format that is asked for, by name or by the file's ending. Raises UsageError for any other."""
    chosen = wanted or (output.suffix.removeprefix(".").lower() if output else "csv")
    if chosen not in FORMATS:
        raise UsageError(f"Results come as {', '.join(FORMATS)}, not as {chosen or 'a file without an ending'}.")
    return chosen


def write_results(
    client: Client, job_id: str, format: str, output: Path | None, filters: Mapping[str, str] | None = None
) -> None:
    """Write the results to a file, or else to standard output. Raises UsageError if that file cannot be written."""
    with client.results(job_id, format=format, **(filters or {})) as response:
        if output:
            _write_whole(response.iter_bytes(), output)
        else:
            for block in response.iter_bytes():
                sys.stdout.buffer.write(block)


def _write_whole(blocks: Iterable[bytes], output: Path) -> None:
    partial = output.with_name(f".{output.name}.part")
    try:
        with partial.open("wb") as file:
            file.writelines(blocks)
        partial.replace(output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written ({error.strerror}); choose another --output.") from error
    finally:
        partial.unlink(missing_ok=True)
