"""A worker in memory beside the front end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.ports import Parts
from shared.testing import MoodyRecognizer, work_off

Work = Callable[[], int]


@pytest.fixture
def work(parts: Parts) -> Work:
    """Does what a worker would: b"0" to b"9" are images of that digit, all else is no image."""
    return lambda: work_off(parts, MoodyRecognizer)
