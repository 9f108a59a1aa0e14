"""Normalized pixels take the shape and the values that a network wants."""

from __future__ import annotations

import numpy as np
import pytest

from shared.errors import ModelBroken
from shared.manifest import Input
from worker.pixels import feed, geometry

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)


@pytest.mark.parametrize(
    "shape", [(784,), (28, 28), (28, 28, 1), (28, 28, 3), (1, 28, 28), (3, 28, 28), (32, 32, 1), (64, 48, 3), (400,)]
)
def test_every_usual_input_of_a_digit_classifier_is_fed(shape: tuple[int, ...]) -> None:
    batch = feed(PIXELS, Input(shape))

    assert batch.shape == (5, *shape)
    assert batch.dtype == np.float32
    assert batch.flags.c_contiguous
    assert 0 <= batch.min() < batch.max() <= 1


def test_the_pixels_keep_their_places() -> None:
    for shape in [(784,), (28, 28), (28, 28, 1), (1, 28, 28)]:
        assert np.allclose(feed(PIXELS, Input(shape)).reshape(5, 28, 28) * 255, PIXELS, atol=1e-4)


@pytest.mark.parametrize("shape", [(32, 32, 1), (33, 36), (28, 28)])
def test_a_larger_input_may_be_framed_in_black(shape: tuple[int, ...]) -> None:
    framed = feed(PIXELS, Input(shape, (0, 255), padded=True)).reshape(5, *shape[:2])

    top, left = (shape[0] - 28) // 2, (shape[1] - 28) // 2
    assert np.allclose(framed[:, top : top + 28, left : left + 28], PIXELS, atol=1e-3)
    assert framed.sum() == pytest.approx(PIXELS.sum(), rel=1e-5)


def test_what_has_no_room_for_a_frame_is_resized() -> None:
    assert np.array_equal(feed(PIXELS, Input((20, 28), padded=True)), feed(PIXELS, Input((20, 28))))


def test_every_channel_is_the_same_picture() -> None:
    last, first = feed(PIXELS, Input((28, 28, 3))), feed(PIXELS, Input((3, 28, 28)))

    for channel in range(3):
        assert np.allclose(last[..., channel] * 255, PIXELS, atol=1e-4)
        assert np.allclose(first[:, channel] * 255, PIXELS, atol=1e-4)


@pytest.mark.parametrize("values", [(0, 1), (0, 255), (-1, 1), (1, 0)])
def test_black_and_white_have_the_values_that_the_network_was_trained_with(values: tuple[float, float]) -> None:
    black_and_white = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])

    batch = feed(black_and_white, Input((28, 28, 1), values))

    assert np.allclose([batch[0].mean(), batch[1].mean()], values, atol=1e-4)


@pytest.mark.parametrize("shape", [(783,), (28, 28, 4), (2, 28, 28), (1, 28, 28, 1), ()])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelBroken, match="is no image"):
        geometry(shape)
