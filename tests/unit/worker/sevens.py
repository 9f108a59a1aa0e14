"""A seven that is easily drawn, and how alike two pictures are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def seven(side: int, pen: int, size: float = 0.6) -> Gray:
    """A light seven on black in the middle of a square frame."""
    low, high = round(side * (1 - size) / 2), round(side * (1 + size) / 2)
    corners = np.array([[low, low], [high, low], [(low + high) // 2, high]])
    return np.asarray(cv2.polylines(np.zeros((side, side), np.uint8), [corners], False, 255, pen), dtype=np.uint8)


def likeness(one: Gray, other: Gray) -> float:
    """The correlation of their pixels; 0 if nothing is on one of them."""
    if not (np.ptp(one) and np.ptp(other)):
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
