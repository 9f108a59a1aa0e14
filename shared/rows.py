"""Turns rows into values and values into rows; knows no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import Row

from shared.documents import dumps
from shared.domain import (
    Chunk,
    Counts,
    Decision,
    Digit,
    Job,
    ModelRef,
    Normalization,
    Outcome,
    Queue,
    Reading,
    ReadOptions,
    Result,
    Score,
    Status,
    Unreadable,
)

Values = dict[str, Any]


def job_values(job: Job) -> Values:
    """The row of a job that has just been submitted."""
    return {
        "id": job.id,
        "owner": job.owner,
        "status": job.status,
        "queue": job.queue,
        "model_name": job.model.name,
        "model_version": job.model.version,
        "options": asdict(job.options),
        "metadata": dict(job.metadata),
        "total": job.counts.total,
        "bytes": job.bytes,
        "created_at": job.created_at,
        "expires_at": job.expires_at,
        "uploads_expire_at": job.uploads_expire_at,
        "deadline_at": job.deadline_at,
    }


def job_from(row: Row[Any], processing: int) -> Job:
    """The job in a row, whose running chunks hold `processing` images; some may have their result already."""
    left = row.total - row.succeeded - row.failed - row.canceled - row.expired
    return Job(
        id=row.id,
        owner=row.owner,
        status=Status(row.status),
        queue=Queue(row.queue),
        model=ModelRef(row.model_name, row.model_version),
        options=ReadOptions(**row.options),
        counts=Counts(
            total=row.total,
            processing=min(processing, left),
            succeeded=row.succeeded,
            failed=row.failed,
            canceled=row.canceled,
            expired=row.expired,
            needs_review=row.needs_review,
            rejected=row.rejected,
        ),
        created_at=row.created_at,
        expires_at=row.expires_at,
        bytes=row.bytes,
        uploads_expire_at=row.uploads_expire_at,
        deadline_at=row.deadline_at,
        metadata=row.metadata,
        outcome=Outcome(row.outcome) if row.outcome else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=Unreadable(row.error_code, row.error_message) if row.error_code else None,
    )


def chunk_values(chunk: Chunk, queue: str, state: str, attempt: int = 0) -> Values:
    """The row of a new chunk."""
    return {**asdict(chunk), "queue": queue, "state": state, "attempt": attempt}


def chunk_from(row: Row[Any] | Mapping[str, Any]) -> Chunk:
    """The chunk in a row."""
    values = row if isinstance(row, Mapping) else row._mapping
    return Chunk(**{name: values[name] for name in ("id", "job_id", "pack", "first", "count")})


def result_row(job_id: str, result: Result) -> tuple[object, ...]:
    """The row of one result in the order of the table's columns, its documents as JSON text."""
    return (
        job_id,
        result.index,
        result.filename,
        result.custom_id,
        *_reading_row(result.reading),
        result.model.version,
    )


def _reading_row(reading: Reading) -> tuple[object, ...]:
    if isinstance(reading, Unreadable):
        return "failed", None, None, None, None, None, None, reading.code, reading.message
    return (
        "succeeded",
        reading.label,
        reading.confidence,
        str(reading.decision),
        dumps(reading.top_k),
        _reasons_text(reading.reasons),
        _normalization_text(reading.normalization),
        None,
        None,
    )


# There are few different ones of each, and many images.
@lru_cache(maxsize=1024)
def _reasons_text(reasons: tuple[str, ...]) -> str | None:
    return dumps(reasons)


@lru_cache(maxsize=1024)
def _normalization_text(normalization: Normalization) -> str | None:
    return dumps(normalization._asdict())


def result_from(row: Row[Any]) -> Result:
    """The result in a row, which carries its job's model name as `model_name`."""
    return Result(
        index=row.item_index,
        filename=row.filename,
        custom_id=row.custom_id,
        reading=_reading_from(row),
        model=ModelRef(row.model_name, row.model_version),
    )


def _reading_from(row: Row[Any]) -> Reading:
    if row.error_code:
        return Unreadable(row.error_code, row.error_message)
    return Digit(
        label=row.prediction,
        confidence=row.confidence,
        decision=Decision(row.decision),
        top_k=tuple(Score(label, score) for label, score in row.top_k),
        reasons=tuple(row.reasons),
        normalization=Normalization(row.normalization["inverted"], tuple(row.normalization["flags"])),
    )
