"""What several tests of the command line need."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def as_a_user(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder of somebody for whom permissions count, unlike for root."""
    with tempfile.TemporaryDirectory(prefix="digitq-") as folder:
        monkeypatch.chdir(folder)
        if os.geteuid() != 0:
            yield Path(folder)
            return
        nobody = pwd.getpwnam("nobody").pw_uid
        os.chown(folder, nobody, -1)
        os.setresuid(nobody, nobody, 0)
        yield Path(folder)
        os.setresuid(0, 0, 0)
