"""ZIP files as the files in them, in memory that does not grow with their number.

The standard library's reader keeps about half a kilobyte for each entry and takes a million entries' worth before
the first is read. This one walks the central directory and holds one entry at a time. It reads stored and deflated
entries, which is what every tool writes, and never trusts a size.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from shared.zip_format import CENTRAL, CENTRAL_MAGIC, DEFLATED, END, END_MAGIC, LOCAL, LOCAL_MAGIC, STORED

#: The records of archives that are larger than 32 bits can say.
END64_LOCATOR_SIZE = 20
END64_LOCATOR_MAGIC = b"PK\x06\x07"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_MAGIC = b"PK\x06\x06"

#: The end record is followed by a comment of at most this length.
MAX_COMMENT = 0xFFFF
#: Writers that do not know ZIP64, macOS's among them, count up to this and begin again, or stop right before it; and
#: everyone reads them.
COUNTED = 2**16
#: Packing makes nothing more than twice as large, and this many bytes larger.
OVERHEAD = 2**16
#: Values that say: look in the ZIP64 field.
SEE_ZIP64 = 0xFFFFFFFF
ZIP64_FIELD = 1

#: No file is longer, and the system's calls take no position far behind it.
LAST_POSITION = 2**62
#: Bytes read at once: dozens of records or small images, which mostly follow each other.
WINDOW_BYTES = 2**14

ENCRYPTED = 0x1


class DamagedZip(ValueError):
    """The ZIP file is damaged or cut short."""


class DamagedEntry(ValueError):
    """An entry is damaged; its neighbors may be whole."""


class UnsupportedEntry(ValueError):
    """An entry is compressed in a rare way."""


class Entry(NamedTuple):
    """One entry of the central directory; sizes and the checksum are what it claims."""

    name: str
    flags: int
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def encrypted(self) -> bool:
        return bool(self.flags & ENCRYPTED)


class _Directory(NamedTuple):
    """Where the directory begins and ends, its number of entries, and how many foreign bytes precede the archive."""

    begin: int
    end: int
    files: int
    shift: int


class Source:
    """A file as bytes at any position, read ahead a little; for one reader, who mostly goes forward."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._start, self._window = 0, b""

    @property
    def length(self) -> int:
        return os.fstat(self._file).st_size

    def bytes_at(self, position: int, length: int) -> bytes:
        """What stands at a position, which may be any that an archive claims; fewer bytes where the file ends."""
        begin = self._reach(position, length)
        return self._window[begin : begin + length]

    def record_at(self, position: int, record: struct.Struct, magic: bytes) -> tuple[int, ...]:
        """The fields of a record, which begins with its magic. Raises DamagedZip if there is none."""
        begin = self._reach(position, record.size)
        if not self._window.startswith(magic, begin) or len(self._window) < begin + record.size:
            raise DamagedZip("a record is missing or damaged")
        return record.unpack_from(self._window, begin)

    def _reach(self, position: int, length: int) -> int:
        """Have the window reach over these bytes, as far as the file does; where in the window they begin."""
        begin = position - self._start
        if 0 <= begin <= len(self._window) - length:
            return begin
        self._window = os.pread(self._file, max(length, WINDOW_BYTES), position) if position <= LAST_POSITION else b""
        self._start = position
        return 0


def entries(source: Source) -> Iterator[Entry]:
    """The entries of a ZIP file, in the order of its directory. Raises DamagedZip."""
    directory = _directory(source)
    position, found = directory.begin, 0
    while position < directory.end:
        fields = source.record_at(position, CENTRAL, CENTRAL_MAGIC)
        name_length, extra_length, comment_length = fields[10:13]
        tail = source.bytes_at(position + CENTRAL.size, name_length + extra_length)
        if len(tail) < name_length + extra_length:
            raise DamagedZip("its directory is cut short")
        yield _entry(fields, tail[:name_length], tail[name_length:], directory.shift)
        position += CENTRAL.size + name_length + extra_length + comment_length
        found += 1
    counts = {found % COUNTED, min(found, COUNTED - 1), found}
    if position != directory.end or directory.files not in counts:
        raise DamagedZip("its directory has other files than it says")


def read(source: Source, entry: Entry, limit: int) -> bytes:
    """An entry's content, at most `limit` bytes, and no more than it claims. Raises DamagedEntry, UnsupportedEntry."""
    if entry.method not in (STORED, DEFLATED):
        raise UnsupportedEntry
    try:
        header = source.record_at(entry.offset, LOCAL, LOCAL_MAGIC)
    except DamagedZip as error:
        raise DamagedEntry from error
    begin = entry.offset + LOCAL.size + header[9] + header[10]
    most = min(entry.size, limit)
    packed = source.bytes_at(begin, min(entry.packed_size, 2 * most + OVERHEAD))
    content = packed if entry.method == STORED else _inflated(packed, most)
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise DamagedEntry
    return content


def _inflated(packed: bytes, most: int) -> bytes:
    """The content, with one byte more than it should have if it has more."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most + 1)
    except zlib.error as error:
        raise DamagedEntry from error


def _directory(source: Source) -> _Directory:
    length = source.length
    start = max(0, length - END.size - MAX_COMMENT)
    tail = source.bytes_at(start, length - start)
    found = tail.rfind(END_MAGIC)
    if found < 0 or len(tail) - found < END.size:
        raise DamagedZip("its directory is missing")
    _, _, _, _, count, size, offset, _ = END.unpack_from(tail, found)
    end = start + found
    locator = end - END64_LOCATOR_SIZE
    if locator >= END64.size and source.bytes_at(locator, 4) == END64_LOCATOR_MAGIC:
        # Not where the locator says, which foreign bytes before the archive make wrong, but right before it.
        end = locator - END64.size
        count, size, offset = source.record_at(end, END64, END64_MAGIC)[7:10]
    shift = end - size - offset
    if shift < 0:
        raise DamagedZip("its directory is not where it should be")
    return _Directory(offset + shift, end, count, shift)


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes, shift: int) -> Entry:
    flags, method, crc = fields[3], fields[4], fields[7]
    packed_size, size, offset = fields[8], fields[9], fields[16]
    if SEE_ZIP64 in (packed_size, size, offset):
        packed_size, size, offset = _zip64(extra, packed_size, size, offset)
    return Entry(_text(name), flags, method, crc, packed_size, size, offset + shift)


def _zip64(extra: bytes, packed_size: int, size: int, offset: int) -> tuple[int, int, int]:
    """The true values of those that did not fit 32 bits; they stand in the ZIP64 field, the size first."""
    wide = _extra_field(extra, ZIP64_FIELD)

    def true(value: int) -> int:
        nonlocal wide
        if value != SEE_ZIP64:
            return value
        if len(wide) < 8:
            raise DamagedZip("a size is missing")
        value, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        return value

    size, packed_size, offset = true(size), true(packed_size), true(offset)
    return packed_size, size, offset


def _extra_field(extra: bytes, wanted: int) -> bytes:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == wanted:
            return extra[4 : 4 + length]
        extra = extra[4 + length :]
    return b""


def _text(name: bytes) -> str:
    """A name as it was meant: many tools write UTF-8 and do not say so; else it is what DOS wrote."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("cp437")
