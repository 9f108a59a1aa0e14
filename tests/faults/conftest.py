"""The front end behind a real HTTP server, on a port of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import uvicorn

from api.app import create_app
from shared.ports import Parts
from shared.settings import Settings
from tests.conftest import wait_until


@pytest.fixture
def server(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Host and port of a front end that answers."""
    monkeypatch.setattr("api.app.open_parts", lambda *_: parts)
    http = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=http.run)
    thread.start()
    wait_until(lambda: http.started)
    host, port = http.servers[0].sockets[0].getsockname()
    yield host, port
    http.should_exit = True
    thread.join()
