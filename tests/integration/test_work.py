"""Real workers read real images, whatever happens to them."""

from __future__ import annotations

import base64
import json
import signal
import time
import zipfile
from collections import Counter
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from redis import Redis

from cli.demo import SAMPLE
from shared.broker import RECOGNIZE, UNACKED, WIRE_NAMES
from shared.domain import Queue, Requeue
from tests.conftest import wait_until
from tests.integration.conftest import PATIENCE_SECONDS, Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def digits() -> list[tuple[str, bytes]]:
    """Labels and images, the digits in turn."""
    with zipfile.ZipFile(SAMPLE) as sample:
        images = [(name[0], sample.read(name)) for name in sample.namelist()]
    return sorted(images, key=lambda image: image[0])[::7]


def right(stack: Stack, job_id: str, digits: list[tuple[str, bytes]]) -> float:
    """The share of a job's results that are there once and right."""
    results = stack.results(job_id)
    assert [result["index"] for result in results] == list(range(len(digits)))
    return sum(result["prediction"] == label for result, (label, _) in zip(results, digits, strict=True)) / len(digits)


class Gate:
    """Holds a worker up in the middle of a chunk, and says which process that is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "gate"
        self.image = f"WAIT {self._file}".encode()

    def reached(self) -> psutil.Process:
        reached = self._file.with_suffix(".reached")
        wait_until(lambda: reached.exists() and bool(reached.read_text()), PATIENCE_SECONDS)
        return psutil.Process(int(reached.read_text()))

    def open(self) -> None:
        self._file.touch()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_every_digit_of_a_batch_is_read_once_and_nothing_has_to_wait_again(
    stack: Stack, digits: list[tuple[str, bytes]]
) -> None:
    job_id = stack.submit(*(data for _, data in digits))
    job = stack.ended(job_id)
    assert (job["status"], job["outcome"]) == ("completed", "all_succeeded")
    assert right(stack, job_id, digits) >= 0.95
    assert stack.requeues() == Counter()


def test_broken_images_cost_their_neighbors_nothing(stack: Stack, digits: list[tuple[str, bytes]]) -> None:
    seven = next(data for label, data in digits if label == "7")
    job_id = stack.submit(seven, seven[: len(seven) // 2], b"", b"text", seven)

    assert stack.ended(job_id)["outcome"] == "partial"

    results = stack.results(job_id)
    assert [result["prediction"] for result in results] == ["7", None, None, None, "7"]
    assert [result["error"]["code"] for result in results[1:4]] == ["image_truncated", "not_an_image", "not_an_image"]


def test_a_worker_killed_in_mid_chunk_costs_no_image(stack: Stack, digits: list[tuple[str, bytes]], gate: Gate) -> None:
    job_id = stack.submit(*(data for _, data in digits[:7]), gate.image)
    child = gate.reached()
    gate.open()
    before = stack.requeues()

    child.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    wait_until(lambda: stack.requeues() != before)

    assert time.monotonic() - killed < 10  # under 2 s on a machine of one's own; a lease would be 60
    assert stack.requeues() - before == Counter({Requeue.WORKER_LOST: 1})
    stack.ended(job_id)
    assert len(stack.results(job_id)) == 8
    assert right(stack, job_id, [*digits[:7], ("", b"")]) >= 6 / 8


def test_when_redis_forgets_everything_the_work_goes_on(
    stack: Stack, digits: list[tuple[str, bytes]], gate: Gate, redis: Redis
) -> None:
    busy = [stack.submit(gate.image) for _ in range(2)]
    gate.reached()
    job_id = stack.submit(*(data for _, data in digits))
    redis.flushall()
    assert not any(redis.llen(name) for name in WIRE_NAMES.values())

    gate.open()

    for other in busy:
        stack.ended(other)
    assert stack.ended(job_id)["outcome"] == "all_succeeded"
    assert right(stack, job_id, digits) >= 0.95


def test_what_cannot_be_fetched_from_the_store_is_read_once_it_is_back(
    stack: Stack, digits: list[tuple[str, bytes]]
) -> None:
    packs, elsewhere = stack.settings.data / "packs", stack.settings.data / "elsewhere"
    stack.ended(stack.submit(digits[0][1]))  # a worker that is born without the folder would make it
    with stack.paused():
        job_id = stack.submit(*(data for _, data in digits))
        packs.rename(elsewhere)
    before = stack.requeues()
    wait_until(lambda: stack.requeues()[Requeue.PART_AWAY] >= before[Requeue.PART_AWAY] + 4, 120)
    elsewhere.rename(packs)

    assert stack.ended(job_id)["outcome"] == "all_succeeded"
    assert right(stack, job_id, digits) >= 0.95


def test_when_every_process_dies_the_next_ones_go_on(stack: Stack, digits: list[tuple[str, bytes]], gate: Gate) -> None:
    job_id = stack.submit(*(data for _, data in digits), gate.image)
    gate.reached()
    stack.kill_workers()
    gate.open()

    stack.start_workers()

    assert stack.ended(job_id)["counts"]["succeeded"] == len(digits)
    assert right(stack, job_id, [*digits, ("", b"")]) >= 0.9


@pytest.mark.parametrize("poison", [b"KILL", b"FILL"])
def test_an_image_that_kills_its_worker_or_takes_all_memory_is_cornered(
    stack: Stack, digits: list[tuple[str, bytes]], poison: bytes
) -> None:
    images = [data for _, data in digits[:3]]
    job_id = stack.submit(images[0], poison, images[1], images[2])

    job = stack.ended(job_id)

    assert (job["status"], job["outcome"]) == ("completed", "partial")
    results = stack.results(job_id)
    assert [result["status"] for result in results] == ["succeeded", "failed", "succeeded", "succeeded"]
    assert results[1]["error"]["code"] == "worker_crash"


def test_two_owners_share_the_workers(stack: Stack, digits: list[tuple[str, bytes]]) -> None:
    images = [data for _, data in digits]
    with stack.paused():
        many = stack.submit(*images * 8)
        few = stack.submit_as("guest", *images)

    assert stack.ended(few)["outcome"] == "all_succeeded"
    assert stack.job(many)["counts"]["succeeded"] < len(images) * 4
    stack.ended(many)


#: Stands for what is another one in every message.
TAG = "a tag"


def envelope(content: object, **changes: object) -> str:
    """A message as Celery writes it, but for what is changed."""
    message = {
        "body": base64.b64encode(json.dumps(content).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": RECOGNIZE, "id": str(uuid4()), "argsrepr": "", "kwargsrepr": ""},
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": TAG,
            "delivery_info": {"exchange": "", "routing_key": WIRE_NAMES[Queue.INTERACTIVE]},
        },
    }
    return json.dumps(message | changes)


NOTHING: list[object] = [[], {}, {}]
STRANGE = {
    "no JSON": "rubbish",
    "no message": "7",
    "an empty message": "{}",
    "no properties": envelope(NOTHING, properties={}),
    "no headers": envelope(NOTHING, headers={}),
    "no id": envelope(NOTHING, headers={"task": RECOGNIZE}),
    "a task of another version": envelope(NOTHING, headers={"task": "digitq.read_all", "id": "1"}),
    "another form of body": envelope("chunk"),
    "a body that is not base64": envelope(NOTHING, body="?"),
    "a body that is not JSON": envelope(NOTHING, body="aGVsbG8="),
    "a pickle": envelope(NOTHING, **{"content-type": "application/x-python-serialize"}),
    "no argument": envelope(NOTHING),
    "too many arguments": envelope([["chunk_1", 2, 3], {}, {}]),
    "an argument by name": envelope([[], {"chunk": "chunk_1"}, {}]),
    "an argument of another kind": envelope([[{"chunk": 1}], {}, {}]),
    "an unknown chunk": envelope([["chunk_1"], {}, {}]),
}


def test_messages_that_no_worker_understands_cost_nobody_anything(
    stack: Stack, digits: list[tuple[str, bytes]], redis: Redis
) -> None:
    worker, *_ = stack.workers()
    for strange in STRANGE.values():
        for _ in range(3):  # more than the worker holds at a time
            redis.lpush(WIRE_NAMES[Queue.INTERACTIVE], strange.replace(TAG, str(uuid4())))
    job_id = stack.submit(digits[0][1])

    assert stack.ended(job_id)["outcome"] == "all_succeeded"
    wait_until(lambda: redis.hlen(UNACKED) == 0)
    assert worker.status() != psutil.STATUS_ZOMBIE


def test_a_worker_that_is_asked_to_stop_finishes_what_it_has_begun(
    stack: Stack, digits: list[tuple[str, bytes]], gate: Gate
) -> None:
    job_id = stack.submit(*(data for _, data in digits[:7]), gate.image)
    gate.reached()
    children = stack.children()
    gate.open()

    assert stack.stop_workers() == [0, 0]

    assert stack.job(job_id)["status"] == "completed"
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_the_children_of_a_worker_write_nothing_but_json(stack: Stack) -> None:
    lines = (stack.settings.data / "log").read_text().splitlines()
    assert [line for line in lines if "SpawnPoolWorker" in line and not line.startswith("{")] == []
    assert sum(json.loads(line)["event"] == "ready" for line in lines if line.startswith("{")) >= stack.settings.workers
