"""What must be true of every job once all faults are over: each image has one result, and it is the right one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.chaos.load import Accepted

#: Confidences may differ by so much: the engine adds up other batches in another order.
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Answer:
    """What a result says, as far as it must be the same in every run."""

    status: str
    prediction: str | None
    decision: str | None
    code: str | None
    confidence: float

    def same_as(self, other: Answer) -> bool:
        said = (self.status, self.prediction, self.decision, self.code)
        return (
            said == (other.status, other.prediction, other.decision, other.code)
            and abs(self.confidence - other.confidence) < TOLERANCE
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job at the end: the indexes that have a result, and what is wrong with it in sentences."""

    job_id: str
    status: str
    indexes: frozenset[int]
    doubled: int
    complaints: tuple[str, ...]


def results_of(url: str, job_id: str) -> list[dict[str, Any]]:
    """All result lines of a job, as a client downloads them."""
    answer = httpx.get(f"{url}/v1/jobs/{job_id}/results", params={"format": "ndjson"}, timeout=60).raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines()]


def answers(lines: Sequence[Mapping[str, Any]]) -> dict[str, Answer]:
    """The answers of result lines by filename."""
    return {line["filename"]: _answer(line) for line in lines}


def _answer(line: Mapping[str, Any]) -> Answer:
    code = line["error"]["code"] if line["error"] else None
    return Answer(line["status"], line["prediction"], line["decision"], code, line["confidence"] or 0.0)


def outcome(url: str, accepted: Accepted, expected: Mapping[str, Answer], *, may_be_canceled: bool) -> Outcome:
    """Look at a job that has ended, through the front end."""
    job = httpx.get(f"{url}/v1/jobs/{accepted.job_id}", timeout=60).raise_for_status().json()
    lines = results_of(url, accepted.job_id)
    indexes = frozenset(line["index"] for line in lines)
    counted = job["counts"]["succeeded"] + job["counts"]["failed"]
    allowed = {"completed", "canceled"} if may_be_canceled else {"completed"}
    complaints = [
        *([] if job["status"] in allowed else [f"it ended as {job['status']}"]),
        *_about_counts(job, lines),
        *_about_lines(accepted.batch.names, lines, expected),
    ]
    doubled = len(lines) - len(indexes) + max(0, counted - len(indexes))
    return Outcome(accepted.job_id, job["status"], indexes, doubled, tuple(complaints))


def _about_counts(job: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts = job["counts"]
    parts = ("queued", "processing", "succeeded", "failed", "canceled", "expired")
    if sum(counts[name] for name in parts) != counts["total"]:
        yield f"its counts do not add up: {counts}"
    for status in ("succeeded", "failed"):
        found = sum(line["status"] == status for line in lines)
        if found != counts[status]:
            yield f"it counts {counts[status]} {status} images and has {found} such results"
    if job["status"] == "completed" and len(lines) != counts["total"]:
        yield f"it is completed with {len(lines)} results for {counts['total']} images"


def _about_lines(
    names: Sequence[str], lines: Sequence[Mapping[str, Any]], expected: Mapping[str, Answer]
) -> Iterator[str]:
    for line in lines:
        name = names[line["index"]]
        if line["filename"] != name:
            yield f"image {line['index']} is called {line['filename']} instead of {name}"
        elif not _answer(line).same_as(expected[name]):
            yield f"{name} was read as {_answer(line)} instead of {expected[name]}"
