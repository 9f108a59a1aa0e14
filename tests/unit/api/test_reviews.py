"""What people say stands beside what the model said, and goes into every export."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from tests.conftest import Packs
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import job_of

#: The worker of these tests is in doubt about every zero.
FILES = [b"3", b"no image", b"0", b"7", b"0", b"0"]


@pytest.fixture
def job(client: TestClient, work: Work) -> str:
    job_id = job_of(client, *FILES)
    work()
    return job_id


@pytest.fixture
def say(client: TestClient, job: str) -> Callable[..., Any]:
    def post(index: int, label: str | None, **more: str) -> Any:
        return client.post(f"/v1/jobs/{job}/results/{index}/review", json={"label": label, **more})

    return post


def pending(client: TestClient) -> list[int]:
    return [each["result"]["index"] for each in client.get("/v1/reviews/pending").json()["data"]]


def test_a_correction_stands_beside_the_models_answer(client: TestClient, job: str, say: Callable[..., Any]) -> None:
    answer = say(2, "6", reviewer="Ada")
    assert answer.status_code == 200
    assert answer.json()["prediction"] == "0"
    assert answer.json()["correction"]["label"] == "6"
    assert answer.json()["correction"]["reviewer"] == "Ada"
    assert client.get(f"/v1/jobs/{job}/results/2").json() == answer.json()


def test_a_person_may_see_no_digit_and_read_what_the_model_could_not(
    client: TestClient, job: str, say: Callable[..., Any]
) -> None:
    assert say(0, None).json()["correction"]["label"] is None
    assert say(1, "4").json()["status"] == "failed"
    assert client.get(f"/v1/jobs/{job}/outline").json()["corrected"][:2] == ["none", "4"]


def test_what_was_said_is_kept_with_before_and_after(client: TestClient, job: str, say: Callable[..., Any]) -> None:
    say(2, "6", reviewer="Ada")
    say(2, None, reviewer="Grace")
    client.delete(f"/v1/jobs/{job}/results/2/review", params={"reviewer": "Ada"})

    history = client.get("/v1/reviews").json()["data"]
    assert [(each["before"], each["after"], each["reviewer"]) for each in history] == [
        ("none", "0", "Ada"),
        ("6", "none", "Grace"),
        ("0", "6", "Ada"),
    ]
    assert {(each["job_id"], each["index"]) for each in history} == {(job, 2)}
    assert client.get(f"/v1/jobs/{job}/results/2").json()["correction"] is None


def test_the_history_comes_in_pages(client: TestClient, say: Callable[..., Any]) -> None:
    for label in "123":
        say(0, label)
    answer = client.get("/v1/reviews?limit=2")
    first = answer.json()
    assert client.get(answer.links["next"]["url"]).json()["data"][0]["after"] == "1"
    rest = client.get(f"/v1/reviews?limit=2&after={first['last_id']}").json()
    assert [each["after"] for each in first["data"] + rest["data"]] == ["3", "2", "1"]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_what_is_doubtful_waits_until_somebody_has_said_something(
    client: TestClient, job: str, say: Callable[..., Any]
) -> None:
    assert pending(client) == [2, 4, 5]
    say(2, "0")
    assert pending(client) == [4, 5]
    client.delete(f"/v1/jobs/{job}/results/2/review")
    assert pending(client) == [2, 4, 5]

    answer = client.get("/v1/reviews/pending?limit=2")
    first = answer.json()
    assert len(client.get(answer.links["next"]["url"]).json()["data"]) == 1
    rest = client.get(f"/v1/reviews/pending?after={first['last_id']}").json()
    assert [each["result"]["index"] for each in rest["data"]] == [5]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"label": "10"},
        {"label": "x"},
        {"label": 3},
        {"label": "3", "reviewer": ""},
        {"label": "3", "reviewer": "a\0"},
    ],
)
def test_nonsense_is_refused(client: TestClient, job: str, body: dict[str, object]) -> None:
    assert client.post(f"/v1/jobs/{job}/results/0/review", json=body).status_code == 422


def test_nothing_can_be_said_of_what_is_not_there(client: TestClient, job: str, say: Callable[..., Any]) -> None:
    assert say(99, "3").status_code == 404
    assert client.delete(f"/v1/jobs/{job}/results/99/review").status_code == 404
    assert client.post("/v1/jobs/job_x/results/0/review", json={"label": "3"}).status_code == 404
    for cursor in ("nonsense", "job_x:²", f"job_x:{'9' * 5000}"):
        assert client.get("/v1/reviews/pending", params={"after": cursor}).status_code == 422


@pytest.mark.parametrize("announced", [True, False])
def test_a_long_body_is_refused_where_no_upload_is_meant(client: TestClient, job: str, announced: bool) -> None:
    def long() -> Iterator[bytes]:
        yield from (b" " * 1000 for _ in range(100))

    content = b"".join(long()) if announced else long()
    answer = client.post(f"/v1/jobs/{job}/results/0/review", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_exports_of_results_have_the_correction_beside_the_prediction(
    client: TestClient, job: str, say: Callable[..., Any]
) -> None:
    say(0, "8", reviewer="=Ada")
    say(3, None)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/v1/jobs/{job}/results?format=csv").text)))
    assert [(row["prediction"], row["corrected"]) for row in rows][:4] == [
        ("3", "8"),
        ("", ""),
        ("0", ""),
        ("7", "none"),
    ]
    assert rows[0]["reviewer"] == "'=Ada", "a spreadsheet would take it for a formula"

    lines = client.get(f"/v1/jobs/{job}/results?format=ndjson").text.splitlines()
    assert [(json.loads(line)["correction"] or {}).get("label", "") for line in lines] == ["8", "", "", None, "", ""]


def test_a_deleted_job_takes_its_corrections_with_it(client: TestClient, job: str, say: Callable[..., Any]) -> None:
    say(0, "8")
    assert client.delete(f"/v1/jobs/{job}").status_code == 204
    assert client.get("/v1/reviews").json()["data"] == []


def test_corrections_come_home_in_a_folder_for_each_digit(
    client: TestClient, job: str, say: Callable[..., Any]
) -> None:
    say(0, "8")
    say(5, None)
    exported = zipfile.ZipFile(io.BytesIO(client.get("/v1/reviews/export?format=zip").content))
    assert {name: exported.read(name) for name in exported.namelist()} == {
        f"8/{job}_00000000": b"3",
        f"none/{job}_00000005": b"0",
    }


def test_a_lost_pack_costs_no_corrections_of_the_jobs_other_packs(
    client: TestClient, packs: Packs, job: str, say: Callable[..., Any]
) -> None:
    for index in (0, 3, 4, 5):
        say(index, "8")
    lost, _ = packs()
    lost.unlink()

    with capture_logs() as logged:
        exported = client.get("/v1/reviews/export?format=ndjson").text

    assert [json.loads(line)["index"] for line in exported.splitlines()] == [4, 5]
    assert [(each["event"], each["job"], each["log_level"]) for each in logged] == [("pack_left_out", job, "warning")]
    assert str(lost).endswith(logged[0]["pack"])


def test_corrections_come_home_as_lines(client: TestClient, job: str, say: Callable[..., Any]) -> None:
    say(0, "8", reviewer="Ada")
    (line,) = client.get("/v1/reviews/export?format=ndjson").text.splitlines()
    found = json.loads(line)
    assert (found["job_id"], found["index"], found["label"], found["reviewer"], found["image"]) == (
        job, 0, "8", "Ada", "Mw==",
    )  # fmt: skip


def test_corrections_come_home_in_mnists_format(
    client: TestClient, say: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(_: object, job_id: str, indexes: Sequence[int]) -> Mapping[int, bytes]:
        return {index: bytes([index]) * 784 for index in indexes}

    monkeypatch.setattr("api.views.Views.ask", ask)
    say(0, "8")
    say(2, None)
    say(3, "1")
    exported = zipfile.ZipFile(io.BytesIO(client.get("/v1/reviews/export?format=idx").content))
    images = exported.read("corrections-images-idx3-ubyte")
    labels = exported.read("corrections-labels-idx1-ubyte")
    assert struct.unpack(">IIII", images[:16]) == (0x803, 2, 28, 28)
    assert images[16:] == bytes(784) + bytes([3]) * 784
    assert labels == struct.pack(">II", 0x801, 2) + bytes([8, 1])
