"""A submission that is sent again with its key does not make another job."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.conftest import Packs
from tests.unit.api.submitting import submit

KEY = {"idempotency-key": "7b8c"}


def test_the_same_key_and_payload_give_the_same_job(client: TestClient, packs: Packs) -> None:
    first, second = submit(client, b"1", headers=KEY), submit(client, b"1", headers=KEY)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert len(packs()) == 1


def test_the_same_key_with_another_payload_is_422(client: TestClient) -> None:
    submit(client, b"1", headers=KEY)
    for changed in (submit(client, b"2", headers=KEY), submit(client, b"1", headers=KEY, data={"top_k": "1"})):
        assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")


def test_the_order_of_names_in_json_does_not_matter(client: TestClient) -> None:
    pixels = {"items": [{"data": [[0] * 28] * 28}]}
    one = client.post("/v1/jobs", json=pixels | {"options": {"top_k": 1, "threshold": 0.5}}, headers=KEY)
    other = client.post("/v1/jobs", json={"options": {"threshold": 0.5, "top_k": 1}} | pixels, headers=KEY)
    assert (one.status_code, other.json()["id"]) == (202, one.json()["id"])


def test_a_key_whose_request_failed_is_free_again(client: TestClient) -> None:
    assert submit(client, b"1", headers=KEY, data={"model": "dogs"}).status_code == 422
    assert submit(client, b"1", headers=KEY).status_code == 202
