"""What the model saw is told for images that could be read, and left out for all else."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared import lifecycle
from shared.domain import Chunk, Counts, Item, Job, ModelRef, Queue, ReadOptions, Status, Unreadable, Upload
from shared.errors import ModelBroken
from shared.packs import pack
from shared.testing import memory_parts
from worker.process import Process
from worker.views import views

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODEL = ModelRef("digits", "1.0.0")
UPLOADS = [Upload("3.png", b"3"), Upload("odd", b"odd"), Upload("gone", error=Unreadable("too_large", "Too large."))]


class Echo:
    """Sees 784 times the first byte of an image, and nothing in an odd one."""

    def prepared(self, images: Sequence[bytes], options: ReadOptions) -> list[bytes | None]:
        return [None if image == b"odd" else image[:1] * 784 for image in images]


def process(recognizers: Any) -> Process:
    parts = memory_parts()
    key = lifecycle.pack_key("job_1", 0)
    parts.store.put(key, pack([Item(index, upload) for index, upload in enumerate(UPLOADS)]).data)
    job = Job("job_1", "local", Status.QUEUED, Queue.BULK, MODEL, ReadOptions(), Counts(3), NOW, NOW)
    parts.book.add(job, [Chunk("chunk_1", "job_1", key, 0, 3)])
    return Process("worker", parts, None, recognizers)  # type: ignore[arg-type]  # Redis has no part in this


def test_what_the_model_saw_comes_by_index() -> None:
    seen = json.loads(views(process(lambda _: Echo()), "job_1", [2, 1, 0]))
    assert {index: base64.b64decode(view) for index, view in seen.items()} == {"0": b"3" * 784}


@pytest.mark.parametrize(("job", "indexes"), [("job_9", [0]), ("job_1", [0, 99])])
def test_what_is_not_there_has_not_been_seen(job: str, indexes: list[int]) -> None:
    assert views(process(lambda _: Echo()), job, indexes) == "{}"


def test_a_lost_pack_costs_no_views_of_another() -> None:
    one = process(lambda _: Echo())
    job = one.parts.book.find("job_1")
    key = lifecycle.pack_key("job_2", 0)
    one.parts.store.put(key, pack([Item(0, Upload("7.png", b"7"))]).data)
    chunks = [Chunk("chunk_2", "job_2", key, 0, 1), Chunk("chunk_3", "job_2", "lost", 1, 1)]
    one.parts.book.add(replace(job, id="job_2", counts=Counts(2)), chunks)

    assert json.loads(views(one, "job_2", [0, 1])).keys() == {"0"}


def test_without_its_model_nothing_has_been_seen() -> None:
    def broken(_: ModelRef) -> Echo:
        raise ModelBroken

    assert views(process(broken), "job_1", [0]) == "{}"
