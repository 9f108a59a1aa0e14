"""Refuses long bodies where no upload is meant, before they fill the memory."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.middleware.same_origin import SAFE_METHODS
from api.problems import problem

#: What takes uploads, and looks after their length by itself.
UPLOADS = frozenset({"/v1/jobs", "/predict"})
#: Bytes that any other body may have.
LIMIT = 64 * 1024


class SmallBodies:
    """ASGI middleware that has read a body that is no upload, and answers 413 if it is too long."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or scope["path"].rstrip("/") in UPLOADS:
            await self._app(scope, receive, send)
            return
        messages = await _messages(receive)
        if sum(len(message.get("body", b"")) for message in messages) > LIMIT:
            detail = f"What is sent here may have {LIMIT} bytes; images go to POST /v1/jobs."
            await problem(Request(scope), 413, "too_large", detail)(scope, receive, send)
            return
        first = iter(messages)

        async def again() -> Message:
            return next(first, None) or await receive()

        await self._app(scope, again, send)


async def _messages(receive: Receive) -> list[Message]:
    """The messages that bring a body, up to the one that makes it too long."""
    messages = [await receive()]
    length = len(messages[0].get("body", b""))
    while messages[-1].get("more_body") and length <= LIMIT:
        messages.append(await receive())
        length += len(messages[-1].get("body", b""))
    return messages
