"""SqlRetention: what nobody need keep any longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, delete, select, update

from shared.database import reading, writing
from shared.domain import TERMINAL
from shared.errors import Conflict, NoSuchJob
from shared.tables import corrections, jobs, receipts


class SqlRetention:
    """Retention in SQLite or PostgreSQL; see `shared.ports.Retention` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remove(self, job_id: str) -> None:
        with writing(self._engine) as connection:
            gone = delete(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(TERMINAL))
            if connection.execute(gone).rowcount == 0:
                status = connection.scalar(select(jobs.c.status).where(jobs.c.id == job_id, ~jobs.c.arriving))
                raise Conflict(f"The job is {status}; cancel it before you delete it.") if status else NoSuchJob
            connection.execute(delete(receipts).where(receipts.c.job_id == job_id))

    def expired(self, now: datetime, limit: int) -> list[str]:
        return self._ended(jobs.c.expires_at < now, limit)

    def with_old_uploads(self, now: datetime, limit: int) -> list[str]:
        corrected = select(corrections).where(corrections.c.job_id == jobs.c.id).exists()
        return self._ended((jobs.c.uploads_expire_at < now) & ~corrected, limit)

    def _ended(self, old: ColumnElement[bool], limit: int) -> list[str]:
        with reading(self._engine) as connection:
            return list(connection.scalars(select(jobs.c.id).where(old, jobs.c.status.in_(TERMINAL)).limit(limit)))

    def uploads_removed(self, job_id: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(uploads_expire_at=None))

    def forget_arriving(self, before: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(jobs).where(jobs.c.arriving, jobs.c.created_at < before))

    def known(self, job_ids: Sequence[str]) -> set[str]:
        with reading(self._engine) as connection:
            return set(connection.scalars(select(jobs.c.id).where(jobs.c.id.in_(job_ids))))
