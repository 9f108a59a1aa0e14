"""Links to the next page of a list (RFC 8288)."""

from __future__ import annotations

from fastapi import Request


def next_page(request: Request, after: str | int) -> str:
    """The Link header of a page that ends with `after`; the next one keeps the request's filters."""
    url = request.url.include_query_params(after=after)
    return f'<{url.path}?{url.query}>; rel="next"'
