"""Lines of JSON come in pieces of any size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.bodies import Body
from shared.errors import TooLarge
from shared.settings import Settings

#: A line, one after an empty one, and one without an end.
LINES = b'{"image": "MQ=="}\n\n{"image": "Mg=="}\n{"image": "Mw=="}'


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def images(body: bytes, size: int, **limits: int) -> list[bytes]:
    """The images of NDJSON that comes in pieces of a size."""
    ndjson = Body("application/x-ndjson", pieces(body, size), Settings(**limits))  # type: ignore[arg-type]
    return [upload.data for upload in ndjson.uploads()]


@pytest.mark.parametrize("size", [1, 2, 18, 19, 20, 1000])
def test_lines_are_the_same_in_pieces_of_any_size(size: int) -> None:
    assert images(LINES, size) == [b"1", b"2", b"3"]
    assert images(LINES + b"\n", size) == [b"1", b"2", b"3"]


def test_a_line_that_does_not_end_is_too_long_at_some_point() -> None:
    assert images(LINES, 5, max_json_bytes=20) == [b"1", b"2", b"3"]
    with pytest.raises(TooLarge, match="A line may have 16 bytes"):
        images(LINES, 5, max_json_bytes=16)
