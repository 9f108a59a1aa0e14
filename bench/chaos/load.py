"""What the service is given to do: real digits and broken files, in jobs of sizes that a seed decides."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from cli.demo import SAMPLE
from worker.mnist import BESIDE, digits

#: How many images a job may have.
SIZES = (1, 5, 20, 60, 150, 400, 900)
#: One file in so many is broken, in a job that has broken files at all.
BROKEN_EVERY = 20
#: What a client may try again with the same key: the service is in trouble, or still at it.
TRANSIENT = {
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.INSUFFICIENT_STORAGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.CONFLICT,
}
RETRY_SECONDS = 0.5
#: Seconds after which a client that was not answered well gives up.
PATIENCE = 180


@dataclass(frozen=True, slots=True)
class Batch:
    """One job to be: what the client calls it, and the names of its images in the corpus."""

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that the service has answered for; the statuses of the answers before are what it cost."""

    batch: Batch
    job_id: str
    seconds: float
    refusals: tuple[int, ...]


def corpus(count: int) -> dict[str, bytes]:
    """So many real digits, and one broken file for every `BROKEN_EVERY` of them, by their names.

    Where MNIST's test digits are not at hand the sample that ships with the project does, so that nothing is fetched.
    """
    good = dict(digits(count)) if BESIDE.is_file() else _sample()
    broken = {f"broken/{name[2:]}": _broken(data, number) for number, (name, data) in _every(good, BROKEN_EVERY)}
    return good | broken


def _sample() -> dict[str, bytes]:
    with zipfile.ZipFile(SAMPLE) as sample:
        return {name: sample.read(name) for name in sample.namelist()}


def _every(images: Mapping[str, bytes], step: int) -> Iterator[tuple[int, tuple[str, bytes]]]:
    return enumerate(list(images.items())[::step])


def _broken(png: bytes, number: int) -> bytes:
    return (png[: len(png) // 2], b"no image at all", b"", png[:60] + bytes(20) + png[80:])[number % 4]


def batches(seed: int, names: Sequence[str]) -> Iterator[Batch]:
    """Jobs without end; the same seed gives the same ones."""
    chance = random.Random(seed)
    good = [name for name in names if not name.startswith("broken/")]
    number = 0
    while True:
        chosen = chance.sample(names if number % 3 == 0 else good, min(chance.choice(SIZES), len(good)))
        yield Batch(f"seed-{seed}-{number}", tuple(chosen))
        number += 1


def archive(batch: Batch, images: Mapping[str, bytes]) -> bytes:
    """The batch as a ZIP, in its order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name in batch.names:
            target.writestr(name, images[name])
    return buffer.getvalue()


def submit(url: str, batch: Batch, images: Mapping[str, bytes]) -> Accepted:
    """Submit until it is accepted, always with the same key, as a careful client does. Raises TimeoutError."""
    body, began = archive(batch, images), time.monotonic()
    headers = {"Content-Type": "application/zip", "Idempotency-Key": batch.key}
    refusals: list[int] = []
    while time.monotonic() - began < PATIENCE:
        with suppress(httpx.TransportError):
            answer = httpx.post(f"{url}/v1/jobs", content=body, headers=headers, timeout=30)
            if answer.is_success:
                return Accepted(batch, answer.json()["id"], time.monotonic() - began, tuple(refusals))
            if answer.status_code not in TRANSIENT:
                raise RuntimeError(f"{batch.key} was refused: {answer.text}")
            refusals.append(answer.status_code)
        time.sleep(RETRY_SECONDS)
    raise TimeoutError(f"{batch.key} was not accepted within {PATIENCE} s: {refusals}.")
