"""What routes ask for, as annotated types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from api.arrival import Desk
from api.submission import Places
from api.views import Views
from api.waiting import Waiting
from shared.pulse import SqlPulse
from shared.reviewing import ReviewBook


@dataclass(frozen=True, slots=True)
class House:
    """What the front end holds while it runs."""

    desk: Desk
    reviews: ReviewBook
    views: Views
    pulse: SqlPulse
    waiting: Waiting
    places: Places

    @property
    def single_desk(self) -> Desk:
        """A desk that takes one image only."""
        return replace(self.desk, settings=self.desk.settings.model_copy(update={"max_images": 1}))


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _now() -> datetime:
    return datetime.now(UTC)


MAX_WAIT_SECONDS = 60
#: A preference, among others and with parameters or without, in quotes or without (RFC 7240).
WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*("?)([0-9]{1,9})\1\s*(?=[,;]|$)', re.IGNORECASE)


def _preferred_wait(
    prefer: Annotated[list[str] | None, Header(description="wait=N: answer when the job has ended")] = None,
) -> float:
    """Seconds that a `Prefer: wait=N` header asks for, at most a minute; 0 if it does not."""
    asked = WAIT.search(",".join(prefer or ()))
    return min(float(asked[2]), MAX_WAIT_SECONDS) if asked else 0


HouseDep = Annotated[House, Depends(_house)]
Now = Annotated[datetime, Depends(_now)]
PreferredWait = Annotated[float, Depends(_preferred_wait)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key and payload give the same job again.",
    ),
]
WaitQuery = Annotated[
    float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for the job to end before answering.")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many to list.")]
