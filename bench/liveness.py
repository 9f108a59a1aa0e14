"""How fast /livez answers while uploads and workers take all the cores there are.

`python -m bench.liveness --uploads 3 --seconds 20`
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

import httpx

from bench.corpus import write_zip
from bench.end_to_end import running_service

#: Seconds between two questions.
PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Answers:
    """How many answers there were, and how many milliseconds they took."""

    count: int
    p50: float
    p99: float
    longest: float


def ask(url: httpx.URL, seconds: float) -> Answers:
    """Ask for so many seconds, each time over a connection of its own."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with closing(HTTPConnection(url.host, url.port or 80)) as connection:
            connection.request("GET", "/livez")
            connection.getresponse().read()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    return Answers(len(took), statistics.median(took), statistics.quantiles(took, n=100)[98], max(took))


def upload_for_ever(url: str, archive: Path) -> None:
    """Submit the archive again and again."""
    with httpx.Client(base_url=url, timeout=600) as client:
        while True:
            with archive.open("rb") as body:
                client.post("/v1/jobs", content=body, headers={"Content-Type": "application/zip"}).raise_for_status()


@contextmanager
def uploading(url: str, archive: Path, uploads: int) -> Iterator[None]:
    """So many clients that upload without a pause, in processes of their own."""
    clients = [multiprocessing.Process(target=upload_for_ever, args=(url, archive)) for _ in range(uploads)]
    for each in clients:
        each.start()
    try:
        yield
    finally:
        for each in clients:
            each.terminate()
            each.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time /livez, at rest and while uploads and workers are busy.")
    parser.add_argument("--images", type=int, default=20_000, help="images of each upload")
    parser.add_argument("--uploads", type=int, default=3, help="uploads at a time")
    parser.add_argument("--seconds", type=float, default=20, help="how long each is measured")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digitq-bench-") as folder, running_service() as client:
        archive = Path(folder, "digits.zip")
        write_zip(archive, options.images)
        at_rest = ask(client.base_url, options.seconds)
        with uploading(str(client.base_url), archive, options.uploads):
            time.sleep(2)
            busy = ask(client.base_url, options.seconds)
    print(json.dumps({"at_rest_ms": asdict(at_rest), "busy_ms": asdict(busy)}, indent=2))


if __name__ == "__main__":
    main()
