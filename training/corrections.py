"""What people said of images, as `GET /v1/reviews/export` gives it: read, and parted into what may be learned from.

Pictures go through the service's own decoding and normalization; MNIST's format already holds what the model saw.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import ImageError
from training.data import Digits
from training.network import LABELS
from worker.decode import decode
from worker.normalize import normalize

Gray = NDArray[np.uint8]

MAX_PIXELS = 100_000_000
#: One picture in so many is held back, to see what was gained.
HELD_BACK = 5
#: How the names of MNIST's two files end, and how the files begin (Y. LeCun, C. Cortes, C. J. C. Burges).
IMAGES, LABELS_OF_IMAGES = "images-idx3-ubyte", "labels-idx1-ubyte"
IMAGES_HEAD, LABELS_HEAD = struct.Struct(">IIII"), struct.Struct(">II")
IMAGES_MAGIC, LABELS_MAGIC = 0x00000803, 0x00000801


class Parted(NamedTuple):
    """Corrected pictures that are learned from, and those that are only judged by."""

    learned: Digits
    held_back: Digits


def read(exports: Iterable[Path]) -> Digits:
    """Every picture of some exports once, under MNIST's conditions, with what the last export says that it shows.

    Labels are numbers of LABELS, "none" among them. What cannot be decoded or is blank is left out. Raises
    ValueError for a file that is no export.
    """
    said = {picture.tobytes(): label for export in exports for picture, label in _pictures(export)}
    images = np.frombuffer(b"".join(said), np.uint8).reshape(-1, 28, 28)
    return Digits(images, np.array(list(said.values()), np.int64))


def parted(corrections: Digits) -> Parted:
    """Hold one picture in five back, by its hash: the same ones in every format and in every later course."""
    held_back = np.array([_is_held_back(image) for image in corrections.images], bool)
    return Parted(*(Digits(corrections.images[rows], corrections.labels[rows]) for rows in (~held_back, held_back)))


def _is_held_back(image: Gray) -> bool:
    return int.from_bytes(hashlib.sha256(image.tobytes()).digest()) % HELD_BACK == 0


def _pictures(export: Path) -> Iterator[tuple[Gray, int]]:
    """The pictures of an export with their labels, each under MNIST's conditions."""
    try:
        if not zipfile.is_zipfile(export):
            yield from _seen(_lines(export))
            return
        with zipfile.ZipFile(export) as archive:
            is_mnist = any(name.endswith(IMAGES) for name in archive.namelist())
            yield from _mnist(archive) if is_mnist else _seen(_folders(archive))
    except (ValueError, KeyError, TypeError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        raise ValueError(f"{export} is no export of corrections: {error}. GET /v1/reviews/export gives one.") from error


def _seen(labeled: Iterable[tuple[bytes, str]]) -> Iterator[tuple[Gray, int]]:
    for data, label in labeled:
        if label not in LABELS:
            raise ValueError(f'{label!r} is neither a digit nor "none"')
        with suppress(ImageError):
            picture = normalize(decode(data, max_pixels=MAX_PIXELS))
            if "blank" not in picture.flags:
                yield picture.pixels, LABELS.index(label)


def _folders(archive: zipfile.ZipFile) -> Iterator[tuple[bytes, str]]:
    for name in archive.namelist():
        if not name.endswith("/"):
            yield archive.read(name), PurePosixPath(name).parent.name


def _lines(export: Path) -> Iterator[tuple[bytes, str]]:
    with export.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield base64.b64decode(line["image"]), line["label"] or "none"


def _mnist(archive: zipfile.ZipFile) -> Iterator[tuple[Gray, int]]:
    images, labels = _only(archive, IMAGES), _only(archive, LABELS_OF_IMAGES)
    magic, count, height, width = IMAGES_HEAD.unpack_from(images)
    if (magic, height, width, LABELS_HEAD.unpack_from(labels)) != (IMAGES_MAGIC, 28, 28, (LABELS_MAGIC, count)):
        raise ValueError("its two files do not belong together, or are not of 28 x 28 pixels")
    pictures = np.frombuffer(images, np.uint8, offset=IMAGES_HEAD.size).reshape(count, 28, 28)
    yield from zip(pictures, labels[LABELS_HEAD.size :], strict=True)


def _only(archive: zipfile.ZipFile, end: str) -> bytes:
    found = [name for name in archive.namelist() if name.endswith(end)]
    if len(found) != 1:
        raise ValueError(f"it has {len(found)} files *{end} where it should have one")
    return archive.read(found[0])
