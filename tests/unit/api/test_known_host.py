"""A site that makes its own name lead here finds nobody."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.middleware.known_host import names_of
from shared.settings import Settings


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "EVIL.example.", "localhost.evil.example", "[a.b"]
)
def test_strangers_names_are_not_answered_to(client: TestClient, host: str) -> None:
    answer = client.get("/v1/jobs", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "10.1.2.3",
        "digitq",
        "localhost.",
        "a.localhost:80",
    ],
)
def test_addresses_and_bare_names_belong_to_no_site(client: TestClient, host: str) -> None:
    assert client.get("/v1/jobs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("settings", [{"hosts": "digits.example.com, other.example"}], indirect=True)
def test_names_that_it_was_told_are_its_own(client: TestClient, settings: Settings) -> None:
    statuses = [
        client.get("/livez", headers={"host": host}).status_code
        for host in ("Digits.Example.com", "other.example:443", "example.com")
    ]
    assert statuses == [200, 200, 421]


@pytest.mark.parametrize(
    ("host", "hosts", "names"),
    [
        ("127.0.0.1", "", set()),
        ("localhost", "", set()),
        ("::1", "", set()),
        ("0.0.0.0", "", {"*"}),
        ("0.0.0.0", "a.example", {"a.example"}),
        ("127.0.0.1", "*", {"*"}),
    ],
)
def test_who_is_reached_from_elsewhere_may_be_called_anything(host: str, hosts: str, names: set[str]) -> None:
    assert names_of(Settings(host=host, hosts=hosts)) == names
