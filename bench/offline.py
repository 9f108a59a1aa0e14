"""The offline limit L: how many images a second the recognizer alone reads on this machine.

As many processes as cores decode, normalize and predict the same PNGs in batches; each has loaded the model and
holds the images before the clock starts. No HTTP, no queue, no database, and no answers are written down: what the
service reaches end to end is measured against this.

`python -m bench.offline --source mnist.zip`
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np

from bench.corpus import read_zip
from shared.catalog import ModelCatalog
from shared.domain import ReadOptions
from shared.settings import Settings, available_cores
from worker.decode import decode
from worker.mnist import digits
from worker.normalize import normalize
from worker.pixels import feed
from worker.recognizer import KerasRecognizer, load_recognizer
from worker.self_test import self_test

#: Images read at once.
BATCH = 256
#: Seconds that a process may wait for the others: to load their model, and for what is measured in between.
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Limit:
    """Images a second of all processes together, the median round and each one; and where the time of one goes."""

    model: str
    engine: str
    images: int
    processes: int
    images_per_second: float
    rounds: tuple[float, ...]
    microseconds: dict[str, float]


def measure(images: Sequence[bytes], settings: Settings, rounds: int) -> Limit:
    """The offline limit for these images, with the model and the engine of the settings."""
    processes = available_cores()
    speeds = _speeds(images, settings, processes, rounds)
    recognizer = _recognizer(settings)
    return Limit(
        model=str(recognizer.ref),
        engine=settings.engine,
        images=len(images),
        processes=processes,
        images_per_second=statistics.median(speeds),
        rounds=tuple(speeds),
        microseconds=_stages(recognizer, images[: 8 * BATCH], settings.max_image_pixels),
    )


def _speeds(images: Sequence[bytes], settings: Settings, processes: int, rounds: int) -> list[float]:
    with waiting_workers(images, settings, processes, rounds) as read_all:
        return [len(images) / read_all() for _ in range(rounds)]


@contextmanager
def waiting_workers(
    images: Sequence[bytes], settings: Settings, processes: int, rounds: int
) -> Iterator[Callable[[], float]]:
    """Processes with the model loaded, which lets others measure in between.

    Each of the `rounds` calls lets them read all images once, and gives the seconds that took.
    """
    context = multiprocessing.get_context("spawn")
    barrier, taken = context.Barrier(processes + 1), context.Value("q", 0)
    workers = [
        context.Process(target=_work, args=(images, settings, barrier, taken, rounds), daemon=True)
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    yield partial(_round_seconds, barrier, taken)
    for worker in workers:
        worker.join()


def _round_seconds(barrier: Barrier, taken: Synchronized[int]) -> float:
    """Let the workers go, and wait until the last one is done."""
    taken.value = 0
    barrier.wait(PATIENCE_SECONDS)
    began = time.perf_counter()
    barrier.wait()
    return time.perf_counter() - began


def _work(images: Sequence[bytes], settings: Settings, barrier: Barrier, taken: Synchronized[int], rounds: int) -> None:
    """One process: take the next batch until there is none."""
    recognizer = _recognizer(settings)
    for _ in range(rounds):
        barrier.wait(PATIENCE_SECONDS)
        while (start := _next(taken)) < len(images):
            _predict(recognizer, images[start : start + BATCH], settings.max_image_pixels)
        barrier.wait()


def _next(taken: Synchronized[int]) -> int:
    with taken.get_lock():
        taken.value += BATCH
        return taken.value - BATCH


def _recognizer(settings: Settings) -> KerasRecognizer:
    catalog = ModelCatalog(settings.models, settings.model)
    entry = catalog.entry(catalog.resolve(None))
    recognizer = load_recognizer(entry, engine=settings.engine, max_pixels=settings.max_image_pixels)
    self_test(recognizer, published=recognizer.published)
    return recognizer


def _predict(recognizer: KerasRecognizer, images: Sequence[bytes], max_pixels: int) -> None:
    pixels = np.array([normalize(decode(data, max_pixels=max_pixels)).pixels for data in images])
    recognizer.engine.predict(feed(pixels, recognizer.manifest.input)).argmax(axis=1)


def _stages(recognizer: KerasRecognizer, images: Sequence[bytes], max_pixels: int) -> dict[str, float]:
    """Microseconds an image of each stage, alone in this process; "answers" is what the limit leaves out."""
    grays = [decode(data, max_pixels=max_pixels) for data in images]
    pixels = np.array([normalize(gray).pixels for gray in grays])
    batches = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
    fed = [feed(pixels[batch], recognizer.manifest.input) for batch in batches]
    stages: dict[str, Callable[[], object]] = {
        "decode": lambda: [decode(data, max_pixels=max_pixels) for data in images],
        "normalize": lambda: [normalize(gray) for gray in grays],
        "feed": lambda: [feed(pixels[batch], recognizer.manifest.input) for batch in batches],
        "network": lambda: [recognizer.engine.predict(batch) for batch in fed],
        "all with answers": lambda: [recognizer.read(images[batch], ReadOptions()) for batch in batches],
    }
    return {name: round(1e6 * _best_seconds(stage) / len(images), 1) for name, stage in stages.items()}


def _best_seconds(stage: Callable[[], object], repeats: int = 5) -> float:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        stage()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the offline limit; DIGITQ_MODEL and DIGITQ_ENGINE choose.")
    parser.add_argument("--source", type=Path, help="a ZIP of bench.corpus; MNIST's test digits if there is none")
    parser.add_argument("--count", type=int, default=10_000, help="how many images")
    parser.add_argument("--rounds", type=int, default=5, help="how often they are read; the median counts")
    options = parser.parse_args()
    images = read_zip(options.source)[1] if options.source else [data for _, data in digits(options.count)]
    print(json.dumps(asdict(measure(images[: options.count], Settings(), options.rounds)), indent=2))


if __name__ == "__main__":
    main()
