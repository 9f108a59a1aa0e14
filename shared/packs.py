"""Packs: ZIP files, stored and not deflated, of the images that one worker process reads in one go.

Inside a pack an image is called by its index alone; what its sender called it stands in the manifest, the first
entry, so that no name from outside is ever a path. Any unzip tool opens a pack. Our own reader walks the entries in
their order: of all that happens to an image, packing and unpacking are to cost next to nothing.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass

from shared.domain import Item, Unreadable, Upload
from shared.errors import PackLost
from shared.zip_format import LOCAL, LOCAL_MAGIC, stored

#: What the images were called, and why some could not be taken: a line each, in their order.
MANIFEST = b"manifest.json"
#: Characters of a filename that are kept.
MAX_NAME = 4096


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished pack: its bytes, and which images of the job it holds."""

    first: int
    count: int
    data: bytes


class PackBuilder:
    """Gathers uploads in their order and closes a pack when it is full; at most one pack is in memory."""

    def __init__(self, max_images: int, max_bytes: int) -> None:
        self._max_images = max_images
        self._max_bytes = max_bytes
        self._waiting: list[Item] = []
        self._bytes = 0
        self.taken = 0

    def add(self, upload: Upload) -> Pack | None:
        """Take one upload; gives the pack that it filled."""
        self._waiting.append(Item(self.taken, upload))
        self._bytes += len(upload.data)
        self.taken += 1
        full = len(self._waiting) >= self._max_images or self._bytes >= self._max_bytes
        return self.rest() if full else None

    def rest(self) -> Pack | None:
        """The pack of what has been taken since the last one, if anything."""
        if not self._waiting:
            return None
        finished = pack(self._waiting)
        self._waiting, self._bytes = [], 0
        return finished


def pack(items: list[Item]) -> Pack:
    """One pack of consecutive items, at least one."""
    manifest = json.dumps([_line(item) for item in items]).encode()
    images = ((b"%08d" % item.index, item.upload.data) for item in items)
    return Pack(items[0].index, len(items), stored([(MANIFEST, manifest), *images]))


def unpack(data: bytes) -> Iterator[Item]:
    """The items of a pack in their order. Raises PackLost if it is damaged."""
    return pick(data)


def pick(data: bytes, wanted: Container[int] | None = None) -> Iterator[Item]:
    """The items of a pack whose index is wanted, in their order. Raises PackLost if it is damaged."""
    try:
        manifest, position = _content(data, 0)
        for index, name, custom_id, code, message in json.loads(manifest):
            content, position = _content(data, position)
            if wanted is None or index in wanted:
                yield Item(index, Upload(name, content, custom_id, Unreadable(code, message) if code else None))
    except (struct.error, ValueError, TypeError) as error:
        raise PackLost from error


def _line(item: Item) -> tuple[int, str, str | None, str | None, str | None]:
    upload = item.upload
    code, message = (upload.error.code, upload.error.message) if upload.error else (None, None)
    custom_id = upload.custom_id if upload.custom_id is None else _clean(upload.custom_id)
    return item.index, _clean(upload.filename[:MAX_NAME]), custom_id, code, message


def _clean(text: str) -> str:
    """A text that every database holds: NUL, and what cannot be written as UTF-8, are replaced."""
    return text if text.isprintable() else text.encode(errors="replace").decode().replace("\0", "?")


def _content(data: bytes, position: int) -> tuple[bytes, int]:
    """The content of the entry that begins at a position, and where the next one begins."""
    magic, _, _, _, _, _, crc, size, _, name_length, _ = LOCAL.unpack_from(data, position)
    begin = position + LOCAL.size + name_length
    content = data[begin : begin + size]
    if magic != LOCAL_MAGIC or zlib.crc32(content) != crc:
        raise PackLost
    return content, begin + size
