"""How a worker's child is born, and what its parent is told if it cannot be."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery.worker import state

from shared.errors import ModelMissing
from shared.settings import Settings
from worker import process


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What signals were sent, and to whom."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


@contextmanager
def former_handlers() -> Iterator[None]:
    former = {number: signal.getsignal(number) for number in process.LAST_SIGNALS.values()}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("error", "status"),
    [(ModelMissing(), process.EX_CONFIG), (PermissionError(13, "no"), process.EX_FAILURE)],
    ids=["foreseen", "unforeseen"],
)
@pytest.mark.parametrize("step", ["open_recognizers", "open_parts"])
def test_a_child_that_cannot_be_born_ends_with_its_parent_and_takes_no_work(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[int, int]], step: str, error: Exception, status: int
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(process, "open_recognizers", lambda _: None)
    monkeypatch.setattr(process, step, fail)

    with pytest.raises(SystemExit) as ended:
        process.be_born("worker@here")

    assert ended.value.code == status
    assert told == [(os.getppid(), process.LAST_SIGNALS[status])]


@pytest.mark.parametrize("status", [process.EX_CONFIG, process.EX_FAILURE])
def test_the_parent_ends_with_the_status_that_its_child_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(state, "should_stop", None)
    with former_handlers():
        process.watch_children(Settings(data=tmp_path))
        signal.raise_signal(process.LAST_SIGNALS[status])
        assert process.exit_status() == status
