"""A job, its chunks, and a worker that claims and reads them: what the contracts of the books begin with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain import (
    Chunk,
    Claim,
    Counts,
    Decision,
    Digit,
    Job,
    ModelRef,
    Normalization,
    Queue,
    Reading,
    ReadOptions,
    Receipt,
    Result,
    Score,
    Status,
    Unreadable,
)
from shared.ports import JobBook, Recorded

#: With microseconds, since a book that rounds them gives back another moment.
NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
DAY = timedelta(days=1)
LEASE = timedelta(minutes=1)
#: A lease that has ended when it begins.
NO_LEASE = timedelta(seconds=-1)
MODEL = ModelRef("digits", "1.0.0")
#: What is said of an upload that is no image.
BROKEN = Unreadable("not_an_image", "This is not an image.")
#: What a worker is told that does not hold the chunk.
REFUSED = Recorded(accepted=False)


def a_job(job_id: str = "job_1", total: int = 2, **changes: object) -> Job:
    """A job as it is submitted; its uploads go after a day and all else after two."""
    job = Job(
        id=job_id,
        owner="local",
        status=Status.QUEUED,
        queue=Queue.BULK,
        model=MODEL,
        options=ReadOptions(),
        counts=Counts(total),
        created_at=NOW,
        expires_at=NOW + 2 * DAY,
        bytes=100,
        uploads_expire_at=NOW + DAY,
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def chunks_of(job: Job, size: int = 1) -> list[Chunk]:
    """Chunks of `size` images; their ids tell the job and the first image."""
    return [
        Chunk(f"{job.id}-{first}", job.id, f"jobs/{job.id}/{first:06d}.zip", first, min(size, job.counts.total - first))
        for first in range(0, job.counts.total, size)
    ]


def add(book: JobBook, job: Job, size: int = 1, receipt: Receipt | None = None) -> Job:
    """Put a job into the book, in chunks of `size` images."""
    book.add(job, chunks_of(job, size), receipt)
    return job


def claimed(book: JobBook, chunk_id: str, lease: timedelta = LEASE, worker: str = "w") -> Claim:
    """A worker's claim, which must be granted."""
    claim = book.claim(chunk_id, worker, lease, NOW)
    assert claim is not None
    return claim


def five(decision: Decision = Decision.ACCEPT) -> Digit:
    """A digit with all that a model can say of it."""
    scores = (Score("5", 0.75), Score("3", 0.25))
    return Digit("5", 0.75, decision, scores, ("low_confidence",), Normalization(inverted=True))


#: A digit that is counted among those that a person should look at.
DOUBTFUL = five(Decision.NEEDS_REVIEW)


def results_of(claim: Claim, reading: Reading | None = None) -> list[Result]:
    """The same reading, by default an accepted five, of every image that has no result yet."""
    images = range(claim.chunk.first, claim.chunk.first + claim.chunk.count)
    return [
        Result(index, f"{index}.png", None, reading or five(), claim.model)
        for index in images
        if index not in claim.done
    ]


def record(book: JobBook, claim: Claim, reading: Reading | None = None, now: datetime = LATER) -> Recorded:
    """Record the same reading for all images of a claim."""
    return book.record(claim, results_of(claim, reading), now)


def read(book: JobBook, *chunk_ids: str) -> Recorded:
    """Claim chunks and record a five for each of their images; what the last one gave."""
    for chunk_id in chunk_ids:
        recorded = record(book, claimed(book, chunk_id))
    return recorded
