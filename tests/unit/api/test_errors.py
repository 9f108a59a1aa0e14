"""Every error has the one form of RFC 9457 and tells what to do next; none tells what is inside."""

from __future__ import annotations

import inspect
from http import HTTPStatus

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from structlog.testing import capture_logs

from api.problems import status_of
from shared import errors
from shared.ports import Parts

FIELDS = {"type", "title", "status", "detail", "instance", "code", "request_id"}
OURS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DigitqError)]


def is_problem(answer: Response, status: int, path: str) -> dict[str, object]:
    body: dict[str, object] = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.keys() - {"errors"} == FIELDS
    assert (body["status"], body["title"], body["instance"]) == (status, HTTPStatus(status).phrase, path)
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/jobs/unknown", 404, "job_not_found"),
        ("PUT", "/v1/jobs", 405, "method_not_allowed"),
        ("GET", "/v1/jobs?limit=0", 422, "invalid_request"),
        ("POST", "/v1/jobs", 415, "unsupported_media_type"),
        ("GET", "/v1/models/dogs", 404, "not_found"),
        ("GET", "/static/nothing.js", 404, "not_found"),
    ],
)
def test_every_error_has_one_form(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    assert is_problem(client.request(method, path), status, path.partition("?")[0])["code"] == code


@pytest.mark.parametrize(
    ("path", "allowed"), [("/v1/jobs", "GET, POST"), ("/v1/jobs/job_1", "DELETE, GET"), ("/predict", "POST")]
)
def test_a_405_names_every_method_of_the_path(client: TestClient, path: str, allowed: str) -> None:
    answer = client.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_a_fault_of_ours_shows_nothing_but_its_id(
    client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(type(parts.book), "find", fail)
    with capture_logs() as logged:
        answer = client.get("/v1/jobs/any", headers={"x-request-id": "mine-7"})
    assert is_problem(answer, 500, "/v1/jobs/any")["request_id"] == "mine-7"
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert logged[0]["request_id"] == "mine-7"


@pytest.mark.parametrize("given", ["mine-7", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
def test_a_request_id_is_echoed(client: TestClient, given: str) -> None:
    assert client.get("/livez", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "<b>", "\xe4"])
def test_a_strange_request_id_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/livez", headers={"x-request-id": given.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_of_ours_has_a_code_a_sentence_and_a_status(kind: type[errors.DigitqError]) -> None:
    assert kind.code.replace("_", "").isalpha()
    assert kind().message.endswith(".")
    assert kind("Another.").message == "Another."
    assert (
        status_of(kind()) < 500
        or issubclass(kind, errors.Unavailable | errors.CannotStart)
        or kind is errors.DigitqError
    )


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_the_error_tree_is_drawn_with_every_class(kind: type[errors.DigitqError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
