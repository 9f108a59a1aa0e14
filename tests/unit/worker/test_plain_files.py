"""Plain files take a quicker way to the same pixels; whatever else a file may be takes the patient one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from shared.errors import ImageError
from worker.decode import decode
from worker.plain_files import plain_pixels

NOISE = np.random.default_rng(2)


def picture(channels: int = 1, height: int = 28, width: int = 40) -> Image.Image:
    return Image.fromarray(NOISE.integers(0, 256, (height, width, channels), np.uint8).squeeze())


def idle_chunks() -> PngImagePlugin.PngInfo:
    """What paint programs put into a PNG beside its pixels."""
    info = PngImagePlugin.PngInfo()
    for kind, content in {
        b"sRGB": b"\0",
        b"gAMA": (45455).to_bytes(4),
        b"cHRM": b"".join(value.to_bytes(4) for value in (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        b"tIME": b"\7\xea\1\2\3\4\5",
    }.items():
        info.add(kind, content)
    return info


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


@pytest.mark.parametrize("colors", [2, 3, 13, 256])
def test_small_pngs_with_a_palette_have_the_same_pixels(colors: int) -> None:
    file = file_of(picture(3).quantize(colors), "PNG")

    assert plain_pixels(file) is not None
    assert_both_ways_agree(file)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_what_else_paint_programs_put_into_pngs_changes_nothing(mode: str) -> None:
    file = file_of(picture(3).convert(mode), "PNG", pnginfo=idle_chunks(), dpi=(96, 96))

    assert plain_pixels(file) is not None
    assert_both_ways_agree(file)


def test_long_files_are_not_searched() -> None:
    file = file_of(picture(), "PNG", pnginfo=idle_chunks())
    first = file.index(b"sRGB") - 4
    many = file[:first] + 30_000 * file[first : first + 13] + file[first:]

    assert plain_pixels(file) is not None
    assert plain_pixels(many) is None
    assert_both_ways_agree(many)


def test_pngs_with_anything_else_in_them_take_the_patient_way() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = file_of(picture(), "PNG")
    files = [
        file_of(picture(3), "PNG", exif=exif),
        file_of(picture(3).quantize(5), "PNG", transparency=0),
        file_of(picture(), "PNG", transparency=0),
        file_of(picture(1, 300, 30), "PNG"),
        file_of(picture(), "PNG", save_all=True, append_images=[picture()]),
        plain + b"more",
        plain[:-12],
        plain[:-5],
    ]

    assert [plain_pixels(file) for file in files] == [None] * len(files)
    for file in files:
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


@settings(max_examples=600, deadline=None)
@given(
    file=st.sampled_from(
        [
            file_of(Image.new("L", (40, 28), "gray"), "PNG"),
            file_of(Image.new("RGB", (40, 28), "gray"), "PNG", pnginfo=idle_chunks(), dpi=(96, 96)),
            file_of(Image.new("RGB", (40, 28), "gray").quantize(3), "PNG"),
            file_of(Image.new("L", (40, 28), "gray"), "JPEG"),
            file_of(Image.new("RGB", (40, 28), "gray"), "JPEG"),
        ]
    ),
    damage=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damaged_files_fare_alike_on_both_ways(file: bytes, damage: list[tuple[int, int]]) -> None:
    data = bytearray(file)
    for place, value in damage:
        data[place % len(data)] = value

    assert_both_ways_agree(bytes(data))
