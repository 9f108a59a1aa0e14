"""/v1/jobs/{id}/results: pages of JSON, streams of NDJSON and CSV, single results and their images."""

from __future__ import annotations

import re
from operator import attrgetter, itemgetter
from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from multipart import parse_options_header

from api import exports
from api.deps import HouseDep, Limit
from api.media import media_type
from api.openapi import ERRORS
from api.paging import page_of
from api.png import gray_png
from api.schemas import Page, ResultOut
from api.views import SIDE
from shared.domain import Decision
from shared.errors import NoSuchItem
from shared.pictures import items_of

#: What somebody sent is shown by browsers as an image or not at all.
SAFE_TO_SHOW = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
#: An image of a job stays what it is.
KEPT_BY_BROWSERS = {"Cache-Control": "private, max-age=86400, immutable"}

router = APIRouter(prefix="/v1/jobs/{job_id}/results", tags=["results"], responses=ERRORS)

Format = Literal["json", "ndjson", "csv"]
QUALITY = re.compile(r"[01](\.[0-9]{0,3})?")
MEDIA_TYPES: dict[str, Format] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "text/csv": "csv",
}


@router.get("", response_model=Page[ResultOut])
def list_results(
    job_id: str,
    request: Request,
    house: HouseDep,
    response: Response,
    limit: Limit = 100,
    after: Annotated[int, Query(ge=-1, description="The last index of the page before.")] = -1,
    format: Annotated[Format | None, Query(description="Instead of the Accept header.")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    status: Literal["succeeded", "failed"] | None = None,
    decision: Decision | None = None,
) -> Page[ResultOut] | Response:
    """Results in the order of their index, also while the job runs; X-Complete says whether they are all there."""
    book = house.desk.parts.book
    complete = {"X-Complete": str(book.find(job_id).status.terminal).lower()}
    chosen = format or _accepted(accept)
    if export := exports.EXPORTS.get(chosen):
        pages = exports.pages_of(book, house.reviews, job_id, status, decision)
        headers = complete | {"Content-Disposition": f'attachment; filename="{job_id}.{chosen}"'}
        return StreamingResponse(export.lines(pages), media_type=export.media_type, headers=headers)
    found = book.list_results(job_id, after=after, limit=limit + 1, status=status, decision=decision)
    results = [ResultOut.of(*row) for row in exports.corrected(house.reviews, job_id, found)]
    response.headers.update(complete)
    return page_of(request, response, results, limit, attrgetter("index"))


def _accepted(accept: str) -> Format:
    """The format that an Accept header asks for most (RFC 9110, 12.5.1); JSON if it asks for none of ours."""
    asked = [parse_options_header(part) for part in accept.split(",")]
    weights = [(_weight(options.get("q", "1")), MEDIA_TYPES[kind]) for kind, options in asked if kind in MEDIA_TYPES]
    most, chosen = max(weights, key=itemgetter(0), default=(0.0, "json"))
    return chosen if most else "json"


def _weight(quality: str) -> float:
    return float(quality) if QUALITY.fullmatch(quality) else 0.0


@router.get("/{index}")
def get_result(job_id: str, index: int, house: HouseDep) -> ResultOut:
    """One result."""
    result = house.desk.parts.book.result(job_id, index)
    return ResultOut.of(result, house.reviews.corrections(job_id, index, index).get(index))


@router.get("/{index}/image", response_class=Response)
def get_image(job_id: str, index: int, house: HouseDep) -> Response:
    """The image's bytes as they were sent; a browser shows them as an image and runs nothing in them."""
    for item in items_of(house.desk.parts, job_id, [index]):
        if not item.upload.error:
            headers = SAFE_TO_SHOW | KEPT_BY_BROWSERS
            return Response(item.upload.data, media_type=media_type(item.upload.data), headers=headers)
    raise NoSuchItem("This image could not be taken in, so there is nothing to show.")


@router.get("/{index}/normalized", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def get_normalized(job_id: str, index: int, house: HouseDep) -> Response:
    """What the model saw of an image: a gray PNG of 28 x 28 pixels, made by a worker when it is asked for."""
    await run_sync(house.desk.parts.book.chunk_with, job_id, index)
    if pixels := (await house.views.ask(job_id, [index])).get(index):
        return Response(gray_png(pixels, SIDE), media_type="image/png", headers=KEPT_BY_BROWSERS)
    raise NoSuchItem("This image could not be read, so there is nothing that the model saw.")
