"""The command lines that are printed can be copied as they are."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cli.client import Client
from cli.exits import ServerUnreachable
from cli.hints import DEFAULT_SERVER, again
from cli.main import app

THERE = "http://there"


@pytest.fixture
def off_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """digitq was called by its path, since it is not on the PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [f"{tmp_path}/.venv/bin/digitq"])
    monkeypatch.setenv("PATH", "")


@pytest.mark.parametrize(
    ("usual", "server", "command"),
    [
        (None, DEFAULT_SERVER, "digitq jobs"),
        (None, THERE, f"digitq jobs --server {THERE}"),
        (THERE, THERE, "digitq jobs"),
        (THERE, DEFAULT_SERVER, f"digitq jobs --server {DEFAULT_SERVER}"),
        (THERE, None, "digitq jobs"),
    ],
)
def test_a_hint_leads_to_the_same_server(
    usual: str | None, server: str | None, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITQ_SERVER", raising=False)
    if usual:
        monkeypatch.setenv("DIGITQ_SERVER", usual)

    assert again("jobs", server=server) == command


@pytest.mark.usefixtures("off_the_path")
@pytest.mark.parametrize(
    ("error", "hint"),
    [(httpx.ConnectError(""), "`.venv/bin/digitq up`"), (httpx.ReadTimeout(""), "`.venv/bin/digitq doctor`")],
)
def test_an_error_calls_digitq_as_the_user_does(error: httpx.TransportError, hint: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(ServerUnreachable, match=hint):
        Client(THERE, httpx.MockTransport(fail)).cancel("job_1")


@pytest.mark.usefixtures("off_the_path")
def test_where_there_are_no_jobs_the_way_to_the_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "jobs", lambda *_: [])

    listed = CliRunner().invoke(app, ["jobs", "--server", THERE])

    assert listed.stdout == f"There are no jobs yet; `.venv/bin/digitq submit FOLDER --server {THERE}` makes one.\n"
