"""How the service is doing at this moment, told by the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from shared.database import reading
from shared.domain import ChunkState
from shared.tables import chunks


@dataclass(frozen=True, slots=True)
class Pulse:
    """Images by the state of their chunk, and the workers that hold one."""

    images: Mapping[ChunkState, int]
    workers: Mapping[str, int]


class SqlPulse:
    """Reads the pulse in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Pulse:
        """One consistent look. Raises DatabaseUnavailable."""
        by_state = select(chunks.c.state, func.sum(chunks.c.count)).group_by(chunks.c.state)
        running = chunks.c.state == ChunkState.RUNNING
        by_worker = select(chunks.c.worker, func.sum(chunks.c.count)).where(running).group_by(chunks.c.worker)
        with reading(self._engine) as connection:
            images = {ChunkState(state): int(count) for state, count in connection.execute(by_state)}
            workers = {worker: int(count) for worker, count in connection.execute(by_worker)}
            return Pulse(images, workers)
