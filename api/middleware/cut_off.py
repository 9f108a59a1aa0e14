"""Tells those whose requests are cut off by the end of this process, in the form that every error has."""

from __future__ import annotations

from asyncio import CancelledError

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class CutOff:
    """ASGI middleware that answers 503 to a request which the server cancels before its answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = scope["type"] != "http"

        async def send_and_note(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except CancelledError:
            if answering:
                raise
            detail = "The service is stopped or restarted, and did not get all of this in time; send it again."
            await problem(Request(scope), 503, "stopping", detail)(scope, receive, send)
