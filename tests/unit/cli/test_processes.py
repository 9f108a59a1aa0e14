"""Real processes of a line or two: started, watched, ended, and never left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from cli.service.contracts import Ended, Events, Ready, Service
from cli.service.guard import Guard, groups_left
from cli.service.lines import LogLine
from cli.service.processes import Processes

PARENT = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); "


class Notes:
    """Writes down what the processes print."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, name: str, raw: str) -> None:
        self.kept.append(f"{name}: {raw}")

    def show(self, name: str, line: LogLine) -> None:
        pass


class House:
    """Processes with all that belongs to them."""

    def __init__(self, guard: Guard) -> None:
        self.events = Events()
        self.notes = Notes()
        self.processes = Processes(self.events, self.notes, {"COLOR": "blue"}, guard)

    def start(self, program: str, **traits: object) -> None:
        self.processes.start(Service("it", (sys.executable, "-c", program), **traits))  # type: ignore[arg-type]

    def next(self) -> object:
        return self.events.get(timeout=20)


@pytest.fixture
def house() -> Iterator[House]:
    with closing(Guard()) as guard:
        yield House(guard)


def is_gone(process: int) -> bool:
    """Whether a process ends within a few seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_process_that_runs_once_ends_with_its_code_and_last_words(house: House) -> None:
    house.start("import os; print('one'); print('last', os.environ['COLOR']); exit(3)", once=True)

    assert house.next() == Ended("it", 3, "last blue")
    assert house.notes.kept == ["it: one", "it: last blue"]


def test_a_service_finds_its_own_part_of_the_environment(house: House) -> None:
    house.start("import os; print(os.environ['COLOR'])", once=True, environment={"COLOR": "red"})

    assert house.next() == Ended("it", 0, "red")


def test_a_process_is_ready_when_its_probe_says_so(house: House, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    house.start(f"import pathlib, time; pathlib.Path({str(sign)!r}).touch(); time.sleep(60)", ready=sign.exists)

    assert house.next() == Ready("it")
    house.processes.kill("it")
    assert house.next() == Ended("it", -signal.SIGKILL, "")


def test_a_process_may_end_in_its_own_way(house: House) -> None:
    house.start(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('tidied up'))\n"
        "print('on', flush=True); time.sleep(60)"
    )
    assert house.next() == Ready("it")
    while not house.notes.kept:
        time.sleep(0.05)
    house.processes.terminate("it")

    assert house.next() == Ended("it", 1, "tidied up")


def test_children_that_outlive_a_process_end_with_it(house: House) -> None:
    house.start(PARENT + "time.sleep(0.5)", once=True)

    ended = house.next()
    assert isinstance(ended, Ended)
    assert is_gone(int(ended.last_words))


def test_whoever_is_killed_leaves_nothing_behind() -> None:
    program = (
        "import subprocess, sys, time\n"
        "from cli.service.guard import Guard\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "guard = Guard(); guard.add(child.pid); print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()

    assert is_gone(child)


def test_a_guard_forgets_whom_it_need_not_answer_for() -> None:
    assert groups_left(["+1\n", "+2\n", "-1\n"]) == {2}
