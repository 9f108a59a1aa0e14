"""Answers HEAD wherever GET is answered (RFC 9110, 9.3.2), as load balancers ask; the server sends no body then."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Head:
    """ASGI middleware that has the application answer HEAD as it would GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {"method": "GET"} if scope.get("method") == "HEAD" else {}
        await self._app({**scope, **asked}, receive, send)
