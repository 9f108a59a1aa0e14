"""What to do with a reading: decided from its scores and flags alone."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain import Decision
from shared.manifest import Thresholds

#: Flags for which a person looks at a reading, however confident: the model hardly knows such pictures.
GRAVE = frozenset({"second_character", "solid"})
#: Flags of the normalization that explain a doubtful reading, and how the reason is called, the gravest first.
REASONS = {
    "second_character": "several_digits",
    "solid": "solid",
    "touches_border": "touches_border",
    "too_small": "too_small",
    "low_contrast": "low_contrast",
    "several_components": "several_digits",
    "cluttered": "cluttered",
}


def decide(
    confidence: float, not_a_digit: float, flags: Sequence[str], thresholds: Thresholds
) -> tuple[Decision, tuple[str, ...]]:
    """Whether to accept a reading, and if not, why; the reason that settles it comes first.

    `confidence` and `not_a_digit` are probabilities. A flag that isn't grave doesn't keep a confident reading from
    being accepted: a five with a loose bar has several components and is a five all the same.
    """
    if "blank" in flags:
        return Decision.REJECT, ("blank",)
    if not_a_digit >= thresholds.reject:
        return Decision.REJECT, ("not_a_digit", *_explanations(flags))
    confident = confidence >= thresholds.review
    if confident and GRAVE.isdisjoint(flags):
        return Decision.ACCEPT, ()
    return Decision.NEEDS_REVIEW, (*(() if confident else ("low_confidence",)), *_explanations(flags))


def _explanations(flags: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(reason for flag, reason in REASONS.items() if flag in flags))
