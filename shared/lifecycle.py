"""A job's life, top to bottom: submit, announce, claim, recognize, record, and what mends it when things go wrong.

The database is the truth; messages are hints. Whatever stops anywhere, `sweep` finds what is left and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain import Chunk, Claim, Item, Job, Queue, Reading, Receipt, Requeue, Result, Unreadable
from shared.errors import BrokerUnavailable, CannotStart, Conflict, Missing, PackLost, Unavailable
from shared.ports import Clock, PackReader, Parts, RecognizerSource, Recorded

#: A chunk that failed this often is split, so that one image cannot hold up its neighbors for ever.
MAX_ATTEMPTS = 3
#: A chunk that was announced so long ago and has no message any more is announced again.
PATIENCE = timedelta(seconds=10)
#: The folder of the store in which every job has its own.
JOBS = "jobs/"
#: An upload may take so long; packs without a job that are older belong to none.
LONGEST_UPLOAD = timedelta(hours=24)
#: How long an Idempotency-Key is remembered.
RECEIPTS_KEPT = timedelta(hours=24)
#: Old jobs that one round of pruning deletes; the next round goes on.
PRUNED_AT_ONCE = 100


def submit(parts: Parts, job: Job, chunks: Sequence[Chunk], receipt: Receipt | None = None) -> None:
    """Make the job exist, then tell the workers; its packs are in the store already."""
    parts.book.add(job, chunks, receipt)
    _tell_workers(parts, job)


def begin(parts: Parts, job: Job, chunks: Sequence[Chunk]) -> None:
    """Let workers begin with a job whose upload is still coming in; it exists once it is sealed."""
    parts.book.begin(job, chunks)
    _tell_workers(parts, job)


def extend(parts: Parts, job: Job, chunks: Sequence[Chunk]) -> None:
    """Let workers go on with a job that was begun."""
    parts.book.extend(job, chunks)
    _tell_workers(parts, job)


def seal(parts: Parts, job: Job, chunks: Sequence[Chunk], now: datetime, receipt: Receipt | None = None) -> Job:
    """Make a job that was begun exist, as it stands: all of its upload is there, the last chunks with this call."""
    standing = parts.book.seal(job, chunks, now, receipt)
    _tell_workers(parts, job)
    return standing


def _tell_workers(parts: Parts, job: Job) -> None:
    with suppress(Unavailable):  # the chunks are in the book; a later sweep announces them
        announce(parts, [job.queue])


def announce(parts: Parts, queues: Iterable[Queue] = Queue) -> None:
    """Fill the windows of these queues. A broker that cannot be told now is told by a later sweep."""
    for queue in queues:
        chunk_ids = parts.book.announce(queue, parts.window)
        try:
            parts.queue.send(queue, chunk_ids)
        except BrokerUnavailable:
            parts.book.withdraw(chunk_ids, Requeue.BROKER_AWAY)


def work(
    parts: Parts, chunk_id: str, worker: str, recognizers: RecognizerSource, unpack: PackReader, clock: Clock
) -> None:
    """Read one chunk: claim, recognize, record, announce the next. A stale message finds nothing to claim."""
    claim = parts.book.claim(chunk_id, worker, parts.lease, clock())
    if claim is None:
        return
    try:
        recorded = read_and_record(parts, claim, recognizers, unpack, clock)
    except BaseException as error:
        # What cannot be done now waits again; a part out of reach is not the chunk's fault.
        why = Requeue.PART_AWAY if isinstance(error, Unavailable) else Requeue.INTERRUPTED
        parts.book.release(chunk_id, worker, why, claim.fence)
        raise
    parts.notifier.progressed(claim.chunk.job_id, ended=recorded.job_ended)
    announce(parts, [claim.queue])


def read_and_record(
    parts: Parts, claim: Claim, recognizers: RecognizerSource, unpack: PackReader, clock: Clock
) -> Recorded:
    """The results of a claimed chunk in the book; a chunk that failed too often is cornered instead."""
    if claim.attempt > MAX_ATTEMPTS:
        return corner(parts, claim, unpack, clock())
    return parts.book.record(claim, recognize(parts, claim, recognizers, unpack), clock())


def recognize(parts: Parts, claim: Claim, recognizers: RecognizerSource, unpack: PackReader) -> list[Result]:
    """One result for each image of the chunk, also for those that cannot be read."""
    try:
        items = open_chunk(parts, claim.chunk, unpack)
    except PackLost as error:
        return unread(claim, Unreadable(error.code, error.message))
    items = [item for item in items if item.index not in claim.done]
    readable = [item for item in items if item.upload.error is None]
    answers = iter(_readings(readable, claim, recognizers))
    return [_result(item, item.upload.error or next(answers), claim) for item in items]


def _readings(items: Sequence[Item], claim: Claim, recognizers: RecognizerSource) -> Sequence[Reading]:
    """One reading an image; without the job's model they all say why."""
    try:
        recognizer = recognizers(claim.model)
    except (Missing, CannotStart) as error:
        return [Unreadable(error.code, error.message)] * len(items)
    readings = recognizer.read([item.upload.data for item in items], claim.options)
    if len(readings) != len(items):
        raise ValueError(f"{len(items)} images got {len(readings)} readings.")
    return readings


def _result(item: Item, reading: Reading, claim: Claim) -> Result:
    return Result(item.index, item.upload.filename, item.upload.custom_id, reading, claim.model)


def open_chunk(parts: Parts, chunk: Chunk, unpack: PackReader) -> list[Item]:
    """The chunk's share of its pack. Raises PackLost if an image is missing."""
    wanted = range(chunk.first, chunk.first + chunk.count)
    items = [item for item in unpack(parts.store.get(chunk.pack)) if item.index in wanted]
    if [item.index for item in items] != list(wanted):
        raise PackLost
    return items


def unread(claim: Claim, why: Unreadable) -> list[Result]:
    """The same answer for every image of a chunk whose pack cannot be opened."""
    indexes = range(claim.chunk.first, claim.chunk.first + claim.chunk.count)
    return [Result(index, "", None, why, claim.model) for index in indexes if index not in claim.done]


def corner(parts: Parts, claim: Claim, unpack: PackReader, now: datetime) -> Recorded:
    """Close in on an image that ends its worker: halve the chunk; alone, the image gets its failed result."""
    if claim.chunk.count > 1:
        return Recorded(accepted=parts.book.split(claim, halves(claim.chunk), attempt=MAX_ATTEMPTS - 1))
    return parts.book.record(claim, crashed(parts, claim, unpack), now)


def crashed(parts: Parts, claim: Claim, unpack: PackReader) -> list[Result]:
    """The result of an image that no worker survives, unless it has one from before its job was retried."""
    if claim.chunk.first in claim.done:
        return []
    try:
        (item,) = open_chunk(parts, claim.chunk, unpack)
    except PackLost as error:
        return unread(claim, Unreadable(error.code, error.message))
    why = Unreadable("worker_crash", "This image ended the worker that read it, several times; convert it and resend.")
    return [_result(item, why, claim)]


def halves(chunk: Chunk) -> list[Chunk]:
    """The two halves of a chunk of at least two images; both lie in the same pack."""
    middle = chunk.count // 2
    return [
        replace(chunk, id=f"{chunk.id}a", count=middle),
        replace(chunk, id=f"{chunk.id}b", first=chunk.first + middle, count=chunk.count - middle),
    ]


def cancel(parts: Parts, job_id: str, now: datetime) -> Job:
    """Stop a job: running chunks finish, the rest is canceled, what is done stays readable."""
    job = parts.book.cancel(job_id, now)
    parts.notifier.progressed(job_id, ended=job.status.terminal)
    return job


def retry(parts: Parts, job_id: str) -> Job:
    """Read an ended job's failed images again; what succeeded stays."""
    job = parts.book.retry(job_id)
    announce(parts, [job.queue])
    return job


def delete(parts: Parts, job_id: str) -> None:
    """Forget an ended job: its rows first, so that nobody finds a job without its images.

    If the store is away all stays as it is, so that who tries again finds the job.
    """
    parts.store.ping()
    parts.retention.remove(job_id)
    parts.store.remove(pack_prefix(job_id))


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep had to mend; all zero while nothing goes wrong."""

    leases_ended: int
    messages_lost: int
    jobs_unended: int


def sweep(parts: Parts, now: datetime) -> Swept:
    """Find what got lost and go on: dead workers' chunks, messages a broker forgot, jobs nobody ended."""
    leases_ended = parts.book.reclaim()
    messages_lost = sum(forget_lost(parts, queue) for queue in Queue)
    # Now all that waits again is known, and none of it is announced that is too late.
    for job_id in parts.book.expire_overdue(now):
        parts.notifier.progressed(job_id, ended=True)
    unended = parts.book.settle(now)
    for job_id in unended:
        parts.notifier.progressed(job_id, ended=True)
    announce(parts)
    return Swept(leases_ended, messages_lost, len(unended))


def forget_lost(parts: Parts, queue: Queue) -> int:
    """Let the chunks wait again whose messages are lost; how many.

    The broker has forgotten them, or a worker has taken them a lease ago: it must be dead, since the chunk that it
    reads before has ended by then.
    """
    late = parts.book.announced(queue, PATIENCE)
    if not late:
        return 0
    try:
        lost = set(late) - parts.queue.with_message(queue, late, parts.lease)
    except BrokerUnavailable:
        return 0
    return parts.book.withdraw(sorted(lost), Requeue.MESSAGE_LOST)


def prune(parts: Parts, now: datetime) -> None:
    """Delete what nobody need keep: old jobs, old uploads, packs without a job, old receipts."""
    # One clock that is ahead must delete nothing.
    now = min(now, parts.retention.clock())
    for job_id in parts.retention.expired(now, PRUNED_AT_ONCE):
        with suppress(Missing, Conflict):
            delete(parts, job_id)
    for job_id in parts.retention.with_old_uploads(now, PRUNED_AT_ONCE):
        # Meanwhile it may have been tried again, or corrected.
        if parts.retention.give_up_uploads(job_id, now):
            parts.store.remove(pack_prefix(job_id))
    parts.receipts.forget(now - RECEIPTS_KEPT)
    parts.retention.forget_arriving(now - LONGEST_UPLOAD)
    for job_id in orphans(parts, now):
        parts.store.remove(pack_prefix(job_id))


def orphans(parts: Parts, now: datetime) -> list[str]:
    """The ids under which packs lie that no job has: their upload broke off, or the job was deleted meanwhile."""
    untouched = parts.store.folders(JOBS, before=now - LONGEST_UPLOAD)
    return sorted(set(untouched) - parts.retention.known(untouched))


def pack_prefix(job_id: str) -> str:
    """Where a job's packs lie in the store."""
    return f"{JOBS}{job_id}/"


def pack_key(job_id: str, number: int) -> str:
    """Where the pack `number` of a job lies in the store."""
    return f"{pack_prefix(job_id)}{number:06d}.zip"
