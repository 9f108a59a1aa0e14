"""What a client is told whose request the end of the process cuts off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.middleware.cut_off import CutOff

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/v1/jobs", "headers": [], "query_string": b""}
BEGINNING: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def canceled(*begun: Message) -> list[Any]:
    """What is sent by a request that is canceled when it has answered so much."""
    sent: list[Any] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        for message in begun:
            await send(message)
        await receive()

    async def never() -> Message:
        return await asyncio.Future()

    async def note(message: Message) -> None:
        sent.append(message)

    request = asyncio.ensure_future(CutOff(slow)(SCOPE, never, note))
    await asyncio.sleep(0)
    request.cancel()
    await request
    return sent


def test_an_upload_that_is_cut_off_may_be_sent_again() -> None:
    start, body = asyncio.run(canceled())
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (503, b"application/problem+json")
    assert b"retry-after" in dict(start["headers"])
    assert json.loads(body["body"])["code"] == "stopping"


def test_an_answer_that_has_begun_is_given_up() -> None:
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(canceled(BEGINNING))
