"""Packs keep what they are given, open with any unzip tool, and say when they are damaged."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import Item, Unreadable, Upload
from shared.errors import PackLost
from shared.packs import PackBuilder, pack, pick, unpack

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
ERRORS = st.none() | st.builds(Unreadable, st.sampled_from(["encrypted", "invalid_item"]), TEXT)
UPLOADS = st.builds(Upload, TEXT, st.binary(max_size=50), st.none() | TEXT, ERRORS)


@given(st.lists(UPLOADS, min_size=1, max_size=8), st.integers(0, 10**6))
def test_what_is_packed_is_unpacked(uploads: list[Upload], first: int) -> None:
    items = [Item(first + place, upload) for place, upload in enumerate(uploads)]
    packed = pack(items)
    assert (packed.first, packed.count) == (first, len(items))
    assert list(unpack(packed.data)) == items


@given(st.lists(UPLOADS, max_size=20), st.integers(1, 5), st.integers(1, 100))
def test_packs_follow_one_another_without_a_gap_and_none_is_too_full(
    uploads: list[Upload], max_images: int, max_bytes: int
) -> None:
    builder = PackBuilder(max_images, max_bytes)
    packs = [*(full for upload in uploads if (full := builder.add(upload))), builder.rest()]
    items = [list(unpack(finished.data)) for finished in packs if finished]
    assert [item for inside in items for item in inside] == [Item(n, upload) for n, upload in enumerate(uploads)]
    assert builder.taken == len(uploads)
    for inside in items:
        assert len(inside) <= max_images
        assert sum(len(item.upload.data) for item in inside[:-1]) < max_bytes


def test_nothing_packs_to_nothing() -> None:
    assert PackBuilder(2, 2).rest() is None


def test_any_unzip_tool_opens_a_pack() -> None:
    items = [Item(7, Upload("../../a.png", b"one")), Item(8, Upload("b.png", b"two"))]
    with zipfile.ZipFile(io.BytesIO(pack(items).data)) as archive:
        assert archive.testzip() is None
        assert archive.read("00000007") == b"one"
        assert not any("/" in name for name in archive.namelist())


def test_chosen_items_are_had_alone() -> None:
    data = pack([Item(n, Upload("", bytes([n]))) for n in range(5)]).data
    assert [item.index for item in pick(data, {1, 3, 9})] == [1, 3]


def test_the_same_images_give_the_same_pack() -> None:
    items = [Item(0, Upload("a.png", b"one"))]
    assert pack(items) == pack(items)


@pytest.mark.parametrize(
    ("name", "kept"), [("a\0b", "a?b"), ("\ud800", "?"), ("\udcff.png", "?.png"), ("x" * 5000, "x" * 4096)]
)
def test_names_are_kept_as_every_database_can_hold_them(name: str, kept: str) -> None:
    (item,) = unpack(pack([Item(0, Upload(name, b"", name[:99]))]).data)
    assert (item.upload.filename, item.upload.custom_id) == (kept, kept[:99])


DATA = pack([Item(0, Upload("a.png", b"first image")), Item(1, Upload("b.png", b"second image"))]).data


@given(st.integers(0, len(DATA) - 1))
def test_a_pack_cut_short_is_lost_or_whole_in_what_it_gives(length: int) -> None:
    try:
        items = list(unpack(DATA[:length]))
    except PackLost:
        return
    assert items == list(unpack(DATA))


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_pack_with_a_wrong_byte_gives_no_wrong_image(place: int, change: int) -> None:
    wrong = bytearray(DATA)
    wrong[place] ^= change
    try:
        items = list(unpack(bytes(wrong)))
    except PackLost:
        return
    assert items == list(unpack(DATA))


@pytest.mark.parametrize("data", [b"", b"nonsense", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_pack_is_lost(data: bytes) -> None:
    with pytest.raises(PackLost):
        list(unpack(data))
