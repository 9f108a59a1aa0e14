"""Whatever people upload becomes a gray picture or a plain sentence."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.errors import ImageError, ImageTooLarge, ImageTruncated, NotAnImage, UnsupportedFormat
from worker.decode import decode

PLENTY = 10_000_000


def picture(mode: str = "L", size: tuple[int, int] = (40, 30)) -> Image.Image:
    """A dark bar on the left third of light paper."""
    paper = Image.new("L", size, 230)
    paper.paste(20, (0, 0, size[0] // 3, size[1]))
    return paper.convert(mode)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def assert_is_the_picture(gray: np.ndarray) -> None:
    assert gray.dtype == np.uint8
    assert gray.shape == (30, 40)
    assert gray[:, :10].mean() < 60
    assert gray[:, 18:].mean() > 190


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"),
        ("L", "JPEG"), ("RGB", "JPEG"), ("CMYK", "JPEG"), ("L", "BMP"), ("RGB", "BMP"), ("P", "GIF"),
        ("L", "TIFF"), ("CMYK", "TIFF"), ("F", "TIFF"), ("RGB", "WEBP"), ("L", "PPM"), ("RGB", "PPM"),
    ],
)  # fmt: skip
def test_every_format_and_mode_gives_the_same_picture(mode: str, kind: str) -> None:
    assert_is_the_picture(decode(file_of(picture(mode), kind), max_pixels=PLENTY))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("full", [255, 4095, 65535])
def test_deep_values_are_scaled_from_the_range_they_use(kind: str, full: int) -> None:
    deep = (np.asarray(picture()).astype(np.uint32) * full // 255).astype(np.uint16)

    assert_is_the_picture(decode(file_of(Image.fromarray(deep), kind), max_pixels=PLENTY))


def test_floats_of_any_range_are_understood() -> None:
    centered = np.asarray(picture()).astype(np.float32) / 100 - 1.3
    centered[0, 0] = np.nan

    assert_is_the_picture(decode(file_of(Image.fromarray(centered), "TIFF"), max_pixels=PLENTY))


def test_a_small_gray_png_is_read_exactly() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)

    assert (decode(file_of(Image.fromarray(pixels)), max_pixels=PLENTY) == pixels).all()


def test_transparency_is_laid_over_white() -> None:
    image = Image.new("RGBA", (40, 30), (255, 255, 255, 0))
    image.paste((10, 10, 10, 255), (0, 0, 13, 30))

    assert_is_the_picture(decode(file_of(image), max_pixels=PLENTY))


def test_white_ink_on_nothing_is_laid_over_black() -> None:
    image = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (0, 0, 13, 30))

    gray = decode(file_of(image), max_pixels=PLENTY)

    assert gray[:, :10].min() == 255
    assert gray[:, 18:].max() == 0


def test_a_color_as_light_as_its_paper_is_seen() -> None:
    image = Image.new("RGB", (40, 30), (0, 118, 0))
    image.paste((230, 0, 0), (0, 0, 13, 30))

    gray = decode(file_of(image), max_pixels=PLENTY)

    assert abs(int(gray[5, 5]) - int(gray[5, 30])) > 100


def test_a_highlighter_is_paler_than_what_it_marks() -> None:
    image = Image.new("RGB", (40, 30), "white")
    image.paste((250, 255, 90), (0, 0, 40, 15))
    image.paste((25, 25, 30), (0, 0, 13, 30))

    gray = decode(file_of(image), max_pixels=PLENTY)

    assert gray[:, :10].max() < 40
    assert gray[:, 18:].min() > 220


def test_the_orientation_of_a_photo_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    turned = decode(file_of(picture("RGB").rotate(90, expand=True), "JPEG", exif=exif), max_pixels=PLENTY)

    assert_is_the_picture(turned)


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [picture("P"), Image.new("P", (40, 30), 0)]

    assert_is_the_picture(decode(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]), max_pixels=PLENTY))


def test_a_large_photo_is_reduced_while_it_is_decoded() -> None:
    photo = file_of(picture("RGB", (4000, 3000)), "JPEG")
    tracemalloc.start()

    gray = decode(photo, max_pixels=12_000_000)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 500 <= min(gray.shape) < 1024
    assert peak < 6_000_000, "at full size it would be 36 MB"


def test_an_image_over_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(ImageTooLarge, match="40 x 30"):
        decode(file_of(picture()), max_pixels=1000)


def test_a_bomb_is_refused_before_its_pixels_are_touched() -> None:
    header = struct.pack(">II5B", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10_000))), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]

    with pytest.raises(ImageTooLarge):
        decode(b"\x89PNG\r\n\x1a\n" + b"".join(packed), max_pixels=PLENTY)


def test_a_gif_is_given_no_memory_before_its_size_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = b"GIF89a" + struct.pack("<2H3B", 65_535, 65_535, 0, 0, 0)
    restored_to_background = b"!\xf9\4\x08\0\0\0\0"
    frame = b"," + struct.pack("<4H2B", 0, 0, 65_535, 65_535, 0, 2)

    def forbidden(*_: object) -> None:
        pytest.fail("four gigabytes")

    monkeypatch.setattr(Image.core, "fill", forbidden)

    with pytest.raises(ImageTooLarge):
        decode(screen + restored_to_background + frame + b"\0;", max_pixels=PLENTY)


@pytest.mark.parametrize("of_pillow", [500, 1000])
def test_no_limit_counts_but_ours(of_pillow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its limit Pillow warns, beyond twice as much it refuses."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", of_pillow)

    assert_is_the_picture(decode(file_of(picture("RGBA")), max_pixels=40 * 30))


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04zip", b"\0" * 100])
def test_what_is_no_image_is_called_so(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        decode(data, max_pixels=PLENTY)


@pytest.mark.parametrize("data", [b"\0\0\0\x18ftypheic....", b"%PDF-1.7", b"<svg xmlns=''/>", b"8BPS\0\x01"])
def test_images_of_other_formats_are_named_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        decode(data, max_pixels=PLENTY)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_half_a_file_is_called_truncated(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 256, (60, 60), np.uint8))
    whole = file_of(noise, kind)

    with pytest.raises(ImageTruncated):
        decode(whole[: len(whole) // 2], max_pixels=PLENTY)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"]),
    damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damage_anywhere_gives_a_picture_or_an_image_error(kind: str, damage: list[tuple[int, int]]) -> None:
    data = bytearray(file_of(picture(), kind))
    for place, value in damage:
        data[place % len(data)] = value

    with contextlib.suppress(ImageError):
        gray = decode(bytes(data), max_pixels=100_000)
        assert (gray.ndim, gray.dtype) == (2, np.uint8)


def test_an_image_is_not_blamed_for_the_end_of_its_chunks_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(Image, "open", interrupted)
    with pytest.raises(SoftTimeLimitExceeded):
        decode(b"any", max_pixels=100)
