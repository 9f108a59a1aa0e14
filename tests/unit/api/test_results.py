"""Results as documented: pages, streams and single ones, with every field, also while the job runs."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from shared.ports import Parts
from shared.testing import MemoryQueue, MoodyRecognizer, work_off
from tests.unit.api.conftest import Work

FIELDS = {
    "index", "custom_id", "filename", "status", "prediction", "confidence", "top_k", "decision", "reasons",
    "model_version", "normalization", "error",
}  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n and so on"


def job_of(client: TestClient, *files: tuple[str, bytes]) -> str:
    answer = client.post("/v1/jobs", files=[("files", file) for file in files])
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def job(client: TestClient, work: Work) -> str:
    """A finished job of six images in two packs: a doubtful 0, a file that is no image, and 2 to 5."""
    images = [("0.png", b"0"), ("broken.png", PNG), *((f"{n}.png", str(n).encode()) for n in range(2, 6))]
    job_id = job_of(client, *images)
    work()
    return job_id


def data(client: TestClient, job: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/v1/jobs/{job}/results{query}").json()["data"]
    return found


def test_a_result_has_the_documented_fields(client: TestClient, job: str) -> None:
    good, bad, *_ = data(client, job)
    assert good.keys() >= FIELDS
    assert (good["index"], good["filename"], good["custom_id"], good["error"]) == (0, "0.png", None, None)
    assert (good["status"], good["prediction"], good["confidence"]) == ("succeeded", "0", 0.99)
    assert (good["decision"], good["top_k"]) == ("needs_review", [{"label": "0", "score": 0.99}])
    assert re.fullmatch("[0-9a-f]{12}", good["model_version"])
    assert bad.keys() == good.keys()
    assert (bad["status"], bad["prediction"], bad["error"]["code"]) == ("failed", None, "not_an_image")
    assert bad["error"]["message"]


def test_pages_link_to_the_next_and_keep_the_filters(client: TestClient, job: str) -> None:
    seen, address = [], f"/v1/jobs/{job}/results?limit=2&status=succeeded"
    while address:
        page = client.get(address)
        body = page.json()
        seen += [result["index"] for result in body["data"]]
        link = re.fullmatch(r'<(.+)>; rel="next"', page.headers.get("link", ""))
        assert body["object"] == "list"
        assert body["has_more"] is bool(link)
        assert (body["first_id"], body["last_id"]) == (str(body["data"][0]["index"]), str(body["data"][-1]["index"]))
        address = link[1] if link else ""
    assert seen == [0, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("?status=failed", [1]),
        ("?decision=needs_review", [0]),
        ("?decision=accept&status=succeeded", [2, 3, 4, 5]),
        ("?after=3", [4, 5]),
        ("?decision=reject", []),
    ],
)
def test_results_are_chosen_by_status_decision_and_place(
    client: TestClient, job: str, query: str, indexes: list[int]
) -> None:
    assert [result["index"] for result in data(client, job, query)] == indexes


@pytest.mark.parametrize("query", ["limit=0", "after=-2", "format=xml", "status=done", "decision=perhaps"])
def test_a_bad_query_is_422(client: TestClient, job: str, query: str) -> None:
    assert client.get(f"/v1/jobs/{job}/results?{query}").status_code == 422


@pytest.mark.parametrize("ask", [{"params": {"format": "ndjson"}}, {"headers": {"accept": "application/x-ndjson"}}])
def test_ndjson_has_a_result_a_line(client: TestClient, job: str, ask: dict[str, Any]) -> None:
    answer = client.get(f"/v1/jobs/{job}/results", **ask)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == data(client, job)


@pytest.mark.parametrize("ask", [{"params": {"format": "csv"}}, {"headers": {"accept": "text/csv"}}])
def test_csv_has_a_result_a_line(client: TestClient, job: str, ask: dict[str, Any]) -> None:
    answer = client.get(f"/v1/jobs/{job}/results", **ask)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["prediction"] for row in rows] == ["0", "", "2", "3", "4", "5"]
    assert (rows[1]["status"], rows[1]["error_code"]) == ("failed", "not_an_image")
    assert (rows[0]["index"], rows[0]["filename"], rows[0]["decision"]) == ("0", "0.png", "needs_review")


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json", ""])
def test_json_is_what_comes_unasked(client: TestClient, job: str, accept: str) -> None:
    answer = client.get(f"/v1/jobs/{job}/results", headers={"accept": accept})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv;q=0.1, application/x-ndjson;q=0.5", "application/x-ndjson"),
        ("text/csv, application/json;q=0.5", "text/csv; charset=utf-8"),
        ("application/json;q=0.5, TEXT/CSV", "text/csv; charset=utf-8"),
        ("text/csv;q=0", "application/json"),
        ("text/csv;q=much", "application/json"),
    ],
)
def test_what_is_asked_for_most_is_given(client: TestClient, job: str, accept: str, kind: str) -> None:
    assert client.get(f"/v1/jobs/{job}/results", headers={"accept": accept}).headers["content-type"] == kind


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", "\tx"])
def test_a_name_is_no_formula_in_a_spreadsheet(client: TestClient, work: Work, name: str) -> None:
    answer = client.post("/v1/jobs", json={"items": [{"image": "MQ==", "filename": name, "custom_id": name}]})
    job_id = answer.json()["id"]
    work()
    row = next(csv.DictReader(io.StringIO(client.get(f"/v1/jobs/{job_id}/results?format=csv").text)))
    assert (row["filename"], row["custom_id"]) == (f"'{name}", f"'{name}")


NAMES = [
    "<script>alert(1)</script>.png",
    'a"b,c\nd.png',
    "a\rb.png",
    "a\r\n=1.png",
    "../../etc/passwd",
    "søndag \U0001f600.png",
    "a" * 5000,
]
ODD = ["\ud800", "a\0b", "\udcff.png"]


@pytest.mark.parametrize("name", NAMES + ODD, ids=range(len(NAMES + ODD)))
def test_any_name_comes_back_as_text_in_every_format(client: TestClient, work: Work, name: str) -> None:
    body = json.dumps({"items": [{"image": "MQ==", "filename": name, "custom_id": name[:256]}]})
    job_id = client.post("/v1/jobs", content=body, headers={"content-type": "application/json"}).json()["id"]
    work()
    (result,) = data(client, job_id)
    assert result["status"] == "succeeded"
    assert result["filename"] == (
        name[:4096] if name in NAMES else "".join("?" if c in "\0\ud800\udcff" else c for c in name)
    )
    (row,) = csv.DictReader(io.StringIO(client.get(f"/v1/jobs/{job_id}/results?format=csv").text, newline=""))
    assert row["filename"] == result["filename"]
    assert json.loads(client.get(f"/v1/jobs/{job_id}/results?format=ndjson").text) == result


def test_results_can_be_read_while_the_job_runs_and_say_so(client: TestClient, parts: Parts) -> None:
    job_id = job_of(client, *((f"{n}.png", b"1") for n in range(5)))
    assert isinstance(parts.queue, MemoryQueue)
    seen = []

    def look(_: object) -> None:
        seen.append(client.get(f"/v1/jobs/{job_id}/results"))

    work_off(parts, lambda ref: MoodyRecognizer(ref, look))

    assert [len(answer.json()["data"]) for answer in seen] == [0, 4]
    assert {answer.headers["x-complete"] for answer in seen} == {"false"}
    for form in ("json", "ndjson", "csv"):
        assert client.get(f"/v1/jobs/{job_id}/results?format={form}").headers["x-complete"] == "true"


def test_one_result_is_had_by_its_index(client: TestClient, job: str) -> None:
    assert client.get(f"/v1/jobs/{job}/results/2").json() == data(client, job)[2]


@pytest.mark.parametrize("index", [6, -1, 2**63, 2**70])
@pytest.mark.parametrize("what", ["", "/image"])
def test_an_index_that_is_not_there_is_404(client: TestClient, job: str, index: int, what: str) -> None:
    assert client.get(f"/v1/jobs/{job}/results/{index}{what}").status_code in {404, 422}


def test_an_image_comes_back_as_it_was_sent_and_cannot_run(client: TestClient, job: str) -> None:
    answer = client.get(f"/v1/jobs/{job}/results/1/image")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_what_looks_like_a_page_is_served_as_bytes(client: TestClient) -> None:
    job_id = job_of(client, ("a.html", b"<html><script>alert(1)</script>"))
    answer = client.get(f"/v1/jobs/{job_id}/results/0/image")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_an_image_that_was_not_taken_cannot_be_shown(client: TestClient) -> None:
    items = [{"image": "MQ=="}, {"image": "?"}]
    job_id = client.post("/v1/jobs", json={"items": items}).json()["id"]
    assert client.get(f"/v1/jobs/{job_id}/results/0/image").content == b"1"
    assert client.get(f"/v1/jobs/{job_id}/results/1/image").status_code == 404
