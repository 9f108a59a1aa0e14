"""Items in JSON become images, or say what is wrong with them; never more than that."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.arrays import MAX_ARRAY_PIXELS, graymap, upload_from_item
from shared.domain import Upload

ROWS = [[0, 255], [128, 1]]
PGM = b"P5 2 2 255\n\x00\xff\x80\x01"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def test_rows_of_numbers_become_a_graymap() -> None:
    assert graymap(ROWS) == PGM


def test_numbers_up_to_one_are_shares_of_white() -> None:
    assert graymap([[0, 1.0], [0.5, 0.25]]) == b"P5 2 2 255\n\x00\xff\x80\x40"


def test_784_numbers_are_28_rows() -> None:
    assert graymap([7] * 784) == b"P5 28 28 255\n" + b"\x07" * 784


@pytest.mark.parametrize("data", [[ROWS], [[ROWS]], [[[0], [255]], [[128], [1]]]], ids=["batch", "twice", "channel"])
def test_axes_of_length_one_are_taken_off(data: object) -> None:
    assert graymap(data) == PGM


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (None, "list of rows"),
        ([], "list of rows"),
        ({}, "list of rows"),
        ("0" * 784, "list of rows"),
        ([0] * 783, "28 rows of 28"),
        ([[]], "list of rows"),
        ([[], []], "unequal length"),
        ([[1, 2], [3]], "unequal length"),
        ([[1, 2], 3], "28 rows of 28"),
        ([[1, "2"], [3, 4]], "not a number"),
        ([[1, None], [3, 4]], "not a number"),
        ([[1, True], [3, 4]], "not a number"),
        ([[1, [2, 3]], [3, 4]], "not a number"),
        ([[1, float("nan")], [3, 4]], "outside 0 to 255"),
        ([[1, float("inf")], [3, 4]], "outside 0 to 255"),
        ([[1, -float("inf")], [3, 4]], "outside 0 to 255"),
        ([[1, -1], [3, 4]], "outside 0 to 255"),
        ([[1, 256], [3, 4]], "outside 0 to 255"),
        ([[1, 10**400], [3, 4]], "outside 0 to 255"),
        ([[0] * 1001] * 1000, "send an image"),
    ],
)
def test_what_is_no_picture_says_why(data: object, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        graymap(data)


def test_the_largest_array_is_taken() -> None:
    assert len(graymap([[0] * 1000] * 1000)) > MAX_ARRAY_PIXELS


def test_an_image_comes_in_base64_or_as_a_data_url() -> None:
    encoded = base64.b64encode(b"image").decode()
    for image in (encoded, f"data:image/png;base64,{encoded}"):
        upload = upload_from_item({"image": image, "custom_id": "id", "filename": "a.png"}, 5)
        assert upload == Upload("a.png", b"image", "id")


def test_without_a_filename_the_custom_id_names_an_item() -> None:
    assert upload_from_item({"data": ROWS, "custom_id": "id"}, 99) == Upload("id", PGM, "id")
    assert upload_from_item({"data": ROWS}, 99) == Upload("", PGM)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ([], "invalid_item"),
        ("text", "invalid_item"),
        ({}, "invalid_item"),
        ({"image": 5}, "invalid_item"),
        ({"image": "not base64!"}, "invalid_item"),
        ({"image": "YQ=="[:-1]}, "invalid_item"),
        ({"image": "ä"}, "invalid_item"),
        ({"data": "x"}, "invalid_item"),
        ({"data": ROWS, "custom_id": 5}, "invalid_item"),
        ({"data": ROWS, "custom_id": "x" * 257}, "invalid_item"),
        ({"data": [[0] * 10] * 10}, "image_too_large"),
    ],
)
def test_a_bad_item_is_its_own_affair(item: object, code: str) -> None:
    upload = upload_from_item(item, 99)
    assert upload.error is not None
    assert upload.error.code == code
    assert upload.data == b""


@given(JSON)
def test_whatever_an_item_is_it_becomes_an_upload(item: object) -> None:
    assert isinstance(upload_from_item(item, 1000), Upload)


@given(JSON)
def test_whatever_the_data_are_they_become_a_graymap_or_a_sentence(data: object) -> None:
    upload = upload_from_item({"data": data}, 1000)
    assert upload.data.startswith(b"P5 ") or (upload.error and upload.error.message)
