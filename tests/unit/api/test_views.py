"""Who waits for what the model saw holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient

from api.routes.results import SIDE
from tests.unit.api.submitting import job_of

#: More than there are threads to answer in.
MANY = 60


def test_many_who_wait_leave_the_front_end_free(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(client, b"3")
    asked: list[int] = []

    async def play() -> list[int]:
        worker_is_there = anyio.Event()

        async def ask(_: object, job_id: str, indexes: Sequence[int]) -> Mapping[int, bytes]:
            asked.extend(indexes)
            await worker_is_there.wait()
            return dict.fromkeys(indexes, bytes(SIDE * SIDE))

        monkeypatch.setattr("api.views.Views.ask", ask)
        transport: Any = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as visitor:
            waits = [asyncio.create_task(visitor.get(f"/v1/jobs/{job}/results/0/normalized")) for _ in range(MANY)]
            while len(asked) < MANY:
                await asyncio.sleep(0.01)
            assert (await asyncio.wait_for(visitor.get(f"/v1/jobs/{job}/results"), 5)).status_code == 200
            worker_is_there.set()
            return [(await wait).status_code for wait in waits]

    assert asyncio.run(play()) == [200] * MANY


def test_what_is_not_there_is_said_before_a_worker_is_asked(client: TestClient) -> None:
    job = job_of(client, b"3")
    assert client.get(f"/v1/jobs/{job}/results/7/normalized").status_code == 404
