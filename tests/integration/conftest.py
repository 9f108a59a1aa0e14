"""The real workers, over a real Redis and both databases, with the shipped model."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.bodies import Body
from api.intake import Desk, take_in
from migrations.upgrade import upgrade
from shared.database import open_engine
from shared.domain import Requeue
from shared.settings import PROJECT, Settings
from tests.conftest import wait_until

MOODY = Path(__file__).with_name("moody")
#: What the slowest thing takes on a busy machine: two processes that load Keras.
PATIENCE_SECONDS = 240


class Stack:
    """The front end in this process, workers and the clock of the sweep in their own."""

    def __init__(self, settings: Settings, client: TestClient) -> None:
        self.settings = settings
        self.client = client
        self._processes: list[subprocess.Popen[bytes]] = []

    def start_workers(self) -> None:
        for arguments in ([], ["beat"]):
            with (self.settings.data / "log").open("ab") as log:
                command = [sys.executable, "-m", "worker", *arguments]
                process = subprocess.Popen(
                    command, env=self._environment(), cwd=PROJECT, stderr=log, stdout=log, start_new_session=True
                )
            self._processes.append(process)

    def _environment(self) -> dict[str, str]:
        named = {f"DIGITQ_{name.upper()}": str(value) for name, value in self.settings.model_dump().items() if value}
        return os.environ | named | {"PYTHONPATH": str(MOODY)}

    def kill_workers(self) -> None:
        """SIGKILL all of them at once: nobody gets to say good-bye."""
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()
        self._processes.clear()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The workers stand still meanwhile."""
        self._signal(signal.SIGSTOP)
        yield
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            os.killpg(process.pid, number)

    def stop_workers(self) -> list[int]:
        """SIGTERM; the exit statuses."""
        for process in self._processes:
            process.terminate()
        statuses = [process.wait(PATIENCE_SECONDS) for process in self._processes]
        self._processes.clear()
        return statuses

    def workers(self) -> list[psutil.Process]:
        """The workers' parent, and the clock of the sweep."""
        return [psutil.Process(process.pid) for process in self._processes]

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self._processes[0].pid).children(recursive=True)

    def submit(self, *images: bytes) -> str:
        answer = self.client.post("/v1/jobs", files=[("f", (f"{n}.png", data)) for n, data in enumerate(images)])
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def submit_as(self, owner: str, *images: bytes) -> str:
        """Submit as another owner, which no request can name yet."""
        lines = b"\n".join(b'{"image": "%s"}' % base64.b64encode(data) for data in images)
        body = Body("application/x-ndjson", iter([lines]), self.settings)
        return take_in(self._desk(), body, owner=owner).id

    def requeues(self) -> Counter[Requeue]:
        """How often chunks have had to wait again so far, by the reason."""
        return Counter(self._desk().parts.book.requeues())

    def _desk(self) -> Desk:
        app: FastAPI = self.client.app  # type: ignore[assignment]
        desk: Desk = app.state.house.desk
        return desk

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").json()
        return found

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job, once it has ended."""
        wait_until(lambda: bool(self.job(job_id)["ended_at"]), PATIENCE_SECONDS)
        return self.job(job_id)

    def results(self, job_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"/v1/jobs/{job_id}/results?limit=1000").json()["data"]
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("data")
    url = "" if request.param == "sqlite" else request.getfixturevalue("module_postgres_url")
    settings = Settings(
        data=data,
        redis_url=redis_url,
        database_url=url,
        workers=2,
        pack_images=8,
        window=4,
        sweep_seconds=1,
        worker_name="integration",
    )
    engine = open_engine(settings.database)
    upgrade(engine)
    engine.dispose()
    with ExitStack() as closing:
        client = closing.enter_context(TestClient(create_app(settings)))
        opened = Stack(settings, client)
        closing.callback(opened.kill_workers)
        opened.start_workers()
        yield opened
