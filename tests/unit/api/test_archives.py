"""Archives give their files; what is hostile in them stays a failed upload or a refusal."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import archives
from api.bodies import file_uploads
from shared.domain import Upload
from shared.errors import StoreFull, TooLarge
from shared.settings import Settings
from shared.zip_format import CENTRAL_MAGIC, END, END_MAGIC

LIMITS = Settings(max_image_bytes=1000)
MIB = 2**20


def pieces(data: bytes, size: int = 700) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def uploads(data: bytes, name: str = "batch.tar") -> list[Upload]:
    return list(file_uploads(name, pieces(data), LIMITS))


def codes(found: list[Upload]) -> list[str | None]:
    return [upload.error and upload.error.code for upload in found]


def member(name: str, size: int = 0, **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for field, value in changes.items():
        setattr(info, field, value)
    return info


def tar_of(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w", kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=kind) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


ONE, TWO = (member("a/1.png", 3), b"one"), (member("2.png", 3), b"two")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_gives_its_files_however_it_is_compressed(mode: str) -> None:
    assert uploads(tar_of(ONE, TWO, mode=mode)) == [Upload("a/1.png", b"one"), Upload("2.png", b"two")]


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_come_whole_in_every_dialect(kind: int) -> None:
    name = "/".join(["folder" * 5] * 4) + "/ø.png" if kind == tarfile.PAX_FORMAT else "d/" * 40 + "a" * 60
    assert [upload.filename for upload in uploads(tar_of((member(name), b""), kind=kind))] == [name]


def test_folders_and_what_systems_leave_behind_are_passed_over() -> None:
    junk = [(member(name), b"") for name in (".DS_Store", "a/._1.png", "__MACOSX/1.png", "a/Thumbs.db", ".git/HEAD")]
    assert uploads(tar_of((member("a", type=tarfile.DIRTYPE), b""), *junk, TWO)) == [Upload("2.png", b"two")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_named_and_not_followed(kind: bytes) -> None:
    found = uploads(tar_of((member("link", type=kind, linkname="/etc/passwd"), b""), TWO))
    assert codes(found) == ["not_a_file", None]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../../b"])
def test_a_name_is_a_label_and_never_a_path(name: str) -> None:
    assert uploads(tar_of((member(name, 3), b"one"))) == [Upload(name, b"one")]


def test_an_image_above_the_limit_costs_only_itself() -> None:
    found = uploads(tar_of((member("big.png", 1001), b"x" * 1001), TWO))
    assert codes(found) == ["image_too_large", None]


def test_an_empty_tar_gives_nothing() -> None:
    assert uploads(tar_of()) == []


def test_a_damaged_end_leaves_what_came_before() -> None:
    cut = tar_of(ONE, (member("3.png", 900), b"x" * 900))[: 512 * 3 + 100]
    found = uploads(cut)
    assert found[0] == Upload("a/1.png", b"one")
    assert codes(found)[1:] == ["broken_archive"]


THREE = tuple((member(f"{n}.png", 3), b"one") for n in range(3))
BLOCK = tarfile.BLOCKSIZE


@pytest.mark.parametrize(
    "damaged",
    [
        tar_of(*THREE)[: 4 * BLOCK],
        tar_of(*THREE)[: 4 * BLOCK + 200],
        tar_of(*THREE)[: 4 * BLOCK] + b"\1" + tar_of(*THREE)[4 * BLOCK + 1 :],
        tar_of(*THREE)[: 4 * BLOCK] + b"x" * 4 * BLOCK,
    ],
    ids=["cut between members", "cut in a header", "a wrong bit", "foreign bytes"],
)
@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gz"])
def test_where_a_header_is_damaged_it_is_told(damaged: bytes, packed: Callable[[bytes], bytes]) -> None:
    assert codes(uploads(packed(damaged))) == [None, None, "broken_archive"]


def test_what_follows_the_end_of_a_tar_is_told() -> None:
    holed = tar_of(*THREE)[: 2 * BLOCK] + bytes(BLOCK) + tar_of(*THREE)[3 * BLOCK :]
    assert codes(uploads(holed)) == [None, "broken_archive"]
    assert codes(uploads(tar_of(*THREE) + tar_of(*THREE))) == [None, None, None, "broken_archive"]
    assert codes(uploads(tar_of(*THREE) + bytes(MIB))) == [None, None, None]


@pytest.mark.parametrize("wrong", [slice(-1, None), slice(-8, -7)], ids=["length", "checksum"])
def test_the_checksum_of_a_compressed_archive_is_looked_at(wrong: slice) -> None:
    data = bytearray(tar_of(*THREE, mode="w:gz"))
    data[wrong] = bytes([data[wrong][0] ^ 1])
    assert codes(uploads(bytes(data))) == [None, None, None, "broken_archive"]


def test_headers_without_end_damage_the_archive_and_nothing_more() -> None:
    name = member("x", 1, type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + b"n".ljust(BLOCK, b"\0")
    assert codes(uploads(tar_of(ONE)[: 2 * BLOCK] + name * 3000)) == [None, "broken_archive"]


def test_what_unpacks_to_far_more_than_it_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", MIB)
    bomb = tar_of(*((member(f"{n}.png", 1000), bytes(1000)) for n in range(2000)), mode="w:gz")
    with pytest.raises(TooLarge, match="unpacks to more"):
        uploads(bomb)


def test_a_bomb_of_damaged_entries_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", MIB)
    monkeypatch.setattr(archives, "MAX_RATIO", 10)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.png", bytes(1000))
    whole = buffer.getvalue()
    begin, end = whole.index(CENTRAL_MAGIC), whole.index(END_MAGIC)
    entry = bytearray(whole[begin:end])
    entry[16:20] = b"\1" * 4
    tail = END.pack(END_MAGIC, 0, 0, 20_000, 20_000, 20_000 * len(entry), begin, 0)
    with pytest.raises(TooLarge, match="unpacks to more"):
        uploads(whole[:begin] + bytes(entry) * 20_000 + tail, "batch.zip")


def test_a_bomb_that_nobody_would_read_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", MIB)
    header = member("big.png", 100 * MIB).tobuf()
    with pytest.raises(TooLarge, match="unpacks to more"):
        uploads(gzip.compress(header + bytes(100 * MIB), 1))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_that_would_fill_the_memory_is_refused(kind: bytes) -> None:
    header = member("x", 200 * MIB, type=kind).tobuf(tarfile.GNU_FORMAT)
    assert codes(uploads(header + bytes(10 * MIB))) == ["broken_archive"]


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.map": "x,y"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
        {"GNU.sparse.size": "x"},
        {"size": "-5"},
        {"size": "99999999999999999999"},
        {"path": "\0"},
        {"mtime": "nan"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_strange_pax_headers_damage_the_archive_and_nothing_more(headers: dict[str, str]) -> None:
    info = member("1.png", 3)
    info.pax_headers = headers
    assert len(uploads(tar_of((info, b"one")))) <= 1


WHOLE = {
    "tar": tar_of(ONE, (member("n" * 120, 3), b"two")),
    "gz": tar_of(ONE, TWO, mode="w:gz"),
    "bz2": tar_of(ONE, TWO, mode="w:bz2"),
    "xz": tar_of(ONE, TWO, mode="w:xz"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_an_archive_cut_anywhere_gives_what_came_before_and_a_failed_upload(kind: str) -> None:
    whole = WHOLE[kind]
    files = uploads(whole)
    for length in range(0, len(whole), 1 if len(whole) < 1000 else 37):
        found = uploads(whole[:length])
        if found == files:
            assert not whole[length:].strip(b"\0"), "no more than padding is missing"
        else:
            assert codes(found)[-1] == "broken_archive"
            assert found[:-1] == files[: len(found) - 1]


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=12)), min_size=1, max_size=4),
)
def test_any_bytes_of_an_archive_may_be_wrong(kind: str, changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(WHOLE[kind])
    for place, new in changes:
        data[place % len(data) : place % len(data) + len(new)] = new
    uploads(bytes(data))


def test_a_fault_of_our_own_disk_is_not_blamed_on_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(StoreFull):
        uploads(b"PK\x05\x06" + bytes(18), "batch.zip")
