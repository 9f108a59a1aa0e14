"""/v1/jobs/{id}/outline and /tiles: a whole job at a glance, and many of its images in one answer."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.deps import HouseDep
from api.media import media_type
from api.openapi import ERRORS
from shared.domain import Upload
from shared.errors import InvalidRequest
from shared.pictures import items_of

#: Images that one answer may carry, and the bytes from which on one is left to be fetched by itself.
MAX_TILES = 100
MAX_TILE_BYTES = 32 * 1024
MAX_OUTLINE = 20_000

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["results"], responses=ERRORS)


class OutlineOut(BaseModel):
    """Results in columns: row n of each belongs to the image index[n].

    A decision may also be "failed"; `corrected` is what a person said: a digit, or "none" for not a digit.
    """

    index: list[int]
    prediction: list[str | None]
    confidence: list[float | None]
    decision: list[str]
    corrected: list[str | None]
    has_more: bool


class Tile(BaseModel):
    """An image as it was sent: its bytes in base64, unless it is large; no media type if there is no image."""

    index: int
    media_type: str | None
    data: str | None


class Tiles(BaseModel):
    """Images of a job."""

    data: list[Tile]


@router.get("/outline")
def get_outline(
    job_id: str,
    house: HouseDep,
    after: Annotated[int, Query(ge=-1, description="The last index of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=MAX_OUTLINE)] = MAX_OUTLINE,
) -> OutlineOut:
    """Every result so far in columns, in the order of their index: enough to count, filter and sort them."""
    house.desk.parts.book.find(job_id)
    rows = house.reviews.outline(job_id, after=after, limit=limit + 1)
    return OutlineOut(
        index=[row.index for row in rows[:limit]],
        prediction=[row.prediction for row in rows[:limit]],
        confidence=[row.confidence for row in rows[:limit]],
        decision=[row.decision or "failed" for row in rows[:limit]],
        corrected=[row.corrected for row in rows[:limit]],
        has_more=len(rows) > limit,
    )


@router.get("/tiles")
def get_tiles(
    job_id: str,
    house: HouseDep,
    index: Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9})*$", description="Up to 100 indexes: 0,1,5.")],
) -> Tiles:
    """Many small images in one answer, as they were sent; large ones are at results/{index}/image."""
    wanted = {int(number) for number in index.split(",")}
    if len(wanted) > MAX_TILES:
        raise InvalidRequest(f"Ask for at most {MAX_TILES} images at once.")
    return Tiles(data=[_tile(item.index, item.upload) for item in items_of(house.desk.parts, job_id, wanted)])


def _tile(index: int, upload: Upload) -> Tile:
    if upload.error:
        return Tile(index=index, media_type=None, data=None)
    small = len(upload.data) <= MAX_TILE_BYTES
    data = base64.b64encode(upload.data).decode() if small else None
    return Tile(index=index, media_type=media_type(upload.data), data=data)
