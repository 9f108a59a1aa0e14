"""Contact sheets: many small pictures on one page, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def contact_sheet(pictures: Sequence[Gray], captions: Sequence[str], path: Path, columns: int = 16) -> None:
    """Write 28 x 28 pictures, doubled, each over its caption of a few characters, as one PNG."""
    cells = [_cell(picture, caption) for picture, caption in zip(pictures, captions, strict=True)]
    if not cells:
        cells = [_cell(np.zeros((28, 28), np.uint8), "none")]
    blank = np.zeros_like(cells[0])
    rows = [cells[at : at + columns] for at in range(0, len(cells), columns)]
    page = np.vstack([np.hstack(row + [blank] * (min(columns, len(cells)) - len(row))) for row in rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), page)


def _cell(picture: Gray, caption: str) -> Gray:
    cell = np.full((72, 60), 40, np.uint8)
    cell[2:58, 2:58] = cv2.resize(picture, (56, 56), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.putText(cell, caption, (3, 69), cv2.FONT_HERSHEY_PLAIN, 0.8, 255, 1), dtype=np.uint8)
