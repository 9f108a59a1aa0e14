"""What the processes print, and what of it a user should see who asked for nothing."""

from __future__ import annotations

import json

import pytest

from cli.exits import Exit
from cli.service.lines import LastWords, parse


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"event": "child_lost", "level": "warning", "chunk": "c1"}),
        "WARNING:  something is odd",
        "[2026-11-21 22:10:37,581: ERROR/MainProcess] Task failed",
        "2026-11-21 22:10:37 [critical ] out of memory",
        "123:M 21 Nov 2026 22:01:13.426 # Can't open the append-only file",
        "Traceback (most recent call last):",
    ],
)
def test_warnings_and_worse_are_shown(line: str) -> None:
    assert parse(line).alarming


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"event": "ready", "level": "info"}),
        json.dumps({"event": "cannot_start", "level": "error", "reason": "said at the end"}),
        "INFO:     Application startup complete.",
        "worker: Warm shutdown (MainProcess)",
        "123:M 21 Nov 2026 22:01:13.426 * Ready to accept connections",
        "123:M 21 Nov 2026 22:01:13.426 # WARNING Memory overcommit must be enabled!",
        '{"half a": "record',
        '["no", "record"]',
    ],
)
def test_the_rest_is_quiet(line: str) -> None:
    assert not parse(line).alarming


def test_a_traceback_is_shown_to_its_last_line_and_no_further() -> None:
    lines = ["Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: no", "worker: going on"]
    level, shown = "", []
    for text in lines:
        line = parse(text, level)
        level = line.level
        shown.append(line.alarming)

    assert shown == [True, True, True, False]


def test_a_record_is_shown_as_a_sentence() -> None:
    line = parse(json.dumps({"event": "lost", "level": "error", "chunk": "c1", "timestamp": "t"}))

    assert line.text == "lost chunk=c1"


def test_of_a_traceback_in_a_record_the_last_line_is_shown() -> None:
    exception = "Traceback (most recent call last):\n  File\nValueError: no"

    assert (
        parse(json.dumps({"event": "failed", "level": "error", "exception": exception})).text
        == "failed: ValueError: no"
    )
    assert parse(json.dumps({"event": exception, "level": "error"})).text == "ValueError: no"


def test_the_reason_for_a_refusal_outlives_the_lines_after_it() -> None:
    words = LastWords()
    for text in (json.dumps({"event": "cannot_start", "level": "error", "reason": "There is no model."}), "bye"):
        words.hear(parse(text))

    assert words.tell(Exit.CANNOT_START) == "There is no model."
    assert words.tell(1) == "bye"
