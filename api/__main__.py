"""`python -m api` serves the front end at DIGITQ_HOST:DIGITQ_PORT, or at a socket that it inherits.

As with inetd, a listening socket on the standard input is served: who holds it keeps the connections that come while
this process is restarted.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.main import STARTUP_FAILURE  # type: ignore[attr-defined]

from api.app import create_app
from shared.endings import ending_in_a_sentence
from shared.logs import configure_logs
from shared.settings import load_settings

#: Seconds that open requests have to finish once the server is told to stop.
GRACE_SECONDS = 20
#: Seconds that a connection which was just taken has to bring its request then.
LINGER_SECONDS = 0.3


class Server(uvicorn.Server):
    """A server that, told to stop, lets those who wait go at once and still hears those whom it has just let in."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        app: FastAPI = self.config.app  # type: ignore[assignment]
        if house := getattr(app.state, "house", None):
            asyncio.get_running_loop().call_soon_threadsafe(house.waiting.stop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)


def inherited() -> list[socket.socket] | None:
    """The listening socket on the standard input, if there is one."""
    with suppress(OSError):
        found = socket.socket(fileno=os.dup(0))
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return [found]
        found.close()
    return None


def main() -> None:
    with ending_in_a_sentence():
        settings = load_settings()
    configure_logs(settings.log_level)
    server = Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    server.run(inherited())
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
