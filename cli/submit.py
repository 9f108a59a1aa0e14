"""One submission from the files to the summary, and how to follow a job later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cli import show
from cli.client import Client, Job
from cli.collect import Collection
from cli.exits import ConnectionLost, Exit, Interrupted, OutputUnwritable, ServerUnreachable, UsageError
from cli.gather import gathered, say_unreadable
from cli.hints import again
from cli.progress import Bars, progress_bars
from cli.read_options import ReadOptions
from cli.results import check_writable, chosen_format, lines_of, write_results
from cli.summary import exit_of, summarize
from cli.upload import form_fields


@dataclass(frozen=True, slots=True)
class Order:
    """What the user wants read, and how to hear of it."""

    paths: tuple[str, ...]
    recursive: bool = True
    wait: bool = False
    output: Path | None = None
    as_json: bool = False
    options: ReadOptions = field(default_factory=ReadOptions)
    meta: tuple[str, ...] = ()


def submit(order: Order, server: str) -> Exit:
    """Send the images, wait if asked to, and tell how it went; the exit code."""
    if order.output:
        _check_output(order.output)
    fields = form_fields(order.options, _metadata(order.meta))
    found = gathered(order.paths, recursive=order.recursive)
    began = time.monotonic()
    with Client(server) as client, progress_bars(quiet=order.as_json) as bars:
        with _in_mid_upload(found, server, bars):
            job = client.submit(found, fields, bars.sent)
        with _telling_the_way_back(job, server, order.output):
            if not order.wait:
                _tell_how_to_follow(job, server, order)
                return _exit(found, Exit.OK)
            bars.note(show.accepted(job))
            job = _await(client, job, bars)
            _deliver(client, job, time.monotonic() - began, order)
    return _exit(found, exit_of(job))


def follow(job_id: str, server: str, *, wait: bool, as_json: bool) -> Exit:
    """Show a job, now or when it has ended; the exit code."""
    with Client(server) as client, progress_bars(quiet=as_json) as bars:
        job = client.job(job_id)
        if wait:
            with _telling_the_way_back(job, server):
                job = _await(client, job, bars)
    if as_json:
        show.as_json(job)
    else:
        show.console().print(show.job_table(job))
    return exit_of(job) if wait else Exit.OK


def _exit(found: Collection, ended: Exit) -> Exit:
    """The exit code; it is not that of a success if files could not be sent."""
    return max(ended, Exit.SOME_FAILED) if found.unreadable else ended


def _check_output(output: Path) -> None:
    """Raise UsageError unless results can be written there: that is found out before anything is sent."""
    chosen_format(None, output)
    check_writable(output)


def _metadata(notes: tuple[str, ...]) -> dict[str, str]:
    for note in notes:
        if "=" not in note:
            raise UsageError(f"--meta takes key=value, not {note}.")
    return dict(note.split("=", 1) for note in notes)


@contextmanager
def _in_mid_upload(found: Collection, server: str, bars: Bars) -> Iterator[None]:
    # The last byte may have been sent: then only the server knows whether there is a job.
    if_sent = f"if the server had all of it, `{again('jobs', server=server)}` shows the job."
    bars.sending(found.size)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"Stopped in mid-upload; {if_sent}") from None
    except ConnectionLost as error:
        raise ConnectionLost(
            f"The connection to {server} broke off in mid-upload; send it again, but {if_sent}"
        ) from error
    finally:
        bars.close()
        say_unreadable(found)


@contextmanager
def _telling_the_way_back(job: Job, server: str, output: Path | None = None) -> Iterator[None]:
    way_to_file = f"\n  {_way_to_results(job, server, output)}" if output else ""
    way_back = f"come back with\n  {_way_to_end(job, server)}{way_to_file}"
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"The job goes on without you; {way_back}") from None
    except ServerUnreachable as error:
        raise ServerUnreachable(f"{error.message}\nThe job is kept; {way_back}") from error
    except OutputUnwritable as error:
        raise OutputUnwritable(f"{error.message}\nThe results are kept; fetch them with{way_to_file}") from error


def _await(client: Client, job: Job, bars: Bars) -> Job:
    bars.reading(job)
    ended = client.wait(job["id"], bars.look)
    bars.close()
    return ended


def _way_to_end(job: Job, server: str) -> str:
    return again("status", job["id"], "--wait", server=server)


def _way_to_results(job: Job, server: str, output: Path | None = None) -> str:
    return again("results", job["id"], *(("--output", str(output)) if output else ()), server=server)


def _tell_how_to_follow(job: Job, server: str, order: Order) -> None:
    if order.as_json:
        show.as_json(job)
        return
    console = show.console()
    console.print(show.accepted(job), soft_wrap=True)
    console.print(f"  follow   {_way_to_end(job, server)}", soft_wrap=True)
    console.print(f"  results  {_way_to_results(job, server)}", soft_wrap=True)


def _deliver(client: Client, job: Job, seconds: float, order: Order) -> None:
    """Hand over an ended job: its JSON first, so that a script has its id whatever becomes of the file."""
    if order.as_json:
        show.as_json(job)
    if order.output:
        write_results(client, job["id"], chosen_format(None, order.output), order.output)
    if not order.as_json:
        _sum_up(client, job, seconds, order.output)


def _sum_up(client: Client, job: Job, seconds: float, output: Path | None) -> None:
    with client.results(job["id"], format="ndjson") as response:
        summary = summarize(lines_of(response.iter_bytes()))
    console = show.console()
    for table in show.summary_tables(job, summary, seconds):
        console.print(table, "")
    if output:
        console.print(f"The results are in {output}", soft_wrap=True)
