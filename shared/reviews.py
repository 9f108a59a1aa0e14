"""SqlReviewBook: what a person looks at and corrects; each method one transaction."""

from __future__ import annotations

from sqlalchemy import Engine, select

from shared.database import reading
from shared.reviewing import OutlineRow
from shared.tables import results


class SqlReviewBook:
    """The review book in SQLite or PostgreSQL; see `shared.reviewing.ReviewBook` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outline(self, job_id: str, *, after: int, limit: int) -> list[OutlineRow]:
        columns = (results.c.item_index, results.c.prediction, results.c.confidence, results.c.decision)
        query = select(*columns).where(results.c.job_id == job_id, results.c.item_index > after)
        with reading(self._engine) as connection:
            return [OutlineRow(*row) for row in connection.execute(query.order_by(results.c.item_index).limit(limit))]
