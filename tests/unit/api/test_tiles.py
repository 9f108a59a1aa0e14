"""A job at a glance: results in columns, and many images in one answer."""

from __future__ import annotations

import base64

import pytest
from fastapi.testclient import TestClient

from api.routes.tiles import MAX_TILE_BYTES
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import job_of

LARGE = b"\xff\xd8\xff" + bytes(MAX_TILE_BYTES)
FILES = [b"3", b"no image", b"7", b"\x89PNG1", LARGE, b"5"]


@pytest.fixture
def job(client: TestClient, work: Work) -> str:
    job_id = job_of(client, *FILES)
    work()
    return job_id


def test_the_outline_has_every_result_in_columns(client: TestClient, job: str) -> None:
    outline = client.get(f"/v1/jobs/{job}/outline").json()
    assert outline["index"] == [0, 1, 2, 3, 4, 5]
    assert outline["prediction"] == ["3", None, "7", None, None, "5"]
    assert outline["decision"][1] == "failed"
    assert outline["confidence"][1] is None
    assert outline["corrected"] == [None] * 6
    assert outline["has_more"] is False


def test_the_outline_comes_in_pages(client: TestClient, job: str) -> None:
    first = client.get(f"/v1/jobs/{job}/outline?limit=4").json()
    rest = client.get(f"/v1/jobs/{job}/outline?after={first['index'][-1]}").json()
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert first["index"] + rest["index"] == [0, 1, 2, 3, 4, 5]


def test_tiles_of_several_packs_come_as_they_were_sent(client: TestClient, job: str) -> None:
    tiles = client.get(f"/v1/jobs/{job}/tiles?index=5,0,3").json()["data"]
    assert {tile["index"]: base64.b64decode(tile["data"]) for tile in tiles} == {0: b"3", 3: b"\x89PNG1", 5: b"5"}
    assert [tile["media_type"] for tile in tiles if tile["index"] == 3] == ["image/png"]


def test_a_large_image_is_left_to_be_fetched_by_itself(client: TestClient, job: str) -> None:
    assert client.get(f"/v1/jobs/{job}/tiles?index=4").json()["data"] == [
        {"index": 4, "media_type": "image/jpeg", "data": None}
    ]
    assert client.get(f"/v1/jobs/{job}/results/4/image").content == LARGE


@pytest.mark.parametrize(
    ("index", "status"),
    [("", 422), ("1,", 422), ("-1", 422), ("1;2", 422), (",".join(map(str, range(101))), 422), ("6", 404)],
)
def test_what_cannot_be_given_is_refused(client: TestClient, job: str, index: str, status: int) -> None:
    assert client.get(f"/v1/jobs/{job}/tiles?index={index}").status_code == status


def test_an_unknown_job_has_neither(client: TestClient) -> None:
    assert client.get("/v1/jobs/job_x/outline").status_code == 404
    assert client.get("/v1/jobs/job_x/tiles?index=0").status_code == 404
