"""Archives as the files in them: ZIP from a temporary file, TAR straight from the stream.

Names inside an archive are labels and never paths; links and devices are not followed.
"""

from __future__ import annotations

import errno
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import IO

from api import tars, zips
from shared.domain import Unreadable, Upload
from shared.errors import BrokenArchive, ImageTooLarge, StoreFull, TooLarge
from shared.litter import is_litter
from shared.settings import Settings

#: An archive may unpack to this many times its own size, and always to as much as `FREE_BYTES`.
MAX_RATIO = 200
FREE_BYTES = 256 * 2**20

#: How much of an archive is moved to its temporary file at a time.
SPOOL_BYTES = 2**20

ZIP_SUFFIX = ".zip"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
TAR_MAGIC_AT = 257
TAR_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

Opener = Callable[["ChunkReader", Settings, tars.Watch], Iterator[Upload]]


def archive_opener(head: bytes, name: str) -> Opener | None:
    """What opens this file, judged by its first bytes and its name, or None if it is no archive."""
    if head.startswith(ZIP_MAGIC) or name.lower().endswith(ZIP_SUFFIX):
        return _zip_members
    is_tar = head[TAR_MAGIC_AT:].startswith(b"ustar") or head.startswith(tuple(tars.DECOMPRESSORS))
    return _tar_members if is_tar or name.lower().endswith(TAR_SUFFIXES) else None


def archive_uploads(opener: Opener, name: str, chunks: Iterator[bytes], settings: Settings) -> Iterator[Upload]:
    """The files of an archive; where it is damaged, one failed upload in its name says so."""
    stream = ChunkReader(chunks)

    def watch(unpacked: int) -> None:
        if unpacked > max(FREE_BYTES, MAX_RATIO * stream.read_bytes):
            raise TooLarge(f"{name} unpacks to more than {MAX_RATIO} times its size; send the images as they are.")

    try:
        yield from opener(stream, settings, watch)
    except (zips.DamagedZip, tars.DamagedTar) as error:
        yield Upload(name, error=Unreadable(BrokenArchive.code, f"{BrokenArchive().message} ({error})"))


class ChunkReader(io.RawIOBase):
    """An iterator of bytes as a file that can be read once, forward."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._held = self._held or next(self._chunks, b"")
        given = min(len(buffer), len(self._held))
        buffer[:given] = self._held[:given]
        self._held = self._held[given:]
        self.read_bytes += given
        return given


def _zip_members(stream: ChunkReader, settings: Settings, watch: tars.Watch) -> Iterator[Upload]:
    unpacked, limit = 0, settings.max_image_bytes
    with tempfile.TemporaryFile() as spool:
        _spool(stream, spool)
        directory, contents = zips.Source(spool.fileno()), zips.Source(spool.fileno())
        for entry in zips.entries(directory):
            if entry.is_folder or is_litter(entry.name):
                continue
            if refused := _refused(entry, limit):
                yield refused
                continue
            # Damaged or not, it is unpacked as far as it claims to go.
            unpacked += entry.size
            watch(unpacked)
            yield _zip_upload(contents, entry, limit)


def _spool(stream: ChunkReader, spool: IO[bytes]) -> None:
    try:
        shutil.copyfileobj(stream, spool, SPOOL_BYTES)
        spool.flush()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull from error
        raise


def _refused(entry: zips.Entry, limit: int) -> Upload | None:
    if entry.encrypted:
        return _failed(entry.name, "encrypted", "This file is encrypted; pack it without a password.")
    if entry.size > limit:
        return _failed(entry.name, ImageTooLarge.code, ImageTooLarge().message)
    return None


def _zip_upload(contents: zips.Source, entry: zips.Entry, limit: int) -> Upload:
    try:
        return Upload(entry.name, zips.read(contents, entry, limit))
    except zips.UnsupportedEntry:
        return _failed(entry.name, "unsupported_compression", "Pack it again with plain ZIP compression.")
    except zips.DamagedEntry:
        return _failed(entry.name, "damaged_entry", "This file is damaged inside the archive; pack it again.")


def _tar_members(stream: ChunkReader, settings: Settings, watch: tars.Watch) -> Iterator[Upload]:
    limits = tars.Limits(member=settings.max_upload_bytes, data=settings.max_image_bytes)
    for member in tars.members(stream, limits, watch):
        if not member.is_folder and not is_litter(member.name):
            yield _tar_upload(member)


def _tar_upload(member: tars.Member) -> Upload:
    if not member.is_file:
        return _failed(member.name, "not_a_file", "This is a link or a device; pack the file itself.")
    if member.data is None:
        return _failed(member.name, ImageTooLarge.code, ImageTooLarge().message)
    return Upload(member.name, member.data)


def _failed(name: str, code: str, message: str) -> Upload:
    return Upload(name, error=Unreadable(code, message))
