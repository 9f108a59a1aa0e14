"""The PNG that shows what the model saw is one that an imaging library reads."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.png import gray_png


@given(
    st.integers(1, 40).flatmap(lambda width: st.tuples(st.just(width), st.binary(min_size=width, max_size=width * 7)))
)
def test_pixels_come_back_as_they_were(case: tuple[int, bytes]) -> None:
    width, data = case
    pixels = data[: len(data) // width * width]
    image = Image.open(io.BytesIO(gray_png(pixels, width)))
    assert (image.mode, image.width) == ("L", width)
    assert np.asarray(image).tobytes() == pixels
