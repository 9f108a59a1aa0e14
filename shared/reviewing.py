"""What reviewing by a person needs: its values and its book; standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain import Result

#: What a person says of an image that shows no digit.
NOT_A_DIGIT = "none"


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """One result in short; an image that failed has no digit, no confidence and no decision.

    `corrected` is a digit or NOT_A_DIGIT, or None if nobody has looked at it.
    """

    index: int
    prediction: str | None
    confidence: float | None
    decision: str | None
    corrected: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """The last word of a person on an image: a digit or NOT_A_DIGIT, which may be the model's own."""

    label: str
    reviewer: str
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is."""

    job_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody said of an image: what was taken for true before and after; None where nothing could be read."""

    id: int
    place: Place
    before: str | None
    after: str | None
    reviewer: str
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A doubtful result that nobody has looked at."""

    job_id: str
    result: Result


class ReviewBook(Protocol):
    """What a person looks at and corrects. Every method is one transaction."""

    def outline(self, job_id: str, *, after: int, limit: int) -> list[OutlineRow]:
        """Results in short, in the order of their index, from index `after` + 1 on."""

    def corrections(self, job_id: str, first: int, last: int) -> Mapping[int, Correction]:
        """The corrections of the images from `first` to `last`, by their index."""

    def correct(self, place: Place, correction: Correction) -> None:
        """Note what a person says. Raises NoSuchItem, NoSuchJob if there is no result to say it of."""

    def withdraw(self, place: Place, reviewer: str, now: datetime) -> None:
        """Let the model's answer stand again. Raises NoSuchItem, NoSuchJob if there is no result."""

    def pending(self, *, after: Place | None, limit: int) -> list[Pending]:
        """Doubtful results that nobody has looked at, the oldest job first."""

    def count_pending(self) -> int:
        """How many there are of those."""

    def history(self, *, before: int | None, limit: int) -> list[Review]:
        """What has been said, the latest first; of those older than the review `before`."""

    def corrected(self, *, after: Place | None, limit: int) -> list[tuple[Place, Correction]]:
        """Every image that a person has looked at, by job and index."""
