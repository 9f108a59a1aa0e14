"""A process' sign of life, for health checks: a file that stays fresh while the process can do its work.

Celery sends a heartbeat every two seconds as long as a worker's event loop turns and Redis answers; beat sends the
sweep every few seconds as long as Redis takes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import signals


def follow_heartbeats(file: Path) -> None:
    """In a worker's parent: touch the file with every heartbeat once a child, its model loaded, has made it."""
    file.unlink(missing_ok=True)

    def touch(**_: Any) -> None:
        if file.exists():
            file.touch()

    signals.heartbeat_sent.connect(touch, weak=False)


def follow_sends(file: Path) -> None:
    """In beat: touch the file whenever a task has been sent."""
    file.unlink(missing_ok=True)

    def touch(**_: Any) -> None:
        file.touch()

    signals.after_task_publish.connect(touch, weak=False)
