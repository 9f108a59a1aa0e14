"""The file that tells a health check whether a worker can take work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import signals

from worker.alive import keep_fresh

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    receivers = list(signals.heartbeat_sent.receivers)
    yield tmp_path / "alive"
    signals.heartbeat_sent.receivers[:] = receivers


def test_what_an_earlier_run_left_is_no_sign_of_life(file: Path) -> None:
    file.touch()
    keep_fresh(file)
    assert not file.exists()


def test_a_heartbeat_alone_is_no_sign_of_life_because_no_child_may_have_a_model_yet(file: Path) -> None:
    keep_fresh(file)
    signals.heartbeat_sent.send(sender=None)
    assert not file.exists()


def test_every_heartbeat_makes_the_file_of_a_ready_child_fresh_again(file: Path) -> None:
    keep_fresh(file)
    file.touch()
    os.utime(file, (LONG_AGO, LONG_AGO))
    signals.heartbeat_sent.send(sender=None)
    assert file.stat().st_mtime > LONG_AGO
