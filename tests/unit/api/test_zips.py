"""The ZIP reader agrees with the standard library's on whole archives and survives all others."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import zips

MIB = 2**20
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=20)


@contextmanager
def file_of(data: bytes) -> Iterator[zips.Source]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield zips.Source(file.fileno())


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = comment
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def read(data: bytes, limit: int = MIB) -> list[tuple[str, bytes]]:
    with file_of(data) as file:
        return [(entry.name, zips.read(file, entry, limit)) for entry in zips.entries(file)]


MEMBERS = (("a/1.png", b"one" * 100), ("2.png", b""), ("ø.png", b"\x00"))


@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), max_size=8, unique_by=lambda m: m[0]), st.booleans())
def test_what_the_standard_library_packs_is_read(members: list[tuple[str, bytes]], stored: bool) -> None:
    data = zip_of(*members, method=zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    assert read(data) == members


@pytest.mark.parametrize("comment", [b"", b"a comment", b"x" * 65535])
def test_a_comment_after_the_archive_does_not_hide_it(comment: bytes) -> None:
    assert read(zip_of(*MEMBERS, comment=comment)) == list(MEMBERS)


def test_bytes_before_the_archive_are_passed_over() -> None:
    assert read(b"#!/bin/sh\nself-extracting\n" * 50 + zip_of(*MEMBERS)) == list(MEMBERS)


def test_sizes_may_follow_the_data() -> None:
    class Pipe:
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

        def flush(self) -> None:
            pass

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        archive.writestr("a.png", b"one" * 100)
    assert struct.unpack_from("<H", pipe.data, 6)[0] & 0x8
    assert read(pipe.data) == [("a.png", b"one" * 100)]


def test_zip64_fields_are_understood() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.png", "w", force_zip64=True) as member:
        member.write(b"image")
    assert read(buffer.getvalue()) == [("a.png", b"image")]


def directory_of(count: int) -> bytes:
    """An archive whose directory lists its one entry `count` times, with the ZIP64 end that so many need."""
    local = zips.LOCAL.pack(zips.LOCAL_MAGIC, 20, 0, zips.STORED, 0, 0, 0, 0, 0, 1, 0) + b"a"
    central = zips.CENTRAL.pack(zips.CENTRAL_MAGIC, 20, 20, 0, zips.STORED, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    size = count * len(central)
    end64 = zips.END64.pack(zips.END64_MAGIC, 44, 45, 45, 0, 0, count, count, size, len(local))
    locator = zips.END64_LOCATOR_MAGIC + b"\0" * (zips.END64_LOCATOR_SIZE - 4)
    end = zips.END.pack(zips.END_MAGIC, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + central * count + end64 + locator + end


def test_more_entries_than_16_bits_count_are_all_found() -> None:
    with file_of(directory_of(65_537)) as file:
        assert sum(1 for _ in zips.entries(file)) == 65_537


def without_zip64(data: bytes) -> bytes:
    """The archive of `directory_of` with a plain end record, as macOS packs many files."""
    begin, end = data.index(zips.CENTRAL_MAGIC), data.index(zips.END64_MAGIC)
    return data[:end] + zips.END.pack(zips.END_MAGIC, 0, 0, 0, 0, end - begin, begin, 0)


@pytest.mark.parametrize("said", [65_537 % 2**16, 65_535])
def test_more_entries_than_16_bits_count_need_no_zip64_end(said: int) -> None:
    with file_of(counting(said, without_zip64(directory_of(65_537)))) as file:
        assert sum(1 for _ in zips.entries(file)) == 65_537


def counting(entries: int, data: bytes) -> bytes:
    """The archive, whose end record counts its entries otherwise."""
    end = data.rindex(zips.END_MAGIC)
    return data[: end + 8] + struct.pack("<2H", entries, entries) + data[end + 12 :]


@pytest.mark.parametrize("said", [0, 2, 4, 65_534])
def test_every_entry_is_found_and_a_wrong_count_told(said: int) -> None:
    found = []
    with file_of(counting(said, zip_of(*MEMBERS))) as file, pytest.raises(zips.DamagedZip, match="than it says"):
        found.extend(zips.read(file, entry, MIB) for entry in zips.entries(file))
    assert found == [data for _, data in MEMBERS]


def test_names_in_an_old_code_page_are_readable() -> None:
    data = zip_of(("xxx.png", b"x")).replace(b"xxx.png", b"\x8dt\x82.png")
    assert read(data) == [("ìté.png", b"x")]


def test_an_entry_gives_no_more_than_the_limit() -> None:
    with file_of(zip_of(("a", b"0" * MIB))) as file:
        (entry,) = zips.entries(file)
        with pytest.raises(zips.DamagedEntry):
            zips.read(file, entry, 1000)


def test_an_entry_is_unpacked_no_further_than_it_claims_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = []
    inflated = zips._inflated
    monkeypatch.setattr(zips, "_inflated", lambda *given: unpacked.append(inflated(*given)) or unpacked[-1])
    with file_of(zip_of(("a", b"0" * MIB))) as file:
        (entry,) = zips.entries(file)
        with pytest.raises(zips.DamagedEntry):
            zips.read(file, entry._replace(size=1000), MIB)
    assert len(unpacked[0]) == 1001


def test_what_packing_made_larger_is_read() -> None:
    noise = np.random.default_rng(1).bytes(10**6)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 1, zlib.Z_FIXED)
    pieces = [packer.compress(noise[at : at + 64]) + packer.flush(zlib.Z_SYNC_FLUSH) for at in range(0, 10**6, 64)]
    packed = b"".join([*pieces, packer.flush()])
    assert len(packed) > len(noise) + zips.OVERHEAD
    with file_of(zip_of(("a", noise), method=zipfile.ZIP_STORED)) as file:
        (entry,) = zips.entries(file)
    header = zips.LOCAL.pack(zips.LOCAL_MAGIC, 20, 0, zips.DEFLATED, 0, 0, 0, 0, 0, 0, 0)
    with file_of(header + packed) as file:
        larger = entry._replace(method=zips.DEFLATED, packed_size=len(packed), offset=0)
        assert zips.read(file, larger, 2 * 10**6) == noise


def test_a_wrong_checksum_is_a_damaged_entry() -> None:
    data = bytearray(zip_of(("a", b"image"), method=zipfile.ZIP_STORED))
    data[data.index(b"image")] ^= 1
    with pytest.raises(zips.DamagedEntry):
        read(bytes(data))


def test_rare_compressions_are_named_as_such() -> None:
    with pytest.raises(zips.UnsupportedEntry):
        read(zip_of(("a", b"image"), method=zipfile.ZIP_LZMA))


def test_an_empty_archive_has_no_entries() -> None:
    assert read(zip_of()) == []


def survives(data: bytes) -> None:
    """Every entry is read or refused; nothing else happens."""
    with file_of(data) as file, suppress(zips.DamagedZip):
        for entry in zips.entries(file):
            with suppress(zips.DamagedEntry, zips.UnsupportedEntry):
                assert len(zips.read(file, entry, 1000)) <= 1000


def test_an_archive_cut_anywhere_is_damaged_and_nothing_worse() -> None:
    data = zip_of(*MEMBERS)
    for length in range(len(data)):
        survives(data[:length])
        with pytest.raises(zips.DamagedZip):
            read(data[:length])


def test_any_byte_may_be_wrong() -> None:
    whole = zip_of(*MEMBERS)
    for place in range(len(whole)):
        for wrong in (0x00, 0xFF, whole[place] ^ 0x01, whole[place] ^ 0x80):
            survives(whole[:place] + bytes([wrong]) + whole[place + 1 :])


@settings(max_examples=300)
@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), max_size=6))
def test_any_bytes_may_be_wrong(tail: bytes, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(zip_of(*MEMBERS) + tail)
    for place, new in changes:
        data[place : place + len(new)] = new
    survives(bytes(data))


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_zip64_may_claim_anything(count: int, size: int, offset: int) -> None:
    end64 = zips.END64.pack(zips.END64_MAGIC, 44, 45, 45, 0, 0, count, count, size, offset)
    locator = zips.END64_LOCATOR_MAGIC + b"\0" * (zips.END64_LOCATOR_SIZE - 4)
    end = zips.END.pack(zips.END_MAGIC, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    survives(zip_of(*MEMBERS)[:-22] + end64 + locator + end)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_entrys_zip64_field_may_claim_anything(size: int, packed: int, offset: int) -> None:
    buffer = io.BytesIO()
    entry = zipfile.ZipInfo("a")
    entry.extra = struct.pack("<2H3Q", 9999, 24, size, packed, offset)
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, b"image")
    data = bytearray(buffer.getvalue())
    central = data.index(zips.CENTRAL_MAGIC)
    data[central + 20 : central + 28] = b"\xff" * 8
    data[central + 42 : central + 46] = b"\xff" * 4
    extra = data.index(struct.pack("<H", 9999), central)
    data[extra : extra + 2] = struct.pack("<H", zips.ZIP64_FIELD)
    survives(bytes(data))
