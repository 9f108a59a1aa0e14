"""SqlReviewBook: what a person looks at and corrects; each method one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, delete, func, insert, select, tuple_

from shared.database import reading, writing
from shared.domain import Decision
from shared.reviewing import Correction, OutlineRow, Pending, Place, Review
from shared.rows import result_from
from shared.statements import missing
from shared.tables import corrections, jobs, results, reviews

OF_RESULT = and_(corrections.c.job_id == results.c.job_id, corrections.c.item_index == results.c.item_index)


class SqlReviewBook:
    """The review book in SQLite or PostgreSQL; see `shared.reviewing.ReviewBook` for what each method promises."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outline(self, job_id: str, *, after: int, limit: int) -> list[OutlineRow]:
        row = results.c
        query = (
            select(row.item_index, row.prediction, row.confidence, row.decision, corrections.c.label)
            .outerjoin(corrections, OF_RESULT)
            .where(row.job_id == job_id, row.item_index > after)
            .order_by(row.item_index)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [OutlineRow(*found) for found in connection.execute(query)]

    def corrections(self, job_id: str, first: int, last: int) -> Mapping[int, Correction]:
        row = corrections.c
        query = select(corrections).where(row.job_id == job_id, row.item_index.between(first, last))
        with reading(self._engine) as connection:
            return {found.item_index: _correction(found) for found in connection.execute(query)}

    def correct(self, place: Place, correction: Correction) -> None:
        with writing(self._engine) as connection:
            said = {"label": correction.label, "reviewer": correction.reviewer, "reviewed_at": correction.reviewed_at}
            prediction, earlier = _take_back(connection, place)
            connection.execute(insert(corrections), _keys(place) | said)
            change = (earlier or prediction, correction.label)
            _note(connection, place, change, correction.reviewer, correction.reviewed_at)

    def withdraw(self, place: Place, reviewer: str, now: datetime) -> None:
        with writing(self._engine) as connection:
            prediction, earlier = _take_back(connection, place)
            if earlier:
                _note(connection, place, (earlier, prediction), reviewer, now)

    def pending(self, *, after: Place | None, limit: int) -> list[Pending]:
        query = _pending(results, jobs.c.model_name).order_by(results.c.job_id, results.c.item_index).limit(limit)
        if after:
            query = query.where(tuple_(results.c.job_id, results.c.item_index) > tuple_(after.job_id, after.index))
        with reading(self._engine) as connection:
            return [Pending(row.job_id, result_from(row)) for row in connection.execute(query)]

    def count_pending(self) -> int:
        with reading(self._engine) as connection:
            return int(connection.scalar(_pending(func.count())) or 0)

    def history(self, *, before: int | None, limit: int) -> list[Review]:
        query = select(reviews).order_by(reviews.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(reviews.c.id < before)
        with reading(self._engine) as connection:
            return [_review(row) for row in connection.execute(query)]

    def corrected(self, *, after: Place | None, limit: int) -> list[tuple[Place, Correction]]:
        row = corrections.c
        query = select(corrections).order_by(row.job_id, row.item_index).limit(limit)
        if after:
            query = query.where(tuple_(row.job_id, row.item_index) > tuple_(after.job_id, after.index))
        with reading(self._engine) as connection:
            found = connection.execute(query)
            return [(Place(each.job_id, each.item_index), _correction(each)) for each in found]


def _pending(*columns: Any) -> Select[Any]:
    # The jobs' own counters say where to look, so that results of jobs without doubts are not searched.
    doubtful = (jobs.c.needs_review > 0, ~jobs.c.arriving, results.c.decision == Decision.NEEDS_REVIEW)
    joined = select(*columns).select_from(jobs).join(results).outerjoin(corrections, OF_RESULT)
    return joined.where(*doubtful, corrections.c.label.is_(None))


def _take_back(connection: Connection, place: Place) -> tuple[str | None, str | None]:
    """Remove the correction of an image, if any: what the model said, and what a person had said."""
    # The lock on the result lets two people say something of one image only one after the other.
    said = select(results.c.prediction).where(*_is(place, results)).with_for_update()
    row = connection.execute(said).first()
    if row is None:
        raise missing(connection, place.job_id)
    label = connection.scalar(delete(corrections).where(*_is(place, corrections)).returning(corrections.c.label))
    return row.prediction, label


def _note(
    connection: Connection, place: Place, change: tuple[str | None, str | None], reviewer: str, now: datetime
) -> None:
    before, after = change
    said = {"before": before, "after": after, "reviewer": reviewer, "reviewed_at": now}
    connection.execute(insert(reviews), _keys(place) | said)


def _keys(place: Place) -> dict[str, Any]:
    return {"job_id": place.job_id, "item_index": place.index}


def _is(place: Place, table: Any) -> tuple[ColumnElement[bool], ...]:
    return table.c.job_id == place.job_id, table.c.item_index == place.index


def _correction(row: Any) -> Correction:
    return Correction(row.label, row.reviewer, row.reviewed_at)


def _review(row: Any) -> Review:
    return Review(row.id, Place(row.job_id, row.item_index), row.before, row.after, row.reviewer, row.reviewed_at)
