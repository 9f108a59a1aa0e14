"""The file that tells a health check whether a process can do its work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import signals

from worker.alive import follow_heartbeats, follow_sends

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    used = (signals.heartbeat_sent, signals.after_task_publish)
    before = [list(signal.receivers) for signal in used]
    yield tmp_path / "alive"
    for signal, receivers in zip(used, before, strict=True):
        signal.receivers[:] = receivers


def test_what_an_earlier_run_left_is_no_sign_of_life(file: Path) -> None:
    file.touch()
    follow_heartbeats(file)
    assert not file.exists()


def test_a_heartbeat_alone_is_no_sign_of_life_because_no_child_may_have_a_model_yet(file: Path) -> None:
    follow_heartbeats(file)
    signals.heartbeat_sent.send(sender=None)
    assert not file.exists()


def test_every_heartbeat_makes_the_file_of_a_ready_child_fresh_again(file: Path) -> None:
    follow_heartbeats(file)
    file.touch()
    os.utime(file, (LONG_AGO, LONG_AGO))
    signals.heartbeat_sent.send(sender=None)
    assert file.stat().st_mtime > LONG_AGO


def test_beat_is_alive_when_it_has_sent_a_task(file: Path) -> None:
    file.touch()
    follow_sends(file)
    assert not file.exists()
    signals.after_task_publish.send(sender="digitq.sweep")
    assert file.exists()
