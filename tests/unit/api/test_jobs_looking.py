"""Looking at jobs as documented: one while it runs and when it has ended, and all of them page by page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from shared import lifecycle
from shared.packs import unpack
from shared.ports import Parts
from shared.testing import MemoryQueue, MoodyRecognizer, utc_now
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import counts, job_of


def test_counts_are_live_while_the_job_runs(client: TestClient, parts: Parts) -> None:
    job_id = job_of(client, *[b"1"] * 5)
    assert isinstance(parts.queue, MemoryQueue)
    chunk_id = parts.queue.take()
    assert chunk_id
    parts.book.claim(chunk_id, "w", parts.lease, datetime.now(UTC))  # type: ignore[attr-defined]

    answer = client.get(f"/v1/jobs/{job_id}")

    assert answer.json()["status"] == "in_progress"
    assert counts(answer) == {"total": 5, "processing": 4, "queued": 1}


def test_a_finished_job_says_what_came_of_it(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1", b"0", b"broken")
    work()

    answer = client.get(f"/v1/jobs/{job_id}")

    job = answer.json()
    assert (job["status"], job["outcome"], job["progress"]["percent"]) == ("completed", "partial", 100)
    assert counts(answer) == {"total": 3, "succeeded": 2, "failed": 1, "accepted": 1, "needs_review": 1}
    assert "retry-after" not in answer.headers
    assert job["started_at"] <= job["ended_at"]


def test_a_job_says_what_share_of_the_images_read_so_far_was_accepted(client: TestClient, parts: Parts) -> None:
    job_id = job_of(client, b"1", b"0", b"broken", b"1", b"1")
    assert isinstance(parts.queue, MemoryQueue)

    def share() -> float | None:
        answer: float | None = client.get(f"/v1/jobs/{job_id}").json()["accepted_share"]
        return answer

    assert share() is None
    lifecycle.work(parts, parts.queue.take() or "", "w", MoodyRecognizer, unpack, utc_now)
    assert share() == 2 / 3
    lifecycle.work(parts, parts.queue.take() or "", "w", MoodyRecognizer, unpack, utc_now)
    assert share() == 3 / 4


@pytest.mark.parametrize(("image", "share"), [(b"1", 1), (b"0", 0), (b"broken", None)])
def test_nothing_accepted_is_a_share_and_nothing_read_is_none(
    client: TestClient, work: Work, image: bytes, share: float | None
) -> None:
    job_id = job_of(client, image)
    work()
    assert client.get(f"/v1/jobs/{job_id}").json()["accepted_share"] == share


@pytest.mark.parametrize(("images", "outcome"), [([b"1"], "all_succeeded"), ([b"x"], "all_failed")])
def test_completed_without_success_does_not_look_like_success(
    client: TestClient, work: Work, images: list[bytes], outcome: str
) -> None:
    job_id = job_of(client, *images)
    work()
    assert client.get(f"/v1/jobs/{job_id}").json()["outcome"] == outcome


def test_a_kept_job_is_shown_whatever_may_be_asked_today(client: TestClient, parts: Parts) -> None:
    job = parts.book.find(job_of(client, b"1"))
    kept = replace(job, id="job_of_before", options=replace(job.options, top_k=11))
    parts.book.add(kept, [])
    assert client.get(f"/v1/jobs/{kept.id}").json()["options"]["top_k"] == 11


def test_nothing_new_is_304(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1")
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    same = client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    work()
    assert client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": etag}).status_code == 200


def test_a_tag_may_be_one_of_several_weak_or_strong(client: TestClient) -> None:
    job_id = job_of(client, b"1")
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]

    def status(condition: str) -> int:
        return client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": condition}).status_code

    assert [status(each) for each in (f'"x", {etag}', etag.removeprefix("W/"), "*", '"x"', "")] == [304] * 3 + [200] * 2


def test_a_job_that_was_tried_again_is_news(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"no image")
    work()
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 202
    work()
    assert client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/livez", "/v1/jobs"])
def test_head_is_answered_as_get_is(client: TestClient, path: str) -> None:
    asked, got = client.head(path), client.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert client.head("/v1/jobs/unknown").status_code == 404


def test_head_waits_for_no_events(client: TestClient) -> None:
    answer = client.head(f"/v1/jobs/{job_of(client, b'1')}/events")  # which would end with the job
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_long_poll_ends_when_its_time_is_up(client: TestClient) -> None:
    job_id = job_of(client, b"1")
    assert client.get(f"/v1/jobs/{job_id}?wait=0.2").json()["status"] == "queued"


def test_the_pace_is_that_of_all_the_time_until_the_answer(client: TestClient, parts: Parts) -> None:
    job_id = job_of(client, *[b"1"] * 5)
    assert isinstance(parts.queue, MemoryQueue)
    lifecycle.work(parts, parts.queue.take() or "", "w", MoodyRecognizer, unpack, utc_now)

    progress = client.get(f"/v1/jobs/{job_id}?wait=0.5").json()["progress"]

    assert progress["items_per_second"] <= 4 / 0.5
    assert progress["eta_seconds"] >= 0.5 / 4


def test_no_pace_is_told_once_some_images_are_read_again(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1", b"no image")
    work()
    assert client.get(f"/v1/jobs/{job_id}").json()["progress"]["items_per_second"]

    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 202
    told = [client.get(f"/v1/jobs/{job_id}").json()]
    work()
    told.append(client.get(f"/v1/jobs/{job_id}").json())

    assert [job["status"] for job in told] == ["queued", "completed"]
    for job in told:
        assert (job["progress"]["items_per_second"], job["progress"]["eta_seconds"]) == (None, None)


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan"])
def test_a_wait_out_of_bounds_is_422(client: TestClient, wait: str) -> None:
    assert client.get(f"/v1/jobs/{job_of(client, b'1')}?wait={wait}").status_code == 422


UNKNOWN = ["job_01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense", "%00", "a%00b", "'", "x" * 2000, "%F0%9F%98%80"]


@pytest.mark.parametrize("job_id", UNKNOWN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "?wait=1"),
        ("DELETE", ""),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("GET", "/results"),
        ("GET", "/results?format=csv"),
        ("GET", "/results/0"),
        ("GET", "/results/0/image"),
        ("GET", "/results/0/normalized"),
        ("GET", "/tiles?index=0"),
        ("DELETE", "/results/0/review"),
    ],
)
def test_an_unknown_job_is_404_always(client: TestClient, job_id: str, method: str, path: str) -> None:
    answer = client.request(method, f"/v1/jobs/{job_id}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_jobs_are_listed_in_pages_that_link_to_the_next(client: TestClient, work: Work) -> None:
    ids = [job_of(client, b"1") for _ in range(5)]
    work()
    seen, address = [], "/v1/jobs?limit=2&status=completed"
    while address:
        page = client.get(address)
        body = page.json()
        assert body["object"] == "list"
        assert (body["first_id"], body["last_id"]) == (body["data"][0]["id"], body["data"][-1]["id"])
        seen += [job["id"] for job in body["data"]]
        link = re.fullmatch(r'<(.+)>; rel="next"', page.headers.get("link", ""))
        assert body["has_more"] is bool(link)
        address = link[1] if link else ""
        assert not address or "status=completed" in address
    assert seen == ids[::-1]


def test_a_list_of_nothing_is_a_list(client: TestClient) -> None:
    expected = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert client.get("/v1/jobs").json() == expected


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "status=done"])
def test_a_bad_query_is_422_and_points_at_the_fault(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/jobs?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/query/{query.split('=')[0]}"
