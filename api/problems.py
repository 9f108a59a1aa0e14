"""Errors as RFC 9457 problems: one table from our errors to HTTP's statuses, one form for every fault."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPMethod, HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from shared.errors import (
    BrokenArchive,
    CannotStart,
    Conflict,
    DigitqError,
    ImageError,
    ImageTooLarge,
    Missing,
    NoAnswerInTime,
    NoSuchModel,
    PackLost,
    Refused,
    StoreFull,
    TooLarge,
    Unavailable,
    UnsupportedFormat,
    UnsupportedMedia,
    UploadStalled,
)

#: The first class that fits decides, so the special ones stand first.
STATUSES: Sequence[tuple[type[DigitqError], HTTPStatus]] = (
    (UnsupportedMedia, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UploadStalled, HTTPStatus.REQUEST_TIMEOUT),
    (BrokenArchive, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (ImageTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnsupportedFormat, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (ImageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NoSuchModel, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Missing, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (PackLost, HTTPStatus.GONE),
    (NoAnswerInTime, HTTPStatus.SERVICE_UNAVAILABLE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (CannotStart, HTTPStatus.SERVICE_UNAVAILABLE),
)
RETRY_SECONDS = 5

log = structlog.get_logger(__name__)


def status_of(error: DigitqError) -> HTTPStatus:
    """The HTTP status that tells a client what kind of error this is."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(
    request: Request, status: int, code: str, detail: str, errors: Sequence[dict[str, str]] = ()
) -> JSONResponse:
    """A problem document; `errors` point at the parts of the request that are wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",  # RFC 9457: the status says what kind it is, our `code` says more
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": request.scope.get("request_id"),
    }
    if errors:
        body["errors"] = list(errors)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error in this one form."""

    @app.exception_handler(DigitqError)
    def ours(request: Request, error: DigitqError) -> JSONResponse:
        return problem(request, status_of(error), error.code, error.message)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [{"pointer": _pointer(fault["loc"]), "detail": fault["msg"]} for fault in error.errors()]
        return problem(request, 422, "invalid_request", "The request is not as documented; see errors.", faults)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).name.lower()
        answer = problem(request, error.status_code, code, _advice(error, request))
        answer.headers.update(error.headers or {})
        if "allow" in answer.headers:
            # The router names the methods of the first route with this path only.
            answer.headers["Allow"] = ", ".join(_methods(request))
        return answer

    @app.exception_handler(ClientDisconnect)
    def gone(request: Request, error: ClientDisconnect) -> JSONResponse:
        return problem(request, 400, "client_disconnected", "The upload broke off; send it again.")

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        log.error("unforeseen_error", path=request.url.path, request_id=request.scope.get("request_id"), exc_info=error)
        answer = problem(request, 500, "internal_error", "Something went wrong here; report the request_id.")
        # This answer is sent outside of all middleware.
        answer.headers["X-Request-ID"] = str(request.scope.get("request_id"))
        return answer


def _methods(request: Request) -> list[str]:
    """Every method that the requested path has."""
    scopes = [{**request.scope, "method": method} for method in HTTPMethod]
    routes = request.app.routes
    return [scope["method"] for scope in scopes if any(route.matches(scope)[0] is Match.FULL for route in routes)]


def _pointer(location: Sequence[str | int]) -> str:
    return "/" + "/".join(str(step) for step in location)


def _advice(error: HTTPException, request: Request) -> str:
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return f"There is nothing at {request.url.path}; /docs lists every address."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.method} is not possible here; see /docs."
        case _:
            return str(error.detail)
