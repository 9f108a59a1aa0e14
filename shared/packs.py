"""Packs: ZIP files, stored and not deflated, of the images that one worker process reads in one go.

Inside a pack an image is called by its index alone; what its sender called it stands in the entry's comment, so
that no name from outside is ever a path. Any unzip tool opens a pack.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass

from shared.domain import Item, Unreadable, Upload
from shared.errors import PackLost

#: A fixed time stamp: the same images give the same pack.
EPOCH = (1980, 1, 1, 0, 0, 0)
#: What a ZIP entry's comment can hold; a longer filename is cut.
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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for item in items:
            entry = zipfile.ZipInfo(f"{item.index:08d}", EPOCH)
            entry.comment = _label(item.upload)
            archive.writestr(entry, item.upload.data)
    return Pack(items[0].index, len(items), buffer.getvalue())


def unpack(data: bytes) -> Iterator[Item]:
    """The items of a pack in their order. Raises PackLost if it is damaged."""
    return pick(data)


def pick(data: bytes, wanted: Container[int] | None = None) -> Iterator[Item]:
    """The items of a pack whose index is wanted, in their order. Raises PackLost if it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if wanted is None or int(entry.filename) in wanted:
                    yield Item(int(entry.filename), _upload(entry.comment, archive.read(entry)))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise PackLost from error


def _label(upload: Upload) -> bytes:
    label = {"name": upload.filename[:MAX_NAME]}
    if upload.custom_id is not None:
        label["id"] = upload.custom_id
    if upload.error:
        label |= {"code": upload.error.code, "message": upload.error.message}
    return json.dumps(label).encode()


def _upload(comment: bytes, data: bytes) -> Upload:
    label = json.loads(comment)
    error = Unreadable(label["code"], label["message"]) if "code" in label else None
    return Upload(label["name"], data, label.get("id"), error)
