"""Plain files take a quicker way to the same pixels; whatever else a file may be takes the patient one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from shared.errors import ImageError
from worker.decode import decode
from worker.plain_files import plain_pixels

NOISE = np.random.default_rng(2)


def picture(channels: int = 1, height: int = 28, width: int = 40) -> Image.Image:
    return Image.fromarray(NOISE.integers(0, 256, (height, width, channels), np.uint8).squeeze())


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(file: bytes) -> NDArray[np.uint8] | type[ImageError]:
    try:
        return decode(file, max_pixels=10_000_000)
    except ImageError as error:
        return type(error)


def assert_both_ways_agree(file: bytes) -> None:
    quick = decoded(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("worker.decode.plain_pixels", lambda data: None)
        patient = decoded(file)
    assert np.array_equal(quick, patient) if isinstance(quick, np.ndarray) else quick is patient


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("colorful", [True, False])
@pytest.mark.parametrize("opaque", [True, False])
def test_small_pngs_have_the_same_pixels(channels: int, colorful: bool, opaque: bool) -> None:
    pixels = NOISE.integers(0, 256, (28, 28, channels), np.uint8)
    if not colorful:
        pixels[:, :, :3] = pixels[:, :, :1]
    if opaque:
        pixels[:, :, 3:] = 255
    file = file_of(Image.fromarray(pixels.squeeze()), "PNG")

    assert (plain_pixels(file) is not None) == (channels < 4 or opaque)
    assert_both_ways_agree(file)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [10, 75, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("restarts", [0, 1])
def test_small_jpegs_have_the_same_pixels(channels: int, quality: int, subsampling: int, restarts: int) -> None:
    image = picture(channels, 61, 47)
    file = file_of(
        image, "JPEG", quality=quality, subsampling=subsampling, restart_marker_blocks=restarts, comment="a remark"
    )

    assert plain_pixels(file) is not None
    assert_both_ways_agree(file)


def test_jpegs_with_anything_else_in_them_take_the_patient_way() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [
        file_of(picture(3), "JPEG", exif=exif),
        file_of(picture(3), "JPEG", progressive=True),
        file_of(picture(4).convert("CMYK"), "JPEG"),
        file_of(picture(1, 300, 30), "JPEG"),
    ]

    assert [plain_pixels(file) for file in files] == [None] * len(files)


def test_a_large_jpeg_with_a_small_ones_header_in_a_remark_is_not_taken_for_small() -> None:
    small = file_of(picture(), "JPEG")
    frame = small[small.index(b"\xff\xc0") :][:13]

    assert plain_pixels(file_of(picture(1, 600, 600), "JPEG", comment=frame)) is None


@settings(max_examples=400, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG"]),
    channels=st.sampled_from([1, 3]),
    damage=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damaged_files_fare_alike_on_both_ways(kind: str, channels: int, damage: list[tuple[int, int]]) -> None:
    data = bytearray(file_of(Image.new("RGB" if channels == 3 else "L", (40, 28), "gray"), kind))
    for place, value in damage:
        data[place % len(data)] = value

    assert_both_ways_agree(bytes(data))
