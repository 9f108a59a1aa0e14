"""Answers HEAD wherever GET is answered (RFC 9110, 9.3.2), as load balancers ask."""

from __future__ import annotations

from anyio import CancelScope
from anyio.lowlevel import checkpoint
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """ASGI middleware that has the application answer HEAD as it would GET, up to the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "HEAD":
            await self._app(scope, receive, send)
            return
        with CancelScope() as answering:

            async def send_head(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.start":
                    await send({"type": "http.response.body", "body": b""})
                    # What a stream would go on with is not wanted.
                    answering.cancel()
                    await checkpoint()

            await self._app({**scope, "method": "GET"}, receive, send_head)
