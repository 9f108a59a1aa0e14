"""The commands against a real service: what they print, write, and return."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from cli.demo import SAMPLE
from cli.exits import Exit
from cli.service.checks import free_port
from shared.manifest import parse_manifest
from shared.settings import PROJECT
from tests.acceptance.running import Up, digitq

pytestmark = pytest.mark.timeout(300)


def test_a_folder_comes_back_as_a_table(service: Up, digits: Path, tmp_path: Path) -> None:
    table = tmp_path / "results.csv"

    ended = digitq("submit", str(digits), "--wait", "--output", str(table), "--server", service.url)

    assert ended.returncode == Exit.OK, ended.stderr
    for words in ("completed", "200", "images/s", str(table)):
        assert words in ended.stdout
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 200
    assert sum(Path(row["filename"]).parent.name == row["prediction"] for row in rows) >= 195


def test_results_come_in_every_form(service: Up, digits: Path, tmp_path: Path) -> None:
    for ending in ("csv", "ndjson", "json"):
        file = tmp_path / f"results.{ending}"
        ended = digitq("submit", str(digits), "-o", str(file), "--json", "--server", service.url)
        job = json.loads(ended.stdout)

        assert job["counts"]["succeeded"] == 200
        assert job["urls"]["results"]
        printed = digitq("results", job["id"], "--format", ending, "--server", service.url)
        assert printed.stdout == file.read_text()
    assert len(json.loads(file.read_text())["data"]) == 200


def test_names_can_be_piped_in(service: Up, digits: Path) -> None:
    names = "\n".join(str(path) for path in sorted(digits.rglob("*.png"))[:7])
    ended = subprocess.run(
        [sys.executable, "-m", "cli", "submit", "-", "--wait", "--json"],
        input=names,
        env=os.environ | {"DIGITQ_SERVER": service.url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert json.loads(ended.stdout)["counts"]["total"] == 7


def test_what_is_named_is_read_whatever_it_is_called(
    service: Up, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("1.png", "._2.png", ".git/3.png", "__MACOSX/4.png")
    for name, image in zip(names, sorted(digits.rglob("*.png")), strict=False):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(image.read_bytes())

    ended = digitq("submit", *names, "-o", "results.csv", "--json", "--server", service.url)

    assert json.loads(ended.stdout)["counts"]["succeeded"] == len(names)
    assert {row["filename"] for row in csv.DictReader(Path("results.csv").read_text().splitlines())} == set(names)


@pytest.mark.parametrize(
    ("good", "code", "words"), [(1, Exit.SOME_FAILED, "partial"), (0, Exit.ALL_FAILED, "all failed")]
)
def test_the_exit_code_tells_that_images_failed(
    service: Up, digits: Path, tmp_path: Path, good: int, code: Exit, words: str
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    images = [str(path) for path in sorted(digits.rglob("*.png"))[:good]]

    ended = digitq("submit", *images, str(tmp_path / "broken.png"), "--wait", "--server", service.url)

    assert ended.returncode == code
    assert words in ended.stdout
    assert "not_an_image" in ended.stdout


def test_a_job_can_be_followed_listed_and_deleted(service: Up, digits: Path) -> None:
    submitted = digitq("submit", str(digits / "4"), "--meta", "box=7", "--server", service.url)
    job = submitted.stdout.split(":")[0]

    assert f"status {job} --wait" in submitted.stdout
    followed = digitq("status", job, "--wait", "--server", service.url)
    assert followed.returncode == Exit.OK
    assert "box=7" in followed.stdout
    assert job in digitq("jobs", "--server", service.url).stdout
    assert digitq("delete", job, "--server", service.url).returncode == Exit.OK
    gone = digitq("status", job, "--server", service.url)
    assert gone.returncode == Exit.REFUSED
    assert "There is no job with this id" in gone.stderr


def test_ctrl_c_leaves_the_job_running_and_says_how_to_come_back(service: Up, ten_thousand: Path) -> None:
    waiting = subprocess.Popen(
        [sys.executable, "-m", "cli", "submit", *[str(ten_thousand)] * 3, "--wait", "--server", service.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr
    line = next(line for line in waiting.stderr if "30,000 images accepted" in line)
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=30)
    job = line.split(":")[0]

    assert waiting.returncode == Exit.INTERRUPTED
    assert f"status {job} --wait" in said
    assert service.job(job)["status"] in {"queued", "in_progress"}
    canceled = digitq("cancel", job, "--server", service.url)
    assert canceled.returncode == Exit.OK
    assert digitq("status", job, "--wait", "--server", service.url).returncode == Exit.STOPPED


def test_ctrl_c_in_mid_upload_does_not_promise_what_only_the_server_knows() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        sending = subprocess.Popen(
            [sys.executable, "-m", "cli", "submit", "cli/sample/mnist-200.zip", "--server", url],
            stderr=subprocess.PIPE,
            text=True,
        )
        taken, _ = silent.accept()
        with taken:
            taken.recv(1)
            sending.send_signal(signal.SIGINT)
            _, said = sending.communicate(timeout=30)

    assert sending.returncode == Exit.INTERRUPTED
    way = f"digitq jobs --server {url}"
    assert f"Stopped in mid-upload; if the server had all of it, `{way}` shows the job." in said


@pytest.mark.parametrize("target", [0.995, 0.999, 0.9999])
def test_a_target_accuracy_sets_the_threshold_and_the_job_says_what_share_was_accepted(
    service: Up, target: float
) -> None:
    asked = ("--target-accuracy", str(target), "--wait", "--server", service.url)
    told = digitq("submit", str(SAMPLE), *asked)
    job = service.newest()
    lines = digitq("results", job["id"], "--format", "ndjson", "--server", service.url).stdout.splitlines()

    rows = [json.loads(line) for line in lines]
    accepted = [row["confidence"] for row in rows if row["decision"] == "accept"]
    unsure = [row["confidence"] for row in rows if "low_confidence" in row["reasons"]]
    manifest = parse_manifest(Path(PROJECT, "models", *job["model"].values(), "manifest.json").read_text())
    threshold = manifest.threshold_for(target)
    assert job["options"]["target_accuracy"] == target
    assert min(accepted, default=threshold) >= threshold > max(unsure, default=0)
    assert job["accepted_share"] == len(accepted) / len(rows)
    assert f"{len(accepted)} ({job['accepted_share']:.2%} of those read)" in told.stdout
    assert f"({job['accepted_share']:.2%} of those read)" in digitq("status", job["id"], "--server", service.url).stdout


def test_models_are_listed(service: Up) -> None:
    models = json.loads(digitq("models", "--json", "--server", service.url).stdout)

    assert "digits" in {model["name"] for model in models}


def test_a_model_that_is_not_there_is_refused_with_a_sentence(service: Up, digits: Path) -> None:
    ended = digitq("submit", str(digits / "5"), "--model", "no-such", "--server", service.url)

    assert ended.returncode == Exit.REFUSED
    assert "no-such" in ended.stderr


def test_a_doctor_finds_a_running_service_well_and_a_stopped_one_not(service: Up, tmp_path: Path) -> None:
    settings = {"DIGITQ_DATA": str(service.data), "DIGITQ_PORT": str(service.port)}
    well = digitq("doctor", **settings)

    assert well.returncode == Exit.OK, well.stdout
    assert f"DIGITQ_DATA {service.data} environment" in " ".join(well.stdout.split())
    ill = digitq("doctor", DIGITQ_DATA=str(tmp_path), DIGITQ_PORT=str(free_port("127.0.0.1", 0)))
    assert ill.returncode == Exit.TROUBLE
    assert "starts it" in ill.stdout


def test_a_doctor_reaches_the_bucket_that_the_service_reaches(s3_url: str, tmp_path: Path) -> None:
    bucket = "s3://the-doctors-packs"
    keys = {"AWS_ENDPOINT": s3_url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "here"}
    settings = {"DIGITQ_DATA": str(tmp_path), "DIGITQ_STORE_URL": bucket, **keys}
    ill = digitq("doctor", **settings)
    httpx.put(s3_url + "/the-doctors-packs").raise_for_status()
    well = digitq("doctor", **settings)

    assert "NoSuchBucket" in ill.stdout
    assert f"store ok {bucket}" in " ".join(well.stdout.split())


def test_a_server_that_is_not_there_is_told_apart(digits: Path) -> None:
    url = f"http://127.0.0.1:{free_port('127.0.0.1', 0)}"
    ended = digitq("submit", str(digits), "--server", url)

    assert ended.returncode == Exit.UNREACHABLE
    assert f"Nothing answers at {url}; start it with `digitq up`" in ended.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("submit", "no/such/file.png"), "no/such/file.png cannot be read"),
        (("submit", ".", "--output", "results.xls"), "not as xls"),
        (("submit", ".", "--meta", "novalue"), "--meta takes key=value"),
        (("submit", ".", "--target-accuracy", "99.5"), "such as 0.995 for 99.5 %, not 99.5"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(words: tuple[str, ...], sentence: str) -> None:
    ended = digitq(*words)

    assert ended.returncode == Exit.USAGE
    assert sentence in ended.stderr


def test_a_setting_that_makes_no_sense_is_named() -> None:
    ended = digitq("doctor", DIGITQ_PORT="many")

    assert ended.returncode == Exit.USAGE
    assert "DIGITQ_PORT" in ended.stderr


def test_the_demo_reads_real_digits_and_leaves_nothing_running() -> None:
    ended = digitq("demo", "--count", "1000")

    assert ended.returncode == Exit.OK, ended.stdout + ended.stderr
    assert "accuracy" in ended.stdout
    assert float(ended.stdout.split("accuracy")[1].split("%")[0]) >= 99


def test_a_folder_without_images_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    ended = digitq("submit", str(tmp_path))

    assert ended.returncode == Exit.USAGE
    assert "There are no images" in ended.stderr
    assert "1 other file skipped" in ended.stderr


def test_archives_keep_the_names_inside(service: Up, digits: Path, tmp_path: Path) -> None:
    archive = tmp_path / "deep.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(next(digits.rglob("*.png")), "a/b/c/digit.png")

    job = json.loads(digitq("submit", str(archive), "--wait", "--json", "--server", service.url).stdout)
    results = digitq("results", job["id"], "--format", "ndjson", "--server", service.url).stdout

    assert json.loads(results)["filename"] == "a/b/c/digit.png"
