"""Lists, page by page, each with a link to the next one (RFC 8288)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import Request, Response

from api.schemas import Page

T = TypeVar("T")


def page_of(
    request: Request, response: Response, found: Sequence[T], limit: int, name: Callable[[T], object]
) -> Page[T]:
    """The first `limit` of what was found, which is one more if there is a next page; `name` is what follows `after`.

    The link to the next page keeps the request's filters.
    """
    shown = list(found[:limit])
    ends = (str(name(shown[0])), str(name(shown[-1]))) if shown else (None, None)
    more = len(found) > limit
    if more:
        url = request.url.include_query_params(after=ends[1])
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return Page(data=shown, first_id=ends[0], last_id=ends[1], has_more=more)
