"""Reviews: what people say of an image beside what the model said, and what still waits for them."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from api import corrections
from api.deps import HouseDep, Limit, Now
from api.intake import LOCAL_OWNER
from api.openapi import ERRORS
from api.paging import page_of
from api.schemas import Page, ResultOut
from shared.errors import InvalidRequest
from shared.reviewing import NOT_A_DIGIT, Correction, Place, Review

#: An index in a cursor.
LAST_NUMBER = re.compile(r"[0-9]{1,18}")

router = APIRouter(prefix="/v1", tags=["reviews"], responses=ERRORS)

Digit = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
#: No column holds NUL.
WITHOUT_NUL = "^[^\\x00]*$"
Reviewer = Annotated[str, Field(min_length=1, max_length=128, pattern=WITHOUT_NUL, description="Who says so.")]


class Verdict(BaseModel):
    """What a person sees in an image."""

    label: Digit | None = Field(description="The digit, or null if it is none. It may be the model's own.")
    reviewer: Reviewer = LOCAL_OWNER


class ReviewOut(BaseModel):
    """What somebody said: a digit, "none" for not a digit, or null where the model could not read the image."""

    id: int
    job_id: str
    index: int
    before: str | None
    after: str | None
    reviewer: str
    reviewed_at: datetime

    @classmethod
    def of(cls, review: Review) -> Self:
        return cls(
            id=review.id,
            job_id=review.place.job_id,
            index=review.place.index,
            before=review.before,
            after=review.after,
            reviewer=review.reviewer,
            reviewed_at=review.reviewed_at,
        )


class PendingOut(BaseModel):
    """A doubtful result that nobody has looked at, and the job it belongs to."""

    job_id: str
    result: ResultOut


@router.post("/jobs/{job_id}/results/{index}/review")
def review_result(job_id: str, index: int, verdict: Verdict, house: HouseDep, now: Now) -> ResultOut:
    """Say what an image shows; exports give it beside the model's answer, which stays as it was."""
    place = Place(job_id, index)
    label = NOT_A_DIGIT if verdict.label is None else verdict.label
    correction = Correction(label, verdict.reviewer, now)
    house.reviews.correct(place, correction)
    return ResultOut.of(house.desk.parts.book.result(job_id, index), correction)


@router.delete("/jobs/{job_id}/results/{index}/review")
def withdraw_review(
    job_id: str,
    index: int,
    house: HouseDep,
    now: Now,
    reviewer: Annotated[str, Query(max_length=128, pattern=WITHOUT_NUL)] = LOCAL_OWNER,
) -> ResultOut:
    """Take a correction back: the model's answer stands again, and is to be reviewed again if it was doubtful."""
    house.reviews.withdraw(Place(job_id, index), reviewer, now)
    return ResultOut.of(house.desk.parts.book.result(job_id, index))


@router.get("/reviews")
def list_reviews(
    request: Request, response: Response, house: HouseDep, limit: Limit = 20, after: int | None = None
) -> Page[ReviewOut]:
    """What has been said so far, the latest first; `after` is the last id of the page before."""
    found = [ReviewOut.of(review) for review in house.reviews.history(before=after, limit=limit + 1)]
    return page_of(request, response, found, limit, attrgetter("id"))


@router.get("/reviews/pending")
def list_pending(
    request: Request,
    response: Response,
    house: HouseDep,
    limit: Limit = 20,
    after: Annotated[str, Query(description="The last_id of the page before.")] = "",
) -> Page[PendingOut]:
    """Every result that needs review and has had none, of the oldest job first."""
    pending = house.reviews.pending(after=_place(after), limit=limit + 1)
    found = [PendingOut(job_id=each.job_id, result=ResultOut.of(each.result)) for each in pending]
    return page_of(request, response, found, limit, lambda each: f"{each.job_id}:{each.result.index}")


@router.get("/reviews/export", response_class=StreamingResponse)
def export_corrections(house: HouseDep, format: Literal["zip", "idx", "ndjson"] = "zip") -> StreamingResponse:
    """What people said as a training set.

    "zip" has a folder for each digit and one called "none", "idx" is a ZIP of MNIST's two files with the digits as the
    model saw them, "ndjson" has a line for each image with its bytes.
    """
    if format == "ndjson":
        lines = corrections.lines(house.desk.parts, house.reviews)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_named("corrections.ndjson"))
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed once it is sent
    if format == "zip":
        corrections.write_folders(file, house.desk.parts, house.reviews)
    else:
        corrections.write_mnist(file, house.views, house.reviews)
    return StreamingResponse(
        corrections.pieces(file),
        media_type="application/zip",
        headers=_named(f"corrections-{format}.zip"),
        background=BackgroundTask(file.close),
    )


def _named(filename: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{filename}"'}


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    job_id, _, index = cursor.rpartition(":")
    if not job_id or not LAST_NUMBER.fullmatch(index):
        raise InvalidRequest('"after" is the last_id of a page of this list, such as job_01J...:17.')
    return Place(job_id, int(index))
