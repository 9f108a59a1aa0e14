"""How long a small job takes while a large one runs, as a multiple of what it takes alone.

`python -m bench.fairness --large 100000 --small 100`
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from bench.corpus import write_zip
from bench.end_to_end import running_service, submit


@dataclass(frozen=True, slots=True)
class Fairness:
    """Seconds of a small job, alone and beside a large one, from the first byte sent to its end; and their ratio."""

    large: int
    small: int
    alone: list[float]
    beside: list[float]
    ratio: float


def measure(client: httpx.Client, large: Path, small: Path, rounds: int) -> tuple[list[float], list[float]]:
    """The small job's seconds, alone and beside the large one, which must outlast all rounds."""
    submit(client, small)  # warms caches
    alone = [submit(client, small) for _ in range(rounds)]
    with large.open("rb") as archive:
        job = client.post("/v1/jobs", content=archive, headers={"Content-Type": "application/zip"}).json()
    beside = [submit(client, small) for _ in range(rounds)]
    if client.get(job["urls"]["self"]).json()["ended_at"]:
        raise SystemExit("The large job ended too early to be in the way; make it larger with --large.")
    client.post(f"{job['urls']['self']}/cancel")
    return alone, beside


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a small job alone and beside a large one.")
    parser.add_argument("--large", type=int, default=100_000, help="images of the large job")
    parser.add_argument("--small", type=int, default=100, help="images of the small job")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured; the medians count")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digitq-bench-") as folder, running_service() as client:
        large, small = Path(folder, "large.zip"), Path(folder, "small.zip")
        write_zip(large, options.large)
        write_zip(small, options.small)
        alone, beside = measure(client, large, small, options.rounds)
    ratio = statistics.median(beside) / statistics.median(alone)
    print(json.dumps(asdict(Fairness(options.large, options.small, alone, beside, ratio)), indent=2))


if __name__ == "__main__":
    main()
