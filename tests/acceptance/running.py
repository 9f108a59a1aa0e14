"""A `digitq up` as a process, and commands against it: what the acceptance tests work with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from cli.service.checks import free_port

#: Seconds that a start and an end may take on a machine that is busy with other things.
START, END = 150, 150


def digitq(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=START,
        check=False,
    )


class Up:
    """A `digitq up` in a data folder; it may be started again after its end."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = data.with_suffix(".out")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process, "it has not been started"
        return self._process

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        words = ("up", "--port", str(self.port), "--data", str(self.data), "--workers", "2")
        with self.output.open("wb") as output:
            self._process = subprocess.Popen([sys.executable, "-m", "cli", *words], stdout=output, stderr=output)
        self.until(lambda: "Ready" in self.said(), START)

    def said(self) -> str:
        """What it has printed since its start."""
        return self.output.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(END)

    def processes(self) -> list[psutil.Process]:
        """Every process that works in its data folder, whoever its parent is."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def until(self, true: Callable[[], Any], seconds: float) -> None:
        """Wait for something to become true."""
        deadline = time.monotonic() + seconds
        while not true():
            assert self.process.poll() is None, f"it has ended: {self.said()}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.said()}"
            time.sleep(0.1)

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as it stands."""
        return dict(httpx.get(f"{self.url}/v1/jobs/{job_id}").raise_for_status().json())

    def newest(self) -> dict[str, Any]:
        """The job that was submitted last, or something like an empty one."""
        jobs = httpx.get(f"{self.url}/v1/jobs?limit=1").raise_for_status().json()["data"]
        return dict(jobs[0]) if jobs else {"counts": {"total": 0}}

    def submit(self, archive: Path) -> str:
        """Submit an archive; the job's id."""
        return str(json.loads(digitq("submit", str(archive), "--json", "--server", self.url).stdout)["id"])

    def until_in_the_middle(self, job_id: str) -> None:
        """Wait until a job has some results, and see that it does not have all."""
        self.until(lambda: self.job(job_id)["counts"]["succeeded"], 60)
        assert self.job(job_id)["status"] == "in_progress", "the job was over too soon for this test"

    def until_completed(self, job_id: str) -> list[dict[str, Any]]:
        """Wait until a job is completed; its results."""
        self.until(lambda: self.job(job_id)["status"] == "completed", 120)
        lines = httpx.get(f"{self.url}/v1/jobs/{job_id}/results?format=ndjson", timeout=60).text.splitlines()
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Leave nothing running."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(END)
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _owns(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            told = process.environ().get("DIGITQ_DATA") == str(self.data) or str(self.data) in " ".join(
                process.cmdline()
            )
            return told and process.status() != psutil.STATUS_ZOMBIE
        return False
