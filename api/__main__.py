"""`python -m api` serves the front end at DIGITQ_HOST:DIGITQ_PORT."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from shared.logs import configure_logs
from shared.settings import Settings

#: Seconds that open requests have to finish once the server is told to stop.
GRACE_SECONDS = 20


def main() -> None:
    settings = Settings()
    configure_logs(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
