"""`digitq demo`: the whole service for a minute, on a real batch with known labels; nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from rich.console import Console

from cli import show
from cli.client import Client, Job
from cli.collect import collect
from cli.exits import Exit, Interrupted
from cli.hints import again
from cli.progress import progress_bars
from cli.results import lines_of
from cli.service.checks import free_port
from cli.service.guard import Guard, kill_group
from cli.service.plan import alive_file
from cli.service.probes import http_answers
from cli.summary import Row, Summary, exit_of, summarize
from shared.errors import CannotStart

HOST = "127.0.0.1"
#: Digits of MNIST's test set that ship with the project, for where the whole set is not to be had.
SAMPLE = Path(__file__).with_name("sample") / "mnist-200.zip"
#: Seconds that making the batch, with a download, and the service's start and end may take.
BATCH_SECONDS, START_SECONDS, STOP_SECONDS = 60, 120, 120
#: The demo is a world of its own: it does not touch the user's parts.
NOT_OURS = frozenset({"DIGITQ_DATABASE_URL", "DIGITQ_REDIS_URL", "DIGITQ_STORE_URL", "DIGITQ_WORKER_NAME"})

Process = subprocess.Popen[bytes]


def run(count: int) -> Exit:
    """Start the service, let it read `count` test digits of MNIST, show the results, end it; the exit code."""
    console = Console(highlight=False)
    try:
        with TemporaryDirectory(prefix="digitq-demo-") as name, closing(Guard()) as guard:
            folder = Path(name)
            making = _start_batch(folder, count, guard)
            with _service(folder, guard, console) as server:
                batch = _batch(making, folder, console)
                console.print(
                    f"[bold green]Ready[/]: {server} takes {batch.name}, its images in folders of their digit.\n"
                )
                return _read(server, batch, console)
    except KeyboardInterrupt:
        raise Interrupted("The demo was stopped; nothing is left running.") from None


def label_of(row: Row) -> str | None:
    """The true digit of an image: the folder it lies in."""
    folder = PurePosixPath(row["filename"]).parts[0]
    return folder if folder in set("0123456789") else None


def _start_batch(folder: Path, count: int, guard: Guard) -> Process | None:
    if not find_spec("bench"):
        return None
    words = ("bench.corpus", "--count", str(count), "--output", str(folder / "mnist.zip"))
    return _start(words, folder / "batch.log", guard)


def _batch(making: Process | None, folder: Path, console: Console) -> Path:
    """The archive to submit: the one that was made or, failing that, the sample."""
    if making:
        with console.status("Making PNG files of MNIST's test set"):
            if _ends_well(making):
                return folder / "mnist.zip"
        console.print("MNIST cannot be had here; the sample of 200 digits that ships with digitq stands in.")
    return SAMPLE


def _ends_well(making: Process) -> bool:
    try:
        return making.wait(BATCH_SECONDS) == 0
    except subprocess.TimeoutExpired:
        kill_group(making.pid)
        return False


@contextmanager
def _service(folder: Path, guard: Guard, console: Console) -> Iterator[str]:
    """A service on a free port, for as long as the block lasts; its address."""
    port = free_port(HOST, 0)
    data, log = folder / "data", folder / "up.log"
    process = _start(("cli", "up", "--host", HOST, "--port", str(port), "--data", str(data)), log, guard)
    try:
        with console.status("Starting Redis, the API and the workers"):
            _await_ready(process, port, data, log)
        yield f"http://{HOST}:{port}"
    finally:
        with console.status("Stopping the service"):
            process.terminate()
            process.wait(STOP_SECONDS)


def _start(module: tuple[str, ...], log: Path, guard: Guard) -> Process:
    """Start a Python module of ours in a session of its own, so that Ctrl-C is for us to handle."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    environment["PYTHONSAFEPATH"] = "1"  # a folder called `cli` in the current folder stays out of the way
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    guard.add(process.pid)
    return process


def _await_ready(process: Process, port: int, data: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (alive_file(data).exists() and http_answers(HOST, port, "/readyz")):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines() or ["It said nothing."]
            raise CannotStart(f"The service did not start: {lines[-1].removeprefix('digitq: ')}")
        time.sleep(0.1)


def _read(server: str, batch: Path, console: Console) -> Exit:
    began = time.monotonic()
    found = collect([str(batch)], recursive=False)
    with Client(server) as client, progress_bars() as bars:
        bars.sending(found.size)
        job = client.submit(found, {}, bars.sent)
        bars.reading(job)
        job = client.wait(job["id"], bars.look)
        seconds = time.monotonic() - began
        bars.close()
        with client.results(job["id"], format="ndjson") as response:
            summary = summarize(lines_of(response.iter_bytes()), label_of)
    _print(console, job, summary, seconds)
    return exit_of(job)


def _print(console: Console, job: Job, summary: Summary, seconds: float) -> None:
    console.print()
    for table in show.summary_tables(job, summary, seconds):
        console.print(table, "")
    console.print("[dim]The first rows[/]")
    console.print(show.rows_table(summary.first), "")
    console.print(f"Your own digits: `{again('up')}`, then `{again('submit', 'FOLDER', '--wait')}`.", soft_wrap=True)
