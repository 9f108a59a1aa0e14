"""How the service is doing at this moment, told by the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, case, func, select

from shared.database import epoch_now, reading
from shared.domain import ChunkState
from shared.tables import chunks

#: Seconds before now for which a rate is told.
SPANS = (10, 60, 900)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Images by the state of their chunk, those in the hands of each worker, and images a second over SPANS."""

    images: Mapping[ChunkState, int]
    workers: Mapping[str, int]
    rates: Mapping[int, float]


class SqlPulse:
    """Reads the pulse in SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Pulse:
        """One consistent look. Raises DatabaseUnavailable."""
        by_state = select(chunks.c.state, func.sum(chunks.c.count)).group_by(chunks.c.state)
        running = chunks.c.state == ChunkState.RUNNING
        by_worker = select(chunks.c.worker, func.sum(chunks.c.count)).where(running).group_by(chunks.c.worker)
        finished = [func.coalesce(func.sum(case((_since(span), chunks.c.count), else_=0)), 0) for span in SPANS]
        with reading(self._engine) as connection:
            images = {ChunkState(state): int(count) for state, count in connection.execute(by_state)}
            workers = {worker: int(count) for worker, count in connection.execute(by_worker)}
            counts = connection.execute(select(*finished).where(_since(max(SPANS)))).one()
        return Pulse(images, workers, {span: int(count) / span for span, count in zip(SPANS, counts, strict=True)})


def _since(seconds: int) -> ColumnElement[bool]:
    """Chunks done within so many seconds before now, by the database's clock."""
    return chunks.c.done_at > epoch_now() - seconds
