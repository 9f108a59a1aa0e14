"""What the database says, asked directly: the service may be down while it is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from shared.book import SqlJobBook
from shared.database import open_engine, reading
from shared.domain import TERMINAL, ChunkState, Requeue
from shared.settings import Settings
from shared.tables import chunks, jobs

#: A chunk's id before it was split; its parts append letters.
WHOLE_ID = len("chunk_") + 26
ANNOUNCED = (ChunkState.QUEUED, ChunkState.RUNNING)
OPEN = tuple(state for state in ChunkState if state.open)
#: A job whose upload broke off is no client's; pruning takes it away.
UNENDED = jobs.c.status.not_in(TERMINAL) & ~jobs.c.arriving


@dataclass(frozen=True, slots=True)
class Held:
    """A chunk that was queued or running when a fault came."""

    id: str
    job_id: str
    first: int
    count: int


class Ledger:
    """Looks into the tables of a stack; every method raises DatabaseUnavailable while the database is down."""

    def __init__(self, settings: Settings) -> None:
        self._engine: Engine = open_engine(settings.database)

    def in_flight(self) -> tuple[Held, ...]:
        """The chunks that are queued or running now."""
        held = select(chunks.c.id, chunks.c.job_id, chunks.c.first, chunks.c.count)
        with reading(self._engine) as connection:
            return tuple(Held(*row) for row in connection.execute(held.where(chunks.c.state.in_(ANNOUNCED))))

    def holders(self) -> set[str]:
        """The names, without their hosts, of the workers that hold a chunk."""
        running = select(chunks.c.worker).where(chunks.c.state == ChunkState.RUNNING)
        with reading(self._engine) as connection:
            return {worker.split("@")[0] for worker in connection.scalars(running) if worker}

    def still_open(self, held: Iterable[Held]) -> set[str]:
        """Those of the chunks of which something is left to do."""
        with reading(self._engine) as connection:
            left = {
                found[:WHOLE_ID] for found in connection.scalars(select(chunks.c.id).where(chunks.c.state.in_(OPEN)))
            }
        return {chunk.id[:WHOLE_ID] for chunk in held} & left

    def images_left(self) -> int:
        """How many images of unfinished jobs have no result yet."""
        left = jobs.c.total - jobs.c.succeeded - jobs.c.failed
        with reading(self._engine) as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(left), 0)).where(UNENDED)) or 0)

    def unfinished(self) -> list[str]:
        """The ids of the jobs that have not ended."""
        with reading(self._engine) as connection:
            return list(connection.scalars(select(jobs.c.id).where(UNENDED)))

    def job_ids(self) -> set[str]:
        """The ids of all jobs."""
        with reading(self._engine) as connection:
            return set(connection.scalars(select(jobs.c.id).where(~jobs.c.arriving)))

    def requeues(self) -> dict[Requeue, int]:
        """How often chunks have had to wait again so far, by the reason."""
        return SqlJobBook(self._engine).requeues()

    def chunks_open(self) -> int:
        """How many chunks of any job are not done with."""
        with reading(self._engine) as connection:
            return int(connection.scalar(select(func.count()).where(chunks.c.state.in_(OPEN))) or 0)
