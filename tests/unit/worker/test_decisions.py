"""What becomes of a reading follows from its scores, its flags and the thresholds alone."""

from __future__ import annotations

import pytest

from shared.domain import Decision
from shared.manifest import UNREACHABLE, Thresholds
from worker.decisions import decide

THRESHOLDS = Thresholds(review=0.9, reject=0.5)


def test_a_sure_reading_is_accepted() -> None:
    assert decide(0.9, 0.0, (), THRESHOLDS) == (Decision.ACCEPT, ())


def test_an_unsure_reading_goes_to_review() -> None:
    assert decide(0.899, 0.0, (), THRESHOLDS) == (Decision.NEEDS_REVIEW, ("low_confidence",))


def test_what_is_no_digit_is_rejected() -> None:
    assert decide(0.4, 0.5, (), THRESHOLDS) == (Decision.REJECT, ("not_a_digit",))


@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
def test_blank_paper_is_rejected_whatever_the_network_sees_in_it(confidence: float) -> None:
    assert decide(confidence, 0.0, ("blank",), THRESHOLDS) == (Decision.REJECT, ("blank",))


def test_flags_explain_a_doubtful_reading_and_leave_a_sure_one_alone() -> None:
    flags = ("touches_border", "several_components")

    assert decide(0.99, 0.0, flags, THRESHOLDS) == (Decision.ACCEPT, ())
    assert decide(0.5, 0.1, flags, THRESHOLDS)[1] == ("low_confidence", "touches_border", "several_digits")
    assert decide(0.2, 0.7, flags, THRESHOLDS)[1] == ("not_a_digit", "touches_border", "several_digits")


@pytest.mark.parametrize(("flag", "reason"), [("second_character", "several_digits"), ("solid", "solid")])
def test_for_a_grave_flag_a_person_looks_however_sure_the_reading_is(flag: str, reason: str) -> None:
    flags = ("touches_border", "several_components", flag)

    assert decide(0.99, 0.0, flags, THRESHOLDS)[0] is Decision.NEEDS_REVIEW
    assert decide(0.99, 0.0, flags, THRESHOLDS)[1][0] == reason
    assert decide(0.5, 0.0, flags, THRESHOLDS)[1][:2] == ("low_confidence", reason)
    assert decide(0.5, 0.0, flags, THRESHOLDS)[1].count("several_digits") == 1


def test_an_accuracy_that_cannot_be_promised_accepts_nothing() -> None:
    assert decide(1.0, 0.0, (), Thresholds(UNREACHABLE, 0.5))[0] is Decision.NEEDS_REVIEW


def test_a_confidence_that_is_no_number_is_not_accepted() -> None:
    assert decide(float("nan"), float("nan"), (), THRESHOLDS)[0] is Decision.NEEDS_REVIEW
