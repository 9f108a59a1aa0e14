"""Takes a submission in: uploads stream into packs in the store, and then the job exists, or nothing does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from ulid import ULID

from api.bodies import Body, Fields
from api.schemas import JobOptions, Metadata
from shared import lifecycle
from shared.catalog import ModelCatalog
from shared.domain import Chunk, Counts, Job, Queue, ReadOptions, Status, Unreadable, Upload
from shared.errors import DigitqError, InvalidRequest, Refused, TooLarge
from shared.packs import Pack, PackBuilder
from shared.ports import Parts
from shared.settings import Settings

#: Until keys name the callers, there is one.
LOCAL_OWNER = "local"


@dataclass(frozen=True, slots=True)
class Desk:
    """What taking a submission in needs."""

    parts: Parts
    catalog: ModelCatalog
    settings: Settings


class NothingToRead(Refused):
    """The request holds no image; add files, an archive or items."""

    code = "nothing_to_read"


def take_in(desk: Desk, body: Body, owner: str = LOCAL_OWNER) -> Job:
    """Store the uploads of a request and submit them as one job.

    Raises Refused if there is nothing to read or too much, NoSuchModel, Unavailable. Whatever is raised, nothing
    stays behind.
    """
    job_id = f"job_{ULID()}"
    try:
        chunks = _store(desk, job_id, body.uploads())
        job = _job(desk, job_id, owner, chunks[-1].first + chunks[-1].count, body.fields)
        lifecycle.submit(desk.parts, job, chunks)
    except BaseException:
        with suppress(DigitqError):
            desk.parts.store.remove(lifecycle.pack_prefix(job_id))
        raise
    return job


def _store(desk: Desk, job_id: str, uploads: Iterator[Upload]) -> list[Chunk]:
    builder = PackBuilder(desk.settings.pack_images, desk.settings.pack_bytes)
    chunks: list[Chunk] = []
    first_fault: Unreadable | None = None
    readable = False

    def put(pack: Pack | None) -> None:
        if pack:
            key = lifecycle.pack_key(job_id, len(chunks))
            desk.parts.store.put(key, pack.data)
            chunks.append(Chunk(f"chunk_{ULID()}", job_id, key, pack.first, pack.count))

    for upload in within_limits(uploads, desk.settings):
        readable = readable or upload.error is None
        first_fault = first_fault or upload.error
        put(builder.add(upload))
    put(builder.rest())
    if not readable:
        raise NothingToRead(first_fault.message if first_fault else None)
    return chunks


def within_limits(uploads: Iterator[Upload], settings: Settings) -> Iterator[Upload]:
    """Pass uploads on. Raises TooLarge with the first that is too many."""
    size = 0
    for count, upload in enumerate(uploads, 1):
        size += len(upload.data)
        if count > settings.max_images:
            raise TooLarge(f"A job may have {settings.max_images} images; send the rest in another job.")
        if size > settings.max_upload_bytes:
            raise TooLarge(f"A job may have {settings.max_upload_bytes} bytes; send the rest in another job.")
        yield upload


def _job(desk: Desk, job_id: str, owner: str, total: int, fields: Fields) -> Job:
    options = _options(fields)
    now = datetime.now(UTC)
    return Job(
        id=job_id,
        owner=owner,
        status=Status.QUEUED,
        queue=_queue(options, total, desk.settings),
        model=desk.catalog.resolve(options.model),
        options=ReadOptions(options.top_k, options.threshold, options.target_accuracy, options.normalize),
        counts=Counts(total),
        created_at=now,
        expires_at=now + timedelta(hours=desk.settings.retention_hours),
        metadata=_metadata(fields),
    )


def _queue(options: JobOptions, total: int, settings: Settings) -> Queue:
    """What fits one pack goes first, unless its sender is in no hurry."""
    small = total <= settings.pack_images
    return Queue.INTERACTIVE if small and options.priority == "auto" else Queue.BULK


def _options(fields: Fields) -> JobOptions:
    """The options, sent as one JSON field or as a field each."""
    given = _parsed(fields, "options") | {name: fields[name] for name in JobOptions.model_fields if name in fields}
    try:
        return JobOptions.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(f"The options are not as documented: {_faults(error)}.") from error


def _metadata(fields: Fields) -> Metadata:
    metadata = _parsed(fields, "metadata")
    if len(metadata) > 16 or not all(isinstance(value, str) and len(value) <= 512 for value in metadata.values()):
        raise InvalidRequest('"metadata" is an object of at most 16 texts of at most 512 characters.')
    return metadata


def _parsed(fields: Fields, name: str) -> dict[str, str]:
    try:
        value = json.loads(fields.get(name) or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f'"{name}" is not JSON: {error}.') from error
    if not isinstance(value, dict):
        raise InvalidRequest(f'"{name}" is a JSON object.')
    return value


def _faults(error: ValidationError) -> str:
    faults: Sequence[str] = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return "; ".join(faults)
