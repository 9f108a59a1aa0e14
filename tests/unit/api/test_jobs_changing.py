"""Canceling, deleting and retrying a job as documented: in which state what is possible."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from shared.errors import BrokerUnavailable
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue, MoodyRecognizer, work_off
from tests.conftest import Packs
from tests.unit.api.conftest import Work
from tests.unit.api.submitting import counts, job_of


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


def test_a_retry_without_the_jobs_model_is_refused_and_changes_nothing(
    client: TestClient, work: Work, settings: Settings
) -> None:
    job_id = job_of(client, b"broken")
    work()
    (settings.models / "digits.keras").write_bytes(b"other weights")

    answer = client.post(f"/v1/jobs/{job_id}/retry")

    assert (answer.status_code, answer.json()["code"]) == (422, "model_not_found")
    assert "submit the images again" in answer.json()["detail"]
    assert client.get(f"/v1/jobs/{job_id}").json()["status"] == "completed"


def test_a_retry_with_an_empty_object_asks_for_nothing_more(client: TestClient, work: Work) -> None:
    job_id = job_of(client, b"broken")
    work()
    assert client.post(f"/v1/jobs/{job_id}/retry", content=b"{}").status_code == 202


@pytest.mark.parametrize("body", [b"{", b'{"model": "digits@2.0.0"}', b"model=digits"])
def test_a_retry_with_a_wish_is_refused(client: TestClient, work: Work, body: bytes) -> None:
    job_id = job_of(client, b"broken")
    work()
    answer = client.post(f"/v1/jobs/{job_id}/retry", content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert client.get(f"/v1/jobs/{job_id}").json()["status"] == "completed"


def test_a_broker_error_never_reaches_the_client(client: TestClient, parts: Parts, work: Work) -> None:
    job_id = job_of(client, b"x")
    work()
    assert isinstance(parts.queue, MemoryQueue)
    parts.queue.away = True
    with pytest.raises(BrokerUnavailable):
        parts.queue.ping()
    assert client.post(f"/v1/jobs/{job_id}/retry").status_code == 202
