"""What is refused when a job is submitted, with which status and code; nothing of it stays."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.bodies import MAX_PLAIN_PARTS
from shared.errors import DatabaseUnavailable, StoreUnavailable
from shared.ports import Parts
from tests.conftest import Packs
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import MULTIPART, archive, job_of, parts_of, submit


def refused(answer: Response, status: int, code: str, packs: Packs) -> None:
    """See that an answer refuses, and that no pack was kept."""
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
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"top_k": 11}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"threshold": NaN}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"threshold": 0.5, "target_accuracy": 0.9}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"unknown": 1}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": []}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"deadline_seconds": Infinity}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"deadline_seconds": 1e300}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "options": {"deadline_seconds": 1e12}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "metadata": {"a": 1}}'),
        ("application/json", b'{"items": [{"image": "MQ=="}], "metadata": "text"}'),
        ("application/x-ndjson", b'not json\n\n{"image":'),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n1'),
        ("multipart/form-data; boundary=\xe4", b"--x--"),
        (MULTIPART, parts_of((b'name="f"; filename="a"', b"1"), (b'name="treshold"', b"0.5"))),
        (MULTIPART, parts_of((b'name="f"; filename="a"', b"1"), (b"name=\"f\"; filename*=utf-8''a.png", b"1"))),
        (MULTIPART, parts_of((b'name="files"', b"an image"))),
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
    refused(client.post("/v1/jobs", json={"items": [{}] * 4}), 413, "too_large", packs)


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


@pytest.mark.parametrize("told", [b'name="note%d"', b'name="file%d"; filename=""'])
def test_a_body_of_countless_parts_that_are_no_files_is_refused(client: TestClient, packs: Packs, told: bytes) -> None:
    body = parts_of(*((told % number, b"") for number in range(MAX_PLAIN_PARTS + 1)))
    answer = client.post("/v1/jobs", content=body, headers={"content-type": MULTIPART})
    refused(answer, 422, "invalid_request", packs)


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


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"threshold": 0.5, "target_accuracy": 0.9}, "give threshold or target_accuracy, not both"),
        ({"top_k": 0}, "top_k: Input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_the_options_is_said(client: TestClient, options: dict[str, float], fault: str) -> None:
    answer = client.post("/v1/jobs", json={"items": [{"image": "MQ=="}], "options": options})
    assert answer.json()["detail"] == f"The options are not as documented: {fault}."
