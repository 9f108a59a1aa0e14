"""What reviewing by a person needs: its values and its book; standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """One result in short; an image that failed has no digit, no confidence and no decision."""

    index: int
    prediction: str | None
    confidence: float | None
    decision: str | None


class ReviewBook(Protocol):
    """What a person looks at and corrects. Every method is one transaction."""

    def outline(self, job_id: str, *, after: int, limit: int) -> list[OutlineRow]:
        """Results in short, in the order of their index, from index `after` + 1 on."""
