"""Uploaded images by their place in a job; each pack is fetched once, however many of its images are wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from shared.domain import Item
from shared.packs import pick
from shared.ports import Parts


def items_of(parts: Parts, job_id: str, indexes: Collection[int]) -> Iterator[Item]:
    """The uploads with these indexes, in their order. Raises NoSuchItem, NoSuchJob, PackLost, Unavailable."""
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    chunk = None
    for index in sorted(indexes):
        if chunk is None or not chunk.first <= index < chunk.first + chunk.count:
            chunk = parts.book.chunk_with(job_id, index)
        wanted[chunk.pack].append(index)
    for pack, share in wanted.items():
        yield from pick(parts.store.get(pack), share)
