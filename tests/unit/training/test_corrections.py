"""Corrections come back in all three formats alike, and what judges a network is never learned from."""

from __future__ import annotations

import base64
import json
import struct
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from training import corrections, shards
from training.data import Digits
from worker.normalize import normalize

#: Label of the picture -> what stands for it in lines and folders.
SAID = {0: "7", 1: "1", 2: "none"}


def picture(number: int) -> corrections.Gray:
    """A dark bar on paper, of a length and a slant of its own."""
    paper = np.full((60, 60), 250, np.uint8)
    cv2.line(paper, (20 + number, 8), (30, 40 + number), 20, 4)
    return paper


def png(number: int) -> bytes:
    return cv2.imencode(".png", picture(number))[1].tobytes()


def as_folders(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return path


def as_lines(path: Path) -> Path:
    lines = [
        {"label": None if label == "none" else label, "image": base64.b64encode(png(number)).decode()}
        for number, label in SAID.items()
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def as_mnist(path: Path, labels: bytes = b"\7\1") -> Path:
    pixels = b"".join(normalize(picture(number)).pixels.tobytes() for number in (0, 1))
    files = {
        "corrections-images-idx3-ubyte": struct.pack(">IIII", 0x803, 2, 28, 28) + pixels,
        "corrections-labels-idx1-ubyte": struct.pack(">II", 0x801, len(labels)) + labels,
    }
    return as_folders(path, files)


def test_all_formats_hold_the_same_pictures(tmp_path: Path) -> None:
    names = {f"{label}/job_1_{number}.png": png(number) for number, label in SAID.items()}
    folders = corrections.read([as_folders(tmp_path / "folders.zip", names)])
    lines = corrections.read([as_lines(tmp_path / "lines.ndjson")])
    mnist = corrections.read([as_mnist(tmp_path / "idx.zip")])

    assert folders.labels.tolist() == lines.labels.tolist() == [7, 1, 10]
    assert mnist.labels.tolist() == [7, 1]
    assert (folders.images == lines.images).all()
    assert (folders.images[:2] == mnist.images).all()


def test_a_picture_that_comes_again_counts_once_and_the_last_word_counts(tmp_path: Path) -> None:
    first = as_folders(tmp_path / "first.zip", {"7/a.png": png(0), "1/b.png": png(1)})
    later = as_folders(tmp_path / "later.zip", {"4/a.png": png(0)})

    assert corrections.read([first, later]).labels.tolist() == [4, 1]


def test_what_shows_nothing_is_left_out(tmp_path: Path) -> None:
    blank = cv2.imencode(".png", np.full((40, 40), 255, np.uint8))[1].tobytes()
    names = {"3/blank.png": blank, "4/text": b"no image", "1/b.png": png(1), "5/": b""}

    assert corrections.read([as_folders(tmp_path / "export.zip", names)]).labels.tolist() == [1]


@pytest.mark.parametrize("name", ["ten/a.png", "a.png"])
def test_a_folder_that_is_no_label_is_refused_by_name(tmp_path: Path, name: str) -> None:
    export = as_folders(tmp_path / "export.zip", {name: png(0)})

    with pytest.raises(ValueError, match=r"export.zip is no export.*neither a digit nor"):
        corrections.read([export])


def test_files_that_are_no_export_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no export")
    (tmp_path / "list.json").write_text("[]\n")

    for export in (tmp_path / "notes.txt", tmp_path / "list.json", as_mnist(tmp_path / "short.zip", labels=b"\7")):
        with pytest.raises(ValueError, match="is no export of corrections"):
            corrections.read([export])


def test_an_archive_with_a_damaged_entry_is_refused(tmp_path: Path) -> None:
    export = as_folders(tmp_path / "export.zip", {"3/a.png": png(0)})
    data = bytearray(export.read_bytes())
    data[data.index(b"IDAT") + 8] ^= 0xFF
    export.write_bytes(data)

    with pytest.raises(ValueError, match=r"is no export of corrections: .*3/a\.png"):
        corrections.read([export])


def test_one_in_five_is_held_back_and_always_the_same_ones() -> None:
    images = np.random.default_rng(1).integers(0, 256, (1000, 28, 28), np.uint8)
    digits = Digits(images, np.arange(1000) % 11)

    parted = corrections.parted(digits)
    again = corrections.parted(Digits(images[::-1], digits.labels[::-1]))

    assert 150 < len(parted.held_back.labels) < 250
    assert len(parted.learned.labels) + len(parted.held_back.labels) == 1000
    assert {each.tobytes() for each in parted.held_back.images} == {each.tobytes() for each in again.held_back.images}


@pytest.mark.parametrize(("count", "share"), [(10, 0.01), (5000, shards.MOST_CORRECTED)])
def test_corrections_get_a_share_that_grows_with_them_up_to_a_bound(count: int, share: float) -> None:
    digits = Digits(np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.int64))

    recipe = shards.with_corrections(digits, 50_000)

    assert recipe[-1][1] == pytest.approx(share)
    assert sum(part for _, part in recipe) == pytest.approx(1)
