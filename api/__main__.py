"""`python -m api` serves the front end at DIGITQ_HOST:DIGITQ_PORT."""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.main import STARTUP_FAILURE  # type: ignore[attr-defined]

from api.app import create_app
from shared.logs import configure_logs
from shared.settings import Settings

#: Seconds that open requests have to finish once the server is told to stop.
GRACE_SECONDS = 20


class Server(uvicorn.Server):
    """A server that lets those who wait go as soon as it is told to stop; it would wait for them in turn."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        app: FastAPI = self.config.app  # type: ignore[assignment]
        if house := getattr(app.state, "house", None):
            asyncio.get_running_loop().call_soon_threadsafe(house.waiting.stop)


def main() -> None:
    settings = Settings()
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
    server.run()
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
