"""A second course on what people corrected: from an export of corrections to a new model folder.

    python -m training.relearn corrections.zip more.ndjson --version 1.2.0

It starts from the weights of the model that is served by default. One corrected picture in five is held back: a report
says how those and MNIST's validation images were read before and after, and a network that reads them worse is not
published. Stopped, it goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCatalog, ModelEntry
from shared.errors import DigitqError
from training import corrections, shards
from training.corrections import Parted
from training.data import Digits, training_digits
from training.evaluate import MODELS, NAME, Judge, load
from training.join import join
from training.measure import Labels, Scores, best_digit
from training.network import NONE, columns_of
from training.origins import how_made
from training.publish import new_folder, publish
from training.report import percent, table
from training.train import Course, train, write_recipe

RUNS = Path("build/training/corrections")
#: The share of MNIST's validation images that a course may cost.
TOLERATED = 0.002


@dataclass(frozen=True, slots=True)
class Change:
    """A set of pictures, and which of them (n,) were read right before and after the course."""

    name: str
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]

    @property
    def gain(self) -> float:
        """The share of the pictures that is read right now and was not."""
        return float(self.after.mean() - self.before.mean())


def relearn(exports: Sequence[Path], version: str, course: Course) -> Path:
    """The folder of the new model, its report in it.

    Raises ValueError if the version is none or is taken, if there is nothing to learn, or if the network reads worse
    afterwards.
    """
    new_folder(NAME, version)
    found = corrections.parted(corrections.read(exports))
    if not len(found.learned.labels):
        raise ValueError("There is nothing to learn in these exports; correct more images first.")
    served = _served()
    run = RUNS / _name(found, served, course)
    shards.prepare(shards.Stock(run / "shards", course.epochs, course.seed, found.learned, shards.SIZE))
    amounts = {"learned": len(found.learned.labels), "held_back": len(found.held_back.labels)}
    write_recipe(run, course, served.file, corrections=amounts, shards=how_made(run / "shards"))
    before = load(served.file.parent)
    changes = compare(before, replace(before, model=_taught(before.model, run, course)), found.held_back)
    report = run / "corrections.md"
    report.write_text(page(served, found, changes))
    if not is_no_loss(changes):
        raise ValueError(f"The network reads worse than before and is not published; {report} tells more.")
    return Path(shutil.copy(report, publish(run, NAME, version))).parent


def _served() -> ModelEntry:
    catalog = ModelCatalog(MODELS, NAME)
    return catalog.entry(catalog.resolve(NAME))


def _name(found: Parted, served: ModelEntry, course: Course) -> str:
    """One run for one set of corrections and one course: with more of them, or at another rate, another one begins."""
    digest = hashlib.sha256(found.learned.images.tobytes() + found.learned.labels.tobytes() + repr(course).encode())
    return f"{served.ref.version}-{digest.hexdigest()[:8]}"


def _taught(published: keras.Model, run: Path, course: Course) -> keras.Model:
    """The published network after each of its columns has gone through a course."""
    columns = []
    for number, column in enumerate(columns_of(published), 1):
        part = run / f"column{number}"
        part.mkdir(exist_ok=True)
        columns.append(train(run / "shards", part, course, column))
    return join(columns, run)


def compare(before: Judge, after: Judge, held_back: Digits) -> list[Change]:
    """How two networks read what neither has learned from."""
    digits, validation = held_back.labels != NONE, training_digits().validation
    sets = {
        "corrected to a digit, held back": Digits(held_back.images[digits], held_back.labels[digits]),
        "corrected to no digit, held back": Digits(held_back.images[~digits], held_back.labels[~digits]),
        "MNIST validation": validation,
    }
    return [
        Change(name, *(is_right(judge.scores(images), labels) for judge in (before, after)))
        for name, (images, labels) in sets.items()
        if len(labels)
    ]


def is_right(scores: Scores, labels: Labels) -> NDArray[np.bool_]:
    """Whether the best digit is the label, or "none" the likeliest of all where it is."""
    return np.asarray(np.where(labels == NONE, scores.argmax(1) == NONE, best_digit(scores)[0] == labels))


def is_no_loss(changes: Sequence[Change]) -> bool:
    """Whether the corrections held back are read no worse than before, and MNIST hardly worse."""
    *held_back, mnist = changes
    return mnist.gain >= -TOLERATED and sum(change.gain * len(change.before) for change in held_back) >= 0


def page(served: ModelEntry, found: Parted, changes: Sequence[Change]) -> str:
    """The report on before and after."""
    rows = [
        (
            change.name,
            str(len(change.before)),
            percent(float(change.before.mean())),
            percent(float(change.after.mean())),
            str(int((change.after & ~change.before).sum())),
            str(int((change.before & ~change.after).sum())),
        )
        for change in changes
    ]
    head = ("set", "pictures", "right before", "right after", "mended", "spoiled")
    return PAGE.format(before=served.ref, learned=len(found.learned.labels), changes=table(head, rows))


PAGE = """# What the corrections have changed

Written by `make train CORRECTIONS=...`. The network of {before} went on learning, with {learned} corrected pictures
among what it had learned from. It has not learned from any picture counted here.

{changes}
"Right" is the best digit, or "none" as the likeliest of all eleven where there is no digit.
"""


def next_version() -> str:
    """The newest version, its last number raised."""
    newest = ModelCatalog(MODELS, NAME).newest(NAME).ref.version
    return re.sub(r"\d+(?=\D*$)", lambda last: str(int(last[0]) + 1), newest)


def main() -> None:
    """Read the command line, learn, and say where the new model is."""
    parser = argparse.ArgumentParser(description="Go on training with what people corrected.")
    parser.add_argument("exports", type=Path, nargs="+", help="files that GET /v1/reviews/export gave, in any format")
    parser.add_argument("--version", help="of the new model; by default the newest one's, its last number raised")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--rate", type=float, default=5e-4)
    options = parser.parse_args()
    try:
        course = Course(options.epochs, options.seed, options.rate)
        print(relearn(options.exports, options.version or next_version(), course))
    except (OSError, ValueError, DigitqError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
