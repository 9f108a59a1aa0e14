"""Turns rows into values and values into rows; knows no query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from shared.domain import (
    Chunk,
    Counts,
    Decision,
    Digit,
    Job,
    ModelRef,
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


def result_values(job_id: str, result: Result) -> Values:
    """The row of one result."""
    values: Values = {
        "job_id": job_id,
        "item_index": result.index,
        "filename": result.filename,
        "custom_id": result.custom_id,
        "model_version": result.model.version,
    }
    return values | _reading_values(result.reading)


def _reading_values(reading: Reading) -> Values:
    # Every row names the same columns: only then do many rows go in as one statement.
    if isinstance(reading, Unreadable):
        return _NOTHING_READ | {"status": "failed", "error_code": reading.code, "error_message": reading.message}
    return {
        "status": "succeeded",
        "prediction": reading.label,
        "confidence": reading.confidence,
        "decision": reading.decision,
        "top_k": reading.top_k,
        "reasons": reading.reasons,
        "normalization": reading.normalization,
        "error_code": None,
        "error_message": None,
    }


_NOTHING_READ: Values = dict.fromkeys(("prediction", "confidence", "decision", "top_k", "reasons", "normalization"))


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
        normalization=row.normalization,
    )
