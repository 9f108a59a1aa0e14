"""Refuses writes that another site's page makes a browser send; other clients send neither header and pass.

Browsers say where a request comes from in Sec-Fetch-Site (W3C Fetch Metadata) and in Origin, which no script can
forge.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


class SameOrigin:
    """ASGI middleware that answers 403 to cross-origin writes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _foreign(Headers(scope=scope)):
            detail = "Another site's page may not do this; use this service's own page or a client that is no browser."
            answer = problem(Request(scope), 403, "cross_origin", detail)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _foreign(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in OWN_SITES
    origin = headers.get("origin")
    return origin is not None and _authority(origin) != headers.get("host")


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
