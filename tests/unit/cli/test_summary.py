"""What a job amounts to: counts, first rows and the exit code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.demo import label_of
from cli.exits import Exit
from cli.summary import SHOWN, exit_of, summarize


def line(index: int, digit: str | None) -> str:
    error = None if digit else {"code": "not_an_image", "message": "No."}
    row: dict[str, Any] = {"index": index, "filename": f"7/{index}.png", "prediction": digit, "error": error}
    return json.dumps(row | {"status": "succeeded" if digit else "failed"})


def test_digits_are_counted_and_compared_with_the_labels() -> None:
    summary = summarize([line(0, "7"), line(1, "1"), "", line(2, "7"), line(3, None)], label_of)

    assert summary.digits == {"7": 2, "1": 1}
    assert (summary.right, summary.labeled) == (2, 4)
    assert [row["index"] for row in summary.failed] == [3]


def test_only_a_few_rows_are_kept() -> None:
    summary = summarize(line(index, None) for index in range(100))

    assert len(summary.first) == len(summary.failed) == SHOWN
    assert summary.labeled == 0


@pytest.mark.parametrize(("filename", "label"), [("7/1.png", "7"), ("10/1.png", None), ("7.png", None)])
def test_a_label_is_the_folder_that_is_a_digit(filename: str, label: str | None) -> None:
    assert label_of({"filename": filename}) == label


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        ("completed", "all_succeeded", Exit.OK),
        ("completed", "partial", Exit.SOME_FAILED),
        ("completed", "all_failed", Exit.ALL_FAILED),
        ("canceled", "partial", Exit.STOPPED),
        ("failed", None, Exit.STOPPED),
    ],
)
def test_the_exit_code_tells_how_the_job_ended(status: str, outcome: str | None, code: Exit) -> None:
    assert exit_of({"status": status, "outcome": outcome}) == code
