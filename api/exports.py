"""Results as streams of lines, read from the database page by page so that a million fit in little memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from api.schemas import ResultOut
from shared.domain import Decision, Digit, Result, Unreadable
from shared.ports import JobBook
from shared.reviewing import Correction, ReviewBook

#: Rows read at a time, and sent as one piece.
PAGE = 2000

Row = tuple[Result, Correction | None]
Pages = Iterator[list[Row]]

CSV_COLUMNS = (
    "index",
    "filename",
    "custom_id",
    "status",
    "prediction",
    "confidence",
    "decision",
    "reasons",
    "error_code",
    "error_message",
    "model_version",
    "corrected",
    "reviewer",
)


@dataclass(frozen=True, slots=True)
class Export:
    """A format of results."""

    media_type: str
    lines: Callable[[Pages], Iterator[str]]


def pages_of(book: JobBook, reviews: ReviewBook, job_id: str, status: str | None, decision: Decision | None) -> Pages:
    """All results of a job so far, in the order of their index, each with what a person said of it."""
    after = -1
    while page := book.list_results(job_id, after=after, limit=PAGE, status=status, decision=decision):
        yield corrected(reviews, job_id, page)
        after = page[-1].index


def corrected(reviews: ReviewBook, job_id: str, page: Sequence[Result]) -> list[Row]:
    """Results with what a person said of each."""
    said = reviews.corrections(job_id, page[0].index, page[-1].index) if page else {}
    return [(result, said.get(result.index)) for result in page]


def _ndjson(pages: Pages) -> Iterator[str]:
    for page in pages:
        yield "".join(ResultOut.of(*row).model_dump_json() + "\n" for row in page)


def _csv(pages: Pages) -> Iterator[str]:
    yield _csv_lines([CSV_COLUMNS])
    for page in pages:
        yield _csv_lines([_csv_row(*row) for row in page])


def _csv_lines(rows: Sequence[tuple[object, ...]]) -> str:
    lines: list[str] = []
    # Of what could end a line, the writer puts in quotes only what ends its own.
    csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n").writerows(rows)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


def _csv_row(result: Result, correction: Correction | None) -> tuple[object, ...]:
    return (
        result.index,
        _text(result.filename),
        _text(result.custom_id or ""),
        *_csv_reading(result.reading),
        result.model.version,
        *_csv_correction(correction),
    )


def _csv_correction(correction: Correction | None) -> tuple[object, ...]:
    return (correction.label, _text(correction.reviewer)) if correction else ("", "")


def _csv_reading(reading: Digit | Unreadable) -> tuple[object, ...]:
    if isinstance(reading, Unreadable):
        return ("failed", "", "", "", "", reading.code, reading.message)
    confidence = f"{reading.confidence:.6f}"
    return ("succeeded", reading.label, confidence, reading.decision, " ".join(reading.reasons), "", "")


def _text(value: str) -> str:
    """A name from outside, so that no spreadsheet takes it for a formula (OWASP: CSV injection)."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


EXPORTS = {"ndjson": Export("application/x-ndjson", _ndjson), "csv": Export("text/csv; charset=utf-8", _csv)}
