"""`digitq up` as an operator knows it: it starts, survives, ends, and leaves nothing behind."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
import pytest

from tests.acceptance.running import Up, digitq

pytestmark = pytest.mark.timeout(300)


def refused(*words: str, **settings: str) -> str:
    """What `digitq up` says when it cannot start, which is the only line on standard error."""
    ended = digitq("up", *words, **settings)
    assert ended.returncode == 78, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    return ended.stderr


def assert_complete(results: list[dict[str, Any]], total: int) -> None:
    """Every image has been read, and none twice."""
    assert [result["index"] for result in results] == list(range(total))
    assert {result["status"] for result in results} == {"succeeded"}


def test_it_says_where_things_are_and_ends_with_ctrl_c(up: Up) -> None:
    for words in (str(up.data), "redis.sock", "2 processes", up.url, "submit", "Ctrl-C"):
        assert words in up.said()
    assert httpx.get(f"{up.url}/readyz").status_code == 200
    examined = digitq("doctor", "--data", str(up.data), "--port", str(up.port))
    assert examined.returncode == 0, examined.stdout

    assert up.end(signal.SIGINT) == 0
    assert "Nothing is running any more" in up.said()
    assert up.processes() == []


def test_a_service_that_is_killed_leaves_no_process_and_its_folder_can_be_used_again(up: Up) -> None:
    up.end(signal.SIGKILL)
    psutil.wait_procs(up.processes(), timeout=10)
    assert up.processes() == []

    up.start()
    assert httpx.get(f"{up.url}/readyz").status_code == 200


def test_a_job_outlives_its_workers(up: Up, ten_thousand: Path) -> None:
    job = up.submit(ten_thousand)
    up.until_in_the_middle(job)
    for process in up.processes():
        if "worker" in process.cmdline() and "beat" not in process.cmdline():
            process.kill()

    assert_complete(up.until_completed(job), 10_000)


def test_a_job_goes_on_after_the_next_start(up: Up, ten_thousand: Path) -> None:
    job = up.submit(ten_thousand)
    up.until_in_the_middle(job)
    assert up.end(signal.SIGTERM) == 0
    assert up.processes() == []

    up.start()
    assert_complete(up.until_completed(job), 10_000)


def test_a_restart_of_the_front_end_refuses_nobody(up: Up) -> None:
    (front_end,) = (process for process in up.processes() if process.cmdline()[-2:] == ["-m", "api"])
    statuses: list[int] = []
    over = Event()

    def ask(path: str) -> None:
        while not over.is_set():
            statuses.append(httpx.get(f"{up.url}{path}", timeout=60).status_code)

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask, path) for path in ("/livez", "/v1/jobs", "/readyz")]
        up.until(lambda: len(statuses) > 50, 30)
        front_end.terminate()
        psutil.wait_procs([front_end], timeout=30)
        before = len(statuses)
        up.until(lambda: len(statuses) > before + 50, 60)
        over.set()

    assert [asked.exception() for asked in asking] == [None] * 3
    assert set(statuses) == {200}


def test_a_second_ctrl_c_ends_it_at_once(up: Up) -> None:
    up.process.send_signal(signal.SIGINT)
    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(20) == 0
    assert up.processes() == []


def test_a_folder_in_use_is_refused(service: Up) -> None:
    sentence = refused("--port", "0", "--data", str(service.data))

    assert f"Another digitq (process {service.process.pid}) is at work in {service.data}" in sentence


def test_a_port_in_use_is_refused(service: Up, tmp_path: Path) -> None:
    sentence = refused("--port", str(service.port), "--data", str(tmp_path))

    assert f"cannot listen on 127.0.0.1:{service.port} (Address already in use)" in sentence


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    sentence = refused("--port", "0", "--data", str(tmp_path / "data"), DIGITQ_MODELS=str(tmp_path))

    assert "Put a .keras file into" in sentence
