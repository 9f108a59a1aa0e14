"""Submitting a job as documented: what may be sent in which form, and what comes back."""

from __future__ import annotations

import base64
import json
import re

import pytest
from fastapi.testclient import TestClient

from shared.domain import Queue
from shared.packs import unpack
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue
from tests.conftest import Packs
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import DECIDED, EXCLUSIVE, MULTIPART, archive, counts, job_of, parts_of, submit

JOB_ID = re.compile(r"job_[0-9A-HJKMNP-TV-Z]{26}")
FIELDS = {
    "id", "object", "status", "outcome", "model", "counts", "accepted_share", "progress", "created_at",
    "started_at", "ended_at", "expires_at", "options", "metadata", "errors", "urls",
}  # fmt: skip
COUNTS = EXCLUSIVE | DECIDED | {"total"}


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


def test_a_file_input_that_was_left_empty_is_no_image(client: TestClient) -> None:
    empty, full = (b'name="more"; filename=""', b""), (b'name="files"; filename="a.png"', b"1")
    answer = client.post("/v1/jobs", content=parts_of(empty, full, empty), headers={"content-type": MULTIPART})
    assert answer.json()["counts"]["total"] == 1


def test_a_file_without_a_name_is_an_image_all_the_same(client: TestClient) -> None:
    body = parts_of((b'name="files"; filename=""', b"1"))
    assert client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART}).json()["counts"]["total"] == 1


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


@pytest.mark.parametrize("fault", [b"{not json", b"\xff", b'{"image": "MQ==', b"[1]"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_line_that_is_no_item_costs_no_other_its_reading(
    client: TestClient, packs: Packs, fault: bytes, at: int
) -> None:
    lines = [b'{"image": "MQ=="}', b'{"image": "Mg=="}']
    lines.insert(at, fault)

    answer = client.post("/v1/jobs", content=b"\n".join(lines), headers={"content-type": "application/x-ndjson"})

    assert counts(answer)["total"] == 3
    uploads = [item.upload for pack in packs() for item in unpack(pack.read_bytes())]
    assert [upload.data for upload in uploads if upload.error is None] == [b"1", b"2"]
    assert [upload.error.code for upload in uploads if upload.error] == ["invalid_item"]


@pytest.mark.parametrize(
    ("sent", "name"),
    [(b"caf\xc3\xa9.png", "café.png"), (b"caf\xe9.png", "café.png"), (b"7" * 9000, "7" * 4096)],
)
def test_a_file_is_read_whatever_its_name(client: TestClient, packs: Packs, sent: bytes, name: str) -> None:
    body = parts_of((b'name="files"; filename="' + sent + b'"', b"1"), (b'name="files"; filename="b"', b"2"))

    answer = client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART})

    assert counts(answer)["total"] == 2
    assert [item.upload.filename for pack in packs() for item in unpack(pack.read_bytes())] == [name, "b"]


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


@pytest.mark.parametrize("prefer", ["wait=1", 'respond-async,Wait = "1"; foo', "wait=1;foo=bar"])
def test_prefer_wait_gives_up_in_time(client: TestClient, prefer: str) -> None:
    answer = submit(client, b"1", headers={"prefer": prefer})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "wait=1"


@pytest.mark.parametrize("prefer", ["wait=²".encode("latin-1"), b"await=5", b"wait=-1", b"wait"])
def test_what_is_no_wait_is_passed_over(client: TestClient, prefer: bytes) -> None:
    answer = submit(client, b"1", headers={b"prefer": prefer})
    assert (answer.status_code, "preference-applied" in answer.headers) == (202, False)


def test_the_options_come_back(client: TestClient) -> None:
    options = submit(client, b"1", data={"priority": "bulk", "top_k": "2"}).json()["options"]
    assert (options["priority"], options["top_k"]) == ("bulk", 2)
    assert submit(client, b"1").json()["options"]["priority"] == "auto"


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
