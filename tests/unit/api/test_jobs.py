"""/v1/jobs as documented: what is sent, what comes back, in which state what is possible."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.bodies import MAX_PLAIN_PARTS
from shared.domain import Queue
from shared.errors import BrokerUnavailable, DatabaseUnavailable, StoreUnavailable
from shared.packs import unpack
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue, MoodyRecognizer, work_off

JOB_ID = re.compile(r"job_[0-9A-HJKMNP-TV-Z]{26}")
FIELDS = {
    "id", "object", "status", "outcome", "model", "counts", "progress", "created_at", "started_at", "ended_at",
    "expires_at", "options", "metadata", "errors", "urls",
}  # fmt: skip
EXCLUSIVE = {"queued", "processing", "succeeded", "failed", "canceled", "expired"}
DECIDED = {"accepted", "needs_review", "rejected"}
COUNTS = EXCLUSIVE | DECIDED | {"total"}

MULTIPART = "multipart/form-data; boundary=x"

Work = Callable[[], int]
Packs = Callable[[], list[Path]]


def submit(client: TestClient, *images: bytes, **more: object) -> Response:
    files = [("files", (f"{number}.png", image)) for number, image in enumerate(images)]
    return client.post("/v1/jobs", files=files, **more)  # type: ignore[arg-type]


def job_of(client: TestClient, *images: bytes, **more: object) -> str:
    answer = submit(client, *images, **more)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def counts(answer: Response) -> dict[str, int]:
    found: dict[str, int] = answer.json()["counts"]
    assert sum(found[name] for name in EXCLUSIVE) == found["total"]
    assert sum(found[name] for name in DECIDED) == found["succeeded"]
    return {name: count for name, count in found.items() if count}


# --- submitting ---


def test_a_submission_is_answered_with_the_job_and_where_to_poll(client: TestClient) -> None:
    answer = submit(client, b"1", b"2")

    job = answer.json()
    assert answer.status_code == 202
    assert JOB_ID.fullmatch(job["id"])
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}" == job["urls"]["self"]
    assert answer.headers["retry-after"].isdigit()
    assert (job["object"], job["status"], job["outcome"]) == ("job", "queued", None)
    assert counts(answer) == {"total": 2, "queued": 2}


def test_a_job_has_the_documented_fields(client: TestClient) -> None:
    job = submit(client, b"1").json()
    assert job.keys() >= FIELDS
    assert job["counts"].keys() == COUNTS
    assert job["model"].keys() == {"name", "version"}
    assert job["progress"].keys() >= {"percent", "items_per_second", "eta_seconds"}
    assert job["urls"].keys() >= {"self", "results", "cancel"}
    for moment in ("created_at", "expires_at"):
        assert job[moment].endswith("Z")


def test_the_model_is_pinned_to_a_version(client: TestClient, settings: Settings) -> None:
    job = submit(client, b"1").json()
    assert job["model"]["name"] == "digits"
    assert re.fullmatch("[0-9a-f]{12}", job["model"]["version"])
    assert job["options"]["model"] == f"digits@{job['model']['version']}"


def test_any_field_name_carries_files(client: TestClient) -> None:
    answer = client.post("/v1/jobs", files=[("image", ("a", b"1")), ("anything", ("b", b"2"))])
    assert counts(answer)["total"] == 2


def test_options_and_metadata_come_as_json_or_as_fields(client: TestClient) -> None:
    sent = {"options": json.dumps({"top_k": 2}), "metadata": '{"batch": "7"}', "threshold": "0.5"}
    job = submit(client, b"1", data=sent).json()
    assert (job["options"]["top_k"], job["options"]["threshold"], job["metadata"]) == (2, 0.5, {"batch": "7"})


def test_fields_may_follow_the_files(client: TestClient) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n1\r\n'
        b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\n1\r\n--x--\r\n'
    )
    answer = client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART})
    assert answer.json()["options"]["top_k"] == 1


def parts_of(*parts: tuple[bytes, bytes]) -> bytes:
    """A multipart body of disposition parameters and contents, with the boundary x."""
    head = b"--x\r\nContent-Disposition: form-data; "
    return b"".join(head + told + b"\r\n\r\n" + content + b"\r\n" for told, content in parts) + b"--x--\r\n"


def test_a_file_input_that_was_left_empty_is_no_image(client: TestClient) -> None:
    empty, full = (b'name="more"; filename=""', b""), (b'name="files"; filename="a.png"', b"1")
    answer = client.post("/v1/jobs", content=parts_of(empty, full, empty), headers={"content-type": MULTIPART})
    assert answer.json()["counts"]["total"] == 1


def test_a_file_without_a_name_is_an_image_all_the_same(client: TestClient) -> None:
    body = parts_of((b'name="files"; filename=""', b"1"))
    assert client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART}).json()["counts"]["total"] == 1


@pytest.mark.parametrize("told", [b'name="note%d"', b'name="file%d"; filename=""'])
def test_a_body_of_countless_parts_that_are_no_files_is_refused(client: TestClient, packs: Packs, told: bytes) -> None:
    body = parts_of(*((told % number, b"") for number in range(MAX_PLAIN_PARTS + 1)))
    answer = client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART})
    refused(answer, 422, "invalid_request", packs)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number, name in enumerate(names):
            file.writestr(name, str(number))
    return buffer.getvalue()


def test_an_archive_comes_as_the_body_or_as_a_file_among_others(client: TestClient, packs: Packs) -> None:
    body = client.post(
        "/v1/jobs", content=archive("0.png", "deep/er/1.png"), headers={"content-type": "application/zip"}
    )
    among = submit(client, b"7", archive("0.png"))
    assert (counts(body)["total"], counts(among)["total"]) == (2, 2)


def test_json_items_carry_images_and_arrays(client: TestClient, packs: Packs) -> None:
    items = [{"custom_id": "a", "image": base64.b64encode(b"1").decode()}, {"custom_id": "b", "data": [0] * 784}]
    answer = client.post("/v1/jobs", json={"items": items, "options": {"top_k": 1}, "metadata": {"k": "v"}})

    job = answer.json()
    assert (job["counts"]["total"], job["options"]["top_k"], job["metadata"]) == (2, 1, {"k": "v"})
    (pack,) = packs()
    assert [item.upload.custom_id for item in unpack(pack.read_bytes())] == ["a", "b"]


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/ndjson"])
def test_ndjson_has_an_item_a_line(client: TestClient, kind: str) -> None:
    lines = '{"data": [[1, 2], [3, 4]]}\n\n{"image": "MQ=="}'
    assert counts(client.post("/v1/jobs", content=lines, headers={"content-type": kind}))["total"] == 2


def test_packs_hold_the_images_in_order_and_are_as_few_as_can_be(client: TestClient, packs: Packs) -> None:
    job_of(client, *(str(number % 10).encode() for number in range(10)))
    items = [item for pack in packs() for item in unpack(pack.read_bytes())]
    assert [(item.index, item.upload.data) for item in items] == [(n, str(n).encode()) for n in range(10)]
    assert len(packs()) == 3


def test_small_jobs_go_first_unless_they_are_in_no_hurry(client: TestClient, parts: Parts) -> None:
    def depths() -> tuple[int, int]:
        assert isinstance(parts.queue, MemoryQueue)
        return len(parts.queue.waiting(Queue.INTERACTIVE)), len(parts.queue.waiting(Queue.BULK))

    submit(client, b"1")
    assert depths() == (1, 0)
    submit(client, b"1", data={"priority": "bulk"})
    assert depths() == (1, 1)
    submit(client, *[b"1"] * 5)
    assert depths() == (1, 3)


def test_prefer_wait_answers_with_the_finished_job(client: TestClient, work: Work, parts: Parts) -> None:
    send = parts.queue.send

    def send_and_work(queue: Queue, chunk_ids: list[str]) -> None:
        send(queue, chunk_ids)
        parts.queue.send = send  # type: ignore[method-assign]
        work()

    parts.queue.send = send_and_work  # type: ignore[method-assign,assignment]
    answer = submit(client, b"1", headers={"prefer": "respond-async, wait=5"})

    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert answer.headers["preference-applied"] == "wait=5"


def test_prefer_wait_gives_up_in_time(client: TestClient) -> None:
    answer = submit(client, b"1", headers={"prefer": "wait=1"})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "wait=1"


def test_a_broker_that_is_away_does_not_keep_a_job_from_being_taken(
    client: TestClient, parts: Parts, work: Work
) -> None:
    assert isinstance(parts.queue, MemoryQueue)
    parts.queue.away = True
    job_id = job_of(client, b"1")
    parts.queue.away = False
    job_of(client, b"2")
    work()
    assert client.get(f"/v1/jobs/{job_id}").json()["status"] == "completed"


# --- what is refused ---


def refused(answer: Response, status: int, code: str, packs: Packs) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert packs() == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/pdf", "video/mp4", "nonsense"])
def test_an_unknown_kind_of_body_is_415(client: TestClient, packs: Packs, kind: str) -> None:
    refused(client.post("/v1/jobs", content=b"x", headers={"content-type": kind}), 415, "unsupported_media_type", packs)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'"text"'),
        ("application/json", b'{"items": 5}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff\xfe"),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"top_k": 0}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"threshold": NaN}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"threshold": 0.5, "target_accuracy": 0.9}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"unknown": 1}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": []}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "metadata": {"a": 1}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "metadata": "text"}'),
        ("application/x-ndjson", b'{"image": "MQ=="}\nnot json'),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1'),
        ("multipart/form-data; boundary=\xe4", b"--x--"),
    ],
)
def test_a_body_that_is_not_as_documented_is_422(client: TestClient, packs: Packs, kind: str, body: bytes) -> None:
    answer = client.post("/v1/jobs", content=body, headers={"content-type": kind.encode("latin-1")})  # type: ignore[dict-item]
    refused(answer, 422, "invalid_request", packs)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("application/json", b'{"items": []}'),
        ("application/json", b'{"items": [{"image": "?"}]}'),
        ("application/x-ndjson", b""),
        ("application/zip", b""),
        ("application/zip", b"PK\x05\x06" + bytes(18)),
        ("application/zip", b"PK\x03\x04 and no more"),
        ("application/x-tar", bytes(1024)),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="top_k"\r\n\r\n1\r\n--x--\r\n',
        ),
    ],
)
def test_a_body_without_an_image_is_422(client: TestClient, packs: Packs, kind: str, body: bytes) -> None:
    answer = client.post("/v1/jobs", content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"nothing_to_read", "invalid_request"}
    assert packs() == []


def test_an_unknown_model_is_422_and_names_the_known_ones(client: TestClient, packs: Packs) -> None:
    answer = submit(client, b"1", data={"model": "dogs"})
    refused(answer, 422, "model_not_found", packs)
    assert "digits" in answer.json()["detail"]


@pytest.mark.parametrize("settings", [{"max_images": 3}], indirect=True)
def test_too_many_images_are_413(client: TestClient, packs: Packs) -> None:
    refused(submit(client, *[b"1"] * 4), 413, "too_large", packs)


@pytest.mark.parametrize("settings", [{"max_upload_bytes": 2000}], indirect=True)
@pytest.mark.parametrize("announced", [True, False], ids=["with a length", "in pieces"])
def test_too_many_bytes_are_413(client: TestClient, packs: Packs, announced: bool) -> None:
    body = archive("a") + b" " * 3000
    content = body if announced else iter([body[:100], body[100:]])
    refused(
        client.post("/v1/jobs", content=content, headers={"content-type": "application/zip"}), 413, "too_large", packs
    )


@pytest.mark.parametrize("settings", [{"max_upload_bytes": 2000, "max_image_bytes": 1000}], indirect=True)
def test_bytes_that_are_only_skipped_count_too(client: TestClient, packs: Packs) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
    pieces = iter([head, *[b"1" * 1000] * 9, b"\r\n--x--\r\n"])
    answer = client.post("/v1/jobs", content=pieces, headers={"content-type": "multipart/form-data; boundary=x"})
    refused(answer, 413, "too_large", packs)


@pytest.mark.parametrize("settings", [{"max_json_bytes": 100}], indirect=True)
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
def test_a_long_json_text_is_413(client: TestClient, packs: Packs, kind: str) -> None:
    body = b'{"items": [{"data": [' + b"[0, 0]," * 50 + b"[0, 0]]}]}"
    refused(client.post("/v1/jobs", content=body, headers={"content-type": kind}), 413, "too_large", packs)


@pytest.mark.parametrize("settings", [{"max_image_bytes": 3}], indirect=True)
def test_an_image_that_is_too_large_costs_only_itself(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1", b"12345")
    work()
    results = client.get(f"/v1/jobs/{job_id}/results").json()["data"]
    assert [result["error"] and result["error"]["code"] for result in results] == [None, "image_too_large"]


def test_a_wrong_content_length_is_a_bad_request(client: TestClient, packs: Packs) -> None:
    answer = client.post("/v1/jobs", content=b"{}", headers={"content-length": "many", "content-type": "image/png"})
    assert 400 <= answer.status_code < 500
    assert packs() == []


@pytest.mark.parametrize(
    ("part", "error", "status"),
    [
        ("store", StoreUnavailable, 503),
        ("book", DatabaseUnavailable, 503),
    ],
)
def test_a_part_that_is_away_is_503_and_nothing_stays(
    client: TestClient, parts: Parts, packs: Packs, monkeypatch: pytest.MonkeyPatch, part: str, error: type, status: int
) -> None:
    def away(*_: object) -> None:
        raise error

    monkeypatch.setattr(getattr(parts, part), {"store": "put", "book": "add"}[part], away)
    answer = submit(client, b"1")
    refused(answer, status, error.code, packs)  # type: ignore[attr-defined]
    assert answer.headers["retry-after"].isdigit()
    assert client.get("/v1/jobs").json()["data"] == []


@pytest.mark.parametrize("settings", [{"max_backlog_images": 2}], indirect=True)
def test_a_full_backlog_is_503_until_work_is_done(client: TestClient, work: Work) -> None:
    submit(client, b"1", b"2")
    answer = submit(client, b"3")
    assert (answer.status_code, answer.json()["code"]) == (503, "backlog_full")
    assert answer.headers["retry-after"].isdigit()
    work()
    assert submit(client, b"3").status_code == 202


# --- idempotency ---

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


def test_a_key_whose_request_failed_is_free_again(client: TestClient) -> None:
    assert submit(client, b"1", headers=KEY, data={"model": "dogs"}).status_code == 422
    assert submit(client, b"1", headers=KEY).status_code == 202


# --- looking ---


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


@pytest.mark.parametrize(("images", "outcome"), [([b"1"], "all_succeeded"), ([b"x"], "all_failed")])
def test_completed_without_success_does_not_look_like_success(
    client: TestClient, work: Work, images: list[bytes], outcome: str
) -> None:
    job_id = job_of(client, *images)
    work()
    assert client.get(f"/v1/jobs/{job_id}").json()["outcome"] == outcome


def test_nothing_new_is_304(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1")
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    same = client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": etag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    work()
    assert client.get(f"/v1/jobs/{job_id}", headers={"if-none-match": etag}).status_code == 200


def test_a_long_poll_ends_when_its_time_is_up(client: TestClient) -> None:
    job_id = job_of(client, b"1")
    assert client.get(f"/v1/jobs/{job_id}?wait=0.2").json()["status"] == "queued"


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
    ],
)
def test_an_unknown_job_is_404_always(client: TestClient, job_id: str, method: str, path: str) -> None:
    answer = client.request(method, f"/v1/jobs/{job_id}{path}")
    assert answer.status_code == 404
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


# --- changing ---


def test_cancel_ends_a_queued_job_at_once(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1", b"2")
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert counts(answer) == {"total": 2, "canceled": 2}
    work()
    assert client.get(f"/v1/jobs/{job_id}/results").json()["data"] == []


def test_cancel_lets_what_is_running_finish(client: TestClient, parts: Parts) -> None:
    job_id = job_of(client, *[b"1"] * 5)
    assert isinstance(parts.queue, MemoryQueue)
    seen = []

    def cancel_meanwhile(_: object) -> None:
        seen.append(client.post(f"/v1/jobs/{job_id}/cancel"))

    work_off(parts, lambda ref: MoodyRecognizer(ref, cancel_meanwhile))

    assert (seen[0].status_code, seen[0].json()["status"]) == (202, "canceling")
    assert seen[0].headers["retry-after"].isdigit()
    done = client.get(f"/v1/jobs/{job_id}")
    assert (done.json()["status"], done.json()["outcome"]) == ("canceled", "partial")
    assert counts(done) == {"total": 5, "succeeded": 4, "canceled": 1, "accepted": 4}
    assert len(client.get(f"/v1/jobs/{job_id}/results").json()["data"]) == 4


def test_cancel_of_an_ended_job_is_200_and_changes_nothing(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1")
    work()
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")


def test_delete_takes_uploads_and_results_along(client: TestClient, work: Work, packs: Packs) -> None:
    job_id = job_of(client, b"1")
    work()
    answer = client.delete(f"/v1/jobs/{job_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert packs() == []
    assert client.delete(f"/v1/jobs/{job_id}").status_code == 404


def test_a_running_job_cannot_be_deleted(client: TestClient, packs: Packs) -> None:
    job_id = job_of(client, b"1")
    answer = client.delete(f"/v1/jobs/{job_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(packs()) == 1


def test_retry_reads_the_failed_images_again(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"1", b"broken")
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 409
    work()
    answer = client.post(f"/v1/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert counts(answer) == {"total": 2, "queued": 1, "succeeded": 1, "accepted": 1}
    work()
    assert counts(client.get(f"/v1/jobs/{job_id}")) == {"total": 2, "succeeded": 1, "failed": 1, "accepted": 1}


def test_a_broker_error_never_reaches_the_client(client: TestClient, parts: Parts, work: Work) -> None:
    job_id = job_of(client, b"x")
    work()
    assert isinstance(parts.queue, MemoryQueue)
    parts.queue.away = True
    with pytest.raises(BrokerUnavailable):
        parts.queue.ping()
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 202
