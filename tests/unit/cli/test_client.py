"""The HTTP client against a server that is written down: what it asks, repeats and says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli import client as client_module
from cli.client import Client
from cli.collect import Collection
from cli.exits import ConnectionLost, RequestRefused, ServerUnreachable

Answer = httpx.Response | Exception


class Server:
    """Gives its answers one after the other, the last one for ever, and remembers the requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits."""
    monkeypatch.setattr(client_module, "PAUSE", 0.0)
    monkeypatch.setattr(client_module, "PATIENCE", 0.2)


def asking(*answers: Answer) -> tuple[Client, Server]:
    server = Server(*answers)
    return Client("http://test", httpx.MockTransport(server)), server


def job(status: str = "completed", ended_at: str | None = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    return {"id": "job_1", "status": status, "ended_at": ended_at}


def problem(status: int, detail: str) -> httpx.Response:
    return httpx.Response(status, json={"title": "No", "detail": detail, "status": status})


def test_a_problem_document_becomes_its_sentence() -> None:
    client, _ = asking(problem(404, "There is no job with this id."))

    with pytest.raises(RequestRefused, match=r"^There is no job with this id\.$"):
        client.job("job_1")


def test_each_error_of_a_request_is_told() -> None:
    errors = [
        {"pointer": "/query/status", "detail": "Not a status."},
        {"pointer": "/query/limit", "detail": "Too much."},
    ]
    client, _ = asking(httpx.Response(422, json={"title": "No", "detail": "See errors.", "errors": errors}))

    with pytest.raises(RequestRefused) as refused:
        client.job("job_1")
    assert refused.value.message.splitlines() == [
        "See errors.",
        "  /query/status: Not a status.",
        "  /query/limit: Too much.",
    ]


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(500, text="<html>"), httpx.Response(500, json=[])]
)
def test_an_error_without_a_problem_document_says_its_status(answer: httpx.Response) -> None:
    client, _ = asking(answer)

    with pytest.raises(RequestRefused, match="500 Internal Server Error"):
        client.job("job_1")


def test_what_is_not_digitq_is_told_apart() -> None:
    client, _ = asking(httpx.Response(200, text="<html>hello</html>"))

    with pytest.raises(RequestRefused, match="is not digitq"):
        client.job("job_1")


@pytest.mark.parametrize("call", [lambda client: client.jobs(1, None), lambda client: client.cancel("job_1")])
def test_a_server_that_is_not_there_is_named_with_the_way_to_start_it(call: Callable[[Client], object]) -> None:
    client, server = asking(httpx.ConnectError("refused"))

    with pytest.raises(ServerUnreachable, match="Nothing answers at http://test; start it with `digitq up`"):
        call(client)
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", [httpx.ReadError(""), httpx.WriteError(""), httpx.RemoteProtocolError("")])
def test_a_connection_that_breaks_off_is_no_server_that_is_not_there(error: httpx.TransportError) -> None:
    client, _ = asking(error)

    with pytest.raises(ConnectionLost, match=r"^The connection to http://test broke off; try again\.$"):
        client.cancel("job_1")


def test_a_job_is_waited_for_until_it_has_ended() -> None:
    answers = [job("queued", None), job("in_progress", None), job()]
    client, server = asking(*(httpx.Response(200, json=answer) for answer in answers))
    seen: list[str] = []

    ended = client.wait("job_1", lambda look: seen.append(look["status"]))

    assert ended["status"] == "completed"
    assert seen == ["queued", "in_progress", "completed"]
    assert server.requests[0].url.params["wait"] == "1"


def test_a_server_that_goes_and_comes_back_is_waited_for() -> None:
    client, _ = asking(httpx.ConnectError("gone"), problem(503, "busy"), httpx.Response(200, json=job()))

    assert client.wait("job_1", lambda look: None)["status"] == "completed"


def test_a_server_that_stays_away_is_given_up() -> None:
    client, server = asking(httpx.ConnectError("gone"))

    with pytest.raises(ServerUnreachable):
        client.wait("job_1", lambda look: None)
    assert len(server.requests) > 1


def test_a_submission_is_never_repeated() -> None:
    client, server = asking(problem(503, "The system is full."))

    with pytest.raises(RequestRefused, match="full"):
        client.submit(Collection(), {}, lambda count: None)
    assert len(server.requests) == 1


def test_results_that_are_refused_say_why() -> None:
    client, _ = asking(problem(406, "Results come as csv."))

    with pytest.raises(RequestRefused, match="come as csv"), client.results("job_1", format="xls"):
        pass
