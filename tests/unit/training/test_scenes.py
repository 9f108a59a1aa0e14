"""Every scene is a file that is decoded, and in which a clear digit is found more often than not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training import scenes
from worker.decode import decode
from worker.normalize import normalize


@pytest.mark.parametrize("kind", sorted(scenes.KINDS))
def test_a_clear_digit_is_found_in_most_pictures_of_a_scene(kind: str) -> None:
    drawn = cv2.polylines(np.zeros((28, 28), np.uint8), [np.array([[7, 5], [20, 5], [13, 23]])], False, 255, 2)
    seven = normalize(np.asarray(cv2.GaussianBlur(drawn, (3, 3), 0), dtype=np.uint8)).pixels

    files = [scenes.KINDS[kind](seven, np.random.default_rng(seed)) for seed in range(9)]
    found = [normalize(decode(file, max_pixels=10**6)) for file in files]

    assert not any("blank" in each.flags for each in found)
    assert np.median([np.corrcoef(each.pixels.ravel(), seven.ravel())[0, 1] for each in found]) > 0.65
