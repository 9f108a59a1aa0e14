"""A worker's sign of life, for health checks: a file that stays fresh while the worker can take work.

A child makes it when its model is loaded; from then on the parent touches it with every heartbeat, which it sends
every two seconds as long as its event loop turns and Redis answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import signals


def keep_fresh(file: Path) -> None:
    """In the parent: touch the file with every heartbeat, once it is there. What an earlier run left is removed."""
    file.unlink(missing_ok=True)

    def touch(**_: Any) -> None:
        if file.exists():
            file.touch()

    signals.heartbeat_sent.connect(touch, weak=False)
