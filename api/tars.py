"""TAR archives as their members, read once from front to back, however compressed and whatever they claim.

The standard library believes every size: it reads a name of gigabytes into memory, skips a member of exabytes
step by step, and unpacks whatever it skips. So sizes are checked before it acts on them, and what comes out of the
decompression is watched.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Self, cast

#: What begins a compressed stream, and what unpacks it.
DECOMPRESSORS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
MAGIC_LENGTH = max(map(len, DECOMPRESSORS))
#: Members that carry the name or the attributes of the next one, and the bytes that they may have.
TEXT_TYPES = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
MAX_TEXT = 2**20
#: How much of what follows the last member is read at a time.
REST_BYTES = 2**16

#: Is told how many bytes came out of the decompression so far, and may object.
Watch = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that a member may claim to have, and up to how many it is read."""

    member: int
    data: int


class DamagedTar(ValueError):
    """The TAR archive is damaged or cut short."""


class _Header(tarfile.TarInfo):
    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """The next header. Raises DamagedTar where the library would take a damaged one, or none, for the end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # which typeshed does not know
            raise
        except tarfile.HeaderError as error:
            raise DamagedTar(str(error)) from error

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.type in TEXT_TYPES and not 0 <= header.size <= MAX_TEXT:
            raise DamagedTar("a header is too long")
        return header


class _Unpacked(io.RawIOBase):
    """A stream, decompressed if it is compressed, and watched."""

    def __init__(self, stream: io.BufferedReader, watch: Watch) -> None:
        head = stream.peek(MAGIC_LENGTH)
        opener = next((opener for magic, opener in DECOMPRESSORS.items() if head.startswith(magic)), None)
        self._stream = opener(stream) if opener else stream
        self._watch = watch
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise DamagedTar(str(error)) from error
        self._count += len(data)
        self._watch(self._count)
        return data


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive; `data` is None if it is larger than the limit, or no file."""

    name: str
    is_folder: bool
    is_file: bool
    data: bytes | None


def members(stream: io.RawIOBase, limits: Limits, watch: Watch) -> Iterator[Member]:
    """The members of an archive, in their order. Raises DamagedTar, and what `watch` raises."""
    unpacked = cast("IO[bytes]", _Unpacked(io.BufferedReader(stream), watch))
    try:
        with tarfile.open(fileobj=unpacked, mode="r|", tarinfo=_Header) as archive:
            while header := archive.next():
                archive.members = []  # type: ignore[attr-defined]  # it would remember every one
                yield _member(archive, header, limits)
            # To the end, where a compressed stream has its checksum.
            while rest := archive.fileobj.read(REST_BYTES):
                if rest.strip(b"\0"):
                    raise DamagedTar("more follows its end")
    except (tarfile.TarError, ValueError, OverflowError) as error:  # numbers in headers are texts
        raise DamagedTar(str(error)) from error
    except RecursionError as error:
        raise DamagedTar("too many headers follow each other") from error


def _member(archive: tarfile.TarFile, header: tarfile.TarInfo, limits: Limits) -> Member:
    if not 0 <= header.size <= limits.member:
        raise DamagedTar("a size is impossible")
    file = archive.extractfile(header) if header.isreg() and header.size <= limits.data else None
    return Member(header.name, header.isdir(), header.isreg(), file.read() if file else None)
