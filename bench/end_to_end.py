"""How much of the offline limit the whole service reaches: E/L, both measured in turn in the same run.

L reads the images in bare processes (`bench.offline`). E sends the same images as one ZIP to a service that
`digitq up` started, from the first byte sent to the moment the job has ended.

`python -m bench.end_to_end --rounds 5`
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from bench.corpus import read_zip, write_zip
from bench.offline import waiting_workers
from cli.service.checks import free_port
from shared.settings import Settings, available_cores

#: Seconds that the service may take to be ready, to read the images, and to end.
START_SECONDS, READ_SECONDS, STOP_SECONDS = 60, 600, 90


@dataclass(frozen=True, slots=True)
class Comparison:
    """Images a second, offline and end to end, of each round; the ratio of each pair, and its median."""

    images: int
    processes: int
    offline: list[float]
    end_to_end: list[float]
    ratios: list[float]
    ratio: float


def compare(source: Path, rounds: int) -> Comparison:
    """Measure both in turn, so that a machine that grows slower slows both."""
    _, images = read_zip(source)
    processes = available_cores()
    offline, end_to_end = [], []
    with running_service() as client, waiting_workers(images, Settings(), processes, rounds + 1) as read_all:
        read_all()
        submit(client, source)  # the first round of each warms caches and is not counted
        for _ in range(rounds):
            # In this order: after their last round the bare processes end, which must not slow the service.
            end_to_end.append(len(images) / submit(client, source))
            offline.append(len(images) / read_all())
    ratios = [e / limit for e, limit in zip(end_to_end, offline, strict=True)]
    return Comparison(len(images), processes, offline, end_to_end, ratios, statistics.median(ratios))


def submit(client: httpx.Client, source: Path) -> float:
    """Seconds from the first byte sent to the end of the job."""
    began = time.perf_counter()
    with source.open("rb") as archive:
        job = client.post("/v1/jobs", content=archive, headers={"Content-Type": "application/zip"}).json()
    while not job["ended_at"]:
        job = client.get(job["urls"]["self"], params={"wait": 60}).json()
    seconds = time.perf_counter() - began
    if job["counts"]["succeeded"] != job["counts"]["total"]:
        raise SystemExit(f"Not every image was read: {job['counts']}")
    return seconds


@contextmanager
def running_service() -> Iterator[httpx.Client]:
    """A client of a service of our own, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="digitq-bench-") as folder:
        port = free_port("127.0.0.1", 0)
        command = [sys.executable, "-m", "cli", "up", "--port", str(port), "--data", f"{folder}/data"]
        service = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, env={**os.environ, "DIGITQ_LOG_LEVEL": "warning"}
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=READ_SECONDS) as client:
                _wait_until_ready(client)
                yield client
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(STOP_SECONDS)


def _wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if client.get("/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("The service did not become ready; run `digitq up` to see why.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the whole service with the offline limit.")
    parser.add_argument("--source", type=Path, help="a ZIP of bench.corpus; MNIST's test digits if there is none")
    parser.add_argument("--count", type=int, default=10_000, help="how many images")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured; the median ratio counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digitq-bench-") as folder:
        source = options.source or Path(folder, "digits.zip")
        if not options.source:
            write_zip(source, options.count)
        print(json.dumps(asdict(compare(source, options.rounds)), indent=2))


if __name__ == "__main__":
    main()
