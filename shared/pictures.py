"""Uploaded images by their place in a job; each pack is fetched once, however many of its images are wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import structlog

from shared.domain import Item
from shared.errors import PackLost
from shared.packs import pick
from shared.ports import Parts

log = structlog.get_logger(__name__)


def items_of(parts: Parts, job_id: str, indexes: Collection[int]) -> Iterator[Item]:
    """The uploads with these indexes, in their order. Raises NoSuchItem, NoSuchJob, PackLost, Unavailable."""
    for pack, share in _packs(parts, job_id, indexes).items():
        yield from pick(parts.store.get(pack), share)


def items_left(parts: Parts, job_id: str, indexes: Collection[int]) -> Iterator[Item]:
    """Those of these uploads that are still there, in their order; a pack that is lost costs no other's images.

    Raises NoSuchItem, NoSuchJob, Unavailable.
    """
    for pack, share in _packs(parts, job_id, indexes).items():
        try:
            yield from pick(parts.store.get(pack), share)
        except PackLost as error:
            log.warning("pack_left_out", job=job_id, pack=pack, reason=error.message)


def _packs(parts: Parts, job_id: str, indexes: Collection[int]) -> Mapping[str, list[int]]:
    """Which pack holds which of these images. Raises NoSuchItem, NoSuchJob, Unavailable."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    chunk = None
    for index in sorted(indexes):
        if chunk is None or not chunk.first <= index < chunk.first + chunk.count:
            chunk = parts.book.chunk_with(job_id, index)
        wanted[chunk.pack].append(index)
    return wanted
