"""Answers only to names of its own, so that no other site's name can be made to point here (DNS rebinding).

A page of such a site would be of the same origin as this service to a browser, and could read and write all. It takes
a name with a dot: addresses and bare names like `localhost` belong to no site.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem
from shared.settings import Settings

ANY = "*"


class KnownHost:
    """ASGI middleware that answers 421 to requests for a name that is not ours."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = names_of(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = host_name(Headers(scope=scope).get("host", "")) if scope["type"] == "http" else ""
        if (
            "." not in name
            or name.endswith(".localhost")
            or _is_address(name)
            or not self._names.isdisjoint({name, ANY})
        ):
            await self._app(scope, receive, send)
            return
        detail = f"This service does not know that it is called {name!r}; its operator can say so in DIGITQ_HOSTS."
        await problem(Request(scope), 421, "unknown_host", detail)(scope, receive, send)


def names_of(settings: Settings) -> frozenset[str]:
    """The names with a dot that the service answers to: any, unless it is told or only this machine reaches it."""
    told = frozenset(name.strip().lower() for name in settings.hosts.split(",") if name.strip())
    return told or frozenset(() if _is_loopback(settings.host) else {ANY})


def host_name(header: str) -> str:
    """The name in a Host header, without its port; or all of it if there is none to be understood."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return header


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
