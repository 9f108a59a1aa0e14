"""Every model must read a few digits that are known before it reads any that are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from shared.domain import Digit, ReadOptions
from shared.errors import ModelBroken
from shared.ports import Recognizer

#: One image for each digit, named after it; from MNIST's training set.
FOLDER = Path(__file__).with_name("known_digits")
#: A model that somebody dropped in may be weak, but not blind.
ENOUGH_FOR_FOREIGN = 7


@cache
def known_digits() -> tuple[tuple[str, bytes], ...]:
    """The label and the PNG of one image for each digit."""
    return tuple((file.stem, file.read_bytes()) for file in sorted(FOLDER.glob("*.png")))


def self_test(recognizer: Recognizer, *, published: bool) -> None:
    """Raise ModelBroken unless the model reads the known digits: all of them, or most if it was only dropped in."""
    known, right = len(known_digits()), known_right(recognizer)
    if right < (known if published else ENOUGH_FOR_FOREIGN):
        hint = "" if published else ", or tell in a manifest which output is which digit"
        raise ModelBroken(f"The model {recognizer.ref} reads {right} of {known} known digits; use another one{hint}.")


def known_right(recognizer: Recognizer) -> int:
    """How many of the known digits the model reads."""
    known = known_digits()
    readings = recognizer.read([data for _, data in known], ReadOptions())
    return sum(
        isinstance(reading, Digit) and reading.label == label
        for reading, (label, _) in zip(readings, known, strict=True)
    )
