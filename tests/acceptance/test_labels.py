"""A label that is moved is followed by a running service: by its front end at once, by its workers on demand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.acceptance.running import Up, digitq

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def service_of_two_versions(two_versions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    monkeypatch.setenv("DIGITQ_MODELS", str(two_versions))
    assert digitq("models", "label", "digits@1.0.0", "stable").returncode == Exit.OK
    with closing(Up(tmp_path / "data")) as service:
        service.start()
        yield service


def versions_that_read(service: Up, folder: Path, *options: str) -> set[str]:
    """Which versions of the model stand in a new job and in its results."""
    done = digitq("submit", str(folder), "--wait", "--json", "--server", service.url, *options)
    assert done.returncode == Exit.OK, done.stderr
    job = json.loads(done.stdout)
    results = service.until_completed(job["id"])
    assert results
    return {job["model"]["version"], *(result["model_version"] for result in results)}


def test_the_next_job_is_read_by_the_version_that_the_label_means_and_no_process_is_restarted(
    service_of_two_versions: Up, digits: Path
) -> None:
    service = service_of_two_versions
    processes = {process.pid for process in service.processes()}
    assert versions_that_read(service, digits / "3") == {"1.0.0"}
    waiting = service.submit(digits / "4" / sorted(file.name for file in (digits / "4").iterdir())[0])

    moved = digitq("models", "label", "digits@2.0.0", "stable")

    assert moved.stdout == "digits@stable is 2.0.0, no longer 1.0.0.\n"
    assert versions_that_read(service, digits / "3") == {"2.0.0"}
    assert versions_that_read(service, digits / "3", "--model", "digits@1.0.0") == {"1.0.0"}
    assert {result["model_version"] for result in service.until_completed(waiting)} == {"1.0.0"}
    refused = digitq("submit", str(digits / "3"), "--model", "digits@candidate", "--server", service.url)
    assert refused.returncode == Exit.REFUSED
    assert "has no version 'candidate'; it has 1.0.0, 2.0.0, stable." in refused.stderr
    assert {process.pid for process in service.processes()} == processes
