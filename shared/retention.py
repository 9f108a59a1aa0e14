"""SqlRetention: what nobody need keep any longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Engine, delete, select, update

from shared.database import epoch_now, giving_way, reading, writing
from shared.domain import TERMINAL
from shared.errors import Conflict, NoSuchJob
from shared.tables import corrections, jobs, receipts

#: Ids that are asked for in one statement: PostgreSQL takes 65,535, SQLite half of them.
AT_ONCE = 1000


class SqlRetention:
    """Retention in SQLite or PostgreSQL; see `shared.ports.Retention` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def clock(self) -> datetime:
        with reading(self._engine) as connection:
            return datetime.fromtimestamp(connection.execute(select(epoch_now())).scalar_one(), UTC)

    def remove(self, job_id: str) -> None:
        with writing(self._engine) as connection:
            gone = delete(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(TERMINAL))
            if connection.execute(gone).rowcount == 0:
                status = connection.scalar(select(jobs.c.status).where(jobs.c.id == job_id, ~jobs.c.arriving))
                raise Conflict(f"The job is {status}; cancel it before you delete it.") if status else NoSuchJob
            connection.execute(delete(receipts).where(receipts.c.job_id == job_id))

    def expired(self, now: datetime, limit: int) -> list[str]:
        return self._found(limit, jobs.c.expires_at < now, jobs.c.status.in_(TERMINAL))

    def with_old_uploads(self, now: datetime, limit: int) -> list[str]:
        return self._found(limit, *_has_old_uploads(now))

    def _found(self, limit: int, *old: ColumnElement[bool]) -> list[str]:
        with reading(self._engine) as connection:
            return list(connection.scalars(select(jobs.c.id).where(*old).limit(limit)))

    def give_up_uploads(self, job_id: str, now: datetime) -> bool:
        with writing(self._engine) as connection:
            given_up = update(jobs).where(jobs.c.id == job_id, *_has_old_uploads(now)).values(uploads_expire_at=None)
            return connection.execute(given_up).rowcount > 0

    def forget_arriving(self, before: datetime) -> None:
        giving_way(lambda: self._forget_arriving(before))

    def _forget_arriving(self, before: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(jobs).where(jobs.c.arriving, jobs.c.created_at < before))

    def known(self, job_ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        with reading(self._engine) as connection:
            for first in range(0, len(job_ids), AT_ONCE):
                some = job_ids[first : first + AT_ONCE]
                found.update(connection.scalars(select(jobs.c.id).where(jobs.c.id.in_(some))))
        return found


def _has_old_uploads(now: datetime) -> tuple[ColumnElement[bool], ...]:
    corrected = select(corrections).where(corrections.c.job_id == jobs.c.id).exists()
    return jobs.c.uploads_expire_at < now, jobs.c.status.in_(TERMINAL), ~corrected
