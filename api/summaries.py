"""Jobs in the words of the web pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.domain import Counts, Job, Outcome, Status

#: A job that completed with less than all is not called completed.
OUTCOMES = {Outcome.PARTIAL: "partly read", Outcome.ALL_FAILED: "nothing read"}


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job as a page shows it."""

    id: str
    name: str
    state: str
    ended: bool
    model: str
    counts: Counts
    created_at: datetime

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(
            id=job.id,
            name=job.metadata.get("name") or _images(job.counts.total),
            state=_state(job),
            ended=job.status.terminal,
            model=str(job.model),
            counts=job.counts,
            created_at=job.created_at,
        )


def _images(total: int) -> str:
    return "1 image" if total == 1 else f"{total:,} images"


def _state(job: Job) -> str:
    if job.status is Status.COMPLETED and job.outcome in OUTCOMES:
        return OUTCOMES[job.outcome]
    return "reading" if job.status is Status.IN_PROGRESS else job.status
