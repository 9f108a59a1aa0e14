"""Corrections as a training set: a folder for each digit, MNIST's own format, or lines of JSON."""

from __future__ import annotations

import base64
import json
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from typing import IO

import structlog
from anyio import from_thread

from api.media import SUFFIXES, media_type
from api.views import BATCH, SIDE, Views
from shared.errors import Missing
from shared.pictures import items_left
from shared.ports import Parts
from shared.reviewing import NOT_A_DIGIT, Correction, Place, ReviewBook

#: The beginnings of MNIST's files: bytes in three dimensions, bytes in one (Y. LeCun, C. Cortes, C. J. C. Burges).
IMAGES_MAGIC, LABELS_MAGIC = 0x00000803, 0x00000801
PIECE = 2**20

log = structlog.get_logger(__name__)

Batch = tuple[str, dict[int, Correction]]


def batches(reviews: ReviewBook) -> Iterator[Batch]:
    """Every correction: a job's id and some of its corrections by their index, at most BATCH at a time."""
    after: Place | None = None
    while page := reviews.corrected(after=after, limit=BATCH):
        for job_id, said in groupby(page, key=lambda each: each[0].job_id):
            yield job_id, {place.index: correction for place, correction in said}
        after = page[-1][0]


def images(parts: Parts, found: Iterator[Batch]) -> Iterator[tuple[Place, Correction, bytes]]:
    """Every corrected image as it was sent; what is lost, or of a job that is being deleted, is left out."""
    for job_id, said in found:
        try:
            for item in items_left(parts, job_id, said):
                if not item.upload.error:
                    yield Place(job_id, item.index), said[item.index], item.upload.data
        except Missing as error:
            log.warning("job_left_out", job=job_id, reason=error.message)


def write_folders(file: IO[bytes], parts: Parts, reviews: ReviewBook) -> None:
    """Write a ZIP with a folder for each digit and one called "none"; the images are as they were sent."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for place, correction, data in images(parts, batches(reviews)):
            name = f"{place.job_id}_{place.index:08d}{SUFFIXES.get(media_type(data), '')}"
            archive.writestr(str(PurePosixPath(correction.label, name)), data)


def write_mnist(file: IO[bytes], views: Views, reviews: ReviewBook) -> None:
    """Write a ZIP of MNIST's two files: digits as the model saw them, and their labels.

    To be called in a thread of the event loop. Raises BrokerUnavailable, NoAnswerInTime.
    """
    labels = bytearray()
    with tempfile.TemporaryFile() as pixels, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for job_id, said in batches(reviews):
            digits = {index: each.label for index, each in said.items() if each.label != NOT_A_DIGIT}
            for index, view in from_thread.run(views.ask, job_id, list(digits)).items():
                pixels.write(view)
                labels.append(int(digits[index]))
        with archive.open("corrections-images-idx3-ubyte", "w") as images_file:
            images_file.write(struct.pack(">IIII", IMAGES_MAGIC, len(labels), SIDE, SIDE))
            for piece in pieces(pixels):
                images_file.write(piece)
        header = struct.pack(">II", LABELS_MAGIC, len(labels))
        archive.writestr("corrections-labels-idx1-ubyte", header + bytes(labels))


def lines(parts: Parts, reviews: ReviewBook) -> Iterator[bytes]:
    """A line of JSON for each corrected image, with its bytes in base64."""
    for place, correction, data in images(parts, batches(reviews)):
        line = {
            "job_id": place.job_id,
            "index": place.index,
            "label": None if correction.label == NOT_A_DIGIT else correction.label,
            "reviewer": correction.reviewer,
            "reviewed_at": correction.reviewed_at.isoformat(),
            "image": base64.b64encode(data).decode(),
        }
        yield json.dumps(line).encode() + b"\n"


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, a piece at a time."""
    file.seek(0)
    yield from iter(lambda: file.read(PIECE), b"")
