"""Lets a stream of events end quietly when its client leaves."""

from __future__ import annotations

from anyio import BrokenResourceError
from starlette.types import ASGIApp, Receive, Scope, Send


class ClientLeft:
    """ASGI middleware against FastAPI's fault of sending on to a client that has left (its discussion 15725)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except* BrokenResourceError:
            pass
