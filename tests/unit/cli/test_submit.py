"""One submission against a server that is written down: what is sent, what is said, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import submit as submit_module
from cli.client import Client
from cli.collect import Collection
from cli.exits import Exit
from cli.main import app

COUNTS = {"total": 1, "queued": 0, "processing": 0, "succeeded": 1, "failed": 0, "accepted": 1, "needs_review": 0}
JOB = {
    "id": "job_1",
    "status": "completed",
    "outcome": "all_succeeded",
    "counts": COUNTS,
    "accepted_share": 1.0,
    "ended_at": "2026-01-01T00:00:00Z",
}


class Server:
    """A server whose jobs are over at once; `meanwhile` is what happens while they are read.

    One that `breaks` is gone before it has answered a submission.
    """

    def __init__(self) -> None:
        self.submissions: list[bytes] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.breaks = False
        self.job: dict[str, Any] = JOB

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.submissions.append(request.read())
            if self.breaks:
                raise httpx.ReadError("gone")
            return httpx.Response(202, json=self.job)
        if request.url.path.endswith("/results"):
            return httpx.Response(200, text=json.dumps(row()) + "\n", headers={"X-Complete": "true"})
        self.meanwhile()
        return httpx.Response(200, json=self.job)


def row() -> dict[str, Any]:
    return {"index": 0, "filename": "1.png", "status": "succeeded", "prediction": "1"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """What answers, whatever the address."""
    server = Server()
    monkeypatch.setattr("cli.submit.Client", partial(Client, transport=httpx.MockTransport(server)))
    return server


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An image in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("1.png").write_bytes(b"one")
    return "1.png"


def submit(*words: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["submit", *words], input=given, catch_exceptions=False)


def interrupted() -> None:
    raise KeyboardInterrupt


def test_nothing_is_sent_if_the_results_cannot_be_written(server: Server, image: str) -> None:
    ended = submit(image, "-o", "missing/x.csv")

    assert ended.exit_code == Exit.USAGE
    assert "missing/x.csv cannot be written (No such file or directory); choose another --output." in ended.stderr
    assert server.submissions == []


def test_results_that_cannot_be_written_in_the_end_are_not_lost(server: Server, image: str) -> None:
    Path("results").mkdir()
    server.meanwhile = Path("results").rmdir

    ended = submit(image, "-o", "results/x.csv", "--json")

    assert ended.exit_code == Exit.USAGE
    assert "fetch them with\n  digitq results job_1 --output results/x.csv\n" in ended.stderr
    assert json.loads(ended.stdout)["id"] == "job_1"


def test_who_leaves_early_is_told_how_to_get_the_file(server: Server, image: str) -> None:
    server.meanwhile = interrupted

    ended = submit(image, "-o", "x.csv", "--json")

    assert ended.exit_code == Exit.INTERRUPTED
    assert "\n  digitq status job_1 --wait\n  digitq results job_1 --output x.csv\n" in ended.stderr


def test_an_upload_that_breaks_off_is_to_be_sent_again(server: Server, image: str) -> None:
    server.breaks = True

    ended = submit(image, "--server", "http://test")

    assert ended.exit_code == Exit.UNREACHABLE
    assert ended.stderr.endswith(
        "digitq: The connection to http://test broke off in mid-upload; send it again, but if the server "
        "had all of it, `digitq jobs --server http://test` shows the job.\n"
    )


def test_files_that_vanish_on_the_way_are_told_and_no_success(
    server: Server, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("2.png").touch()
    gather = submit_module.gathered

    def vanishing(*paths: Any, **options: Any) -> Collection:
        found = gather(*paths, **options)
        Path("2.png").unlink()
        return found

    monkeypatch.setattr(submit_module, "gathered", vanishing)

    ended = submit(image, "2.png")

    assert ended.exit_code == Exit.SOME_FAILED
    assert "Could not read 1 file or folder, which is not sent:\n  2.png (No such file or directory)" in ended.stderr


def test_what_of_a_folder_cannot_be_read_is_told_and_no_success(server: Server, as_a_user: Path) -> None:
    for number in range(7):
        Path(f"{number}.png").touch(0o400 if number == 0 else 0)

    ended = submit(".", "--wait")

    assert ended.exit_code == Exit.SOME_FAILED
    assert "Could not read 6 files or folders" in ended.stderr
    assert "\n  and 1 more\n" in ended.stderr


def test_where_no_image_can_be_read_the_reason_is_told(server: Server, as_a_user: Path) -> None:
    Path("1.png").touch(0)

    ended = submit(".")

    assert ended.exit_code == Exit.USAGE
    assert ended.stderr.splitlines() == [
        "digitq: There are no images in ..",
        "Could not read 1 file or folder, which is not sent:",
        "  ./1.png (Permission denied)",
    ]


def test_linked_and_hidden_folders_are_told(server: Server, image: str) -> None:
    Path("more").symlink_to("/")
    for hidden in (".cache", "__MACOSX"):
        Path(hidden).mkdir()

    ended = submit(".")

    assert ended.exit_code == Exit.OK
    assert "Left out 1 linked folder; name one to send what is in it:\n  ./more\n" in ended.stderr
    assert "Left out 2 hidden folders; name one to send what is in it:\n  ./.cache\n  ./__MACOSX\n" in ended.stderr


@pytest.mark.parametrize("given", [b"1.png\r\n2.png\r\n", b"1.png\n\n2.png"])
def test_names_come_one_a_line_from_every_system(server: Server, image: str, given: bytes) -> None:
    Path("2.png").touch()

    ended = submit("-", given=given)

    assert ended.exit_code == Exit.OK, ended.stderr
    assert all(name in server.submissions[0] for name in (b"1.png\0", b"2.png\0"))


@pytest.mark.parametrize("given", [b"1.png\0002.png\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_what_is_no_list_of_names_is_refused(server: Server, image: str, given: bytes) -> None:
    ended = submit("-", given=given)

    assert ended.exit_code == Exit.USAGE
    assert "Standard input must be names of files, one a line" in ended.stderr


def test_the_id_is_told_while_the_job_is_read_also_beside_json(server: Server, image: str) -> None:
    ended = submit(image, "--wait", "--json")

    assert "job_1: 1 image accepted" in ended.stderr
    assert json.loads(ended.stdout) == JOB


def test_how_images_are_read_can_be_chosen(server: Server, image: str) -> None:
    ended = submit(image, "--target-accuracy", "0.995", "--top-k", "1", "--normalize", "plain")

    assert ended.exit_code == Exit.OK, ended.stderr
    for name, value in ((b"target_accuracy", b"0.995"), (b"top_k", b"1"), (b"normalize", b"plain")):
        assert b'name="%b"\r\n\r\n%b\r\n' % (name, value) in server.submissions[0]
    assert b'name="threshold"' not in server.submissions[0]


@pytest.mark.parametrize("threshold", ["0.0", "0.5", "1.0"])
def test_a_threshold_may_be_any_probability(server: Server, image: str, threshold: str) -> None:
    ended = submit(image, "--threshold", threshold)

    assert ended.exit_code == Exit.OK, ended.stderr
    assert b'name="threshold"\r\n\r\n%b\r\n' % threshold.encode() in server.submissions[0]


A_SHARE = "--target-accuracy takes a share above 0 and below 1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--threshold", "1.1"), "--threshold takes a confidence from 0 to 1, such as 0.9, not 1.1."),
        (("--threshold", "-0.1"), "--threshold takes a confidence from 0 to 1, such as 0.9, not -0.1."),
        (("--threshold", "nan"), "--threshold takes a confidence from 0 to 1, such as 0.9, not nan."),
        (("--target-accuracy", "99.5"), f"{A_SHARE}, such as 0.995 for 99.5 %, not 99.5."),
        (("--target-accuracy", "1"), f"{A_SHARE}, such as 0.995 for 99.5 %, not 1.0."),
        (("--target-accuracy", "0"), f"{A_SHARE}, such as 0.995 for 99.5 %, not 0.0."),
        (("--top-k", "0"), "--top-k takes a number from 1 to 10, not 0."),
        (("--top-k", "11"), "--top-k takes a number from 1 to 10, not 11."),
        (("--normalize", "none"), "--normalize takes auto, mnist or plain, not none."),
        (("--threshold", "0.9", "--target-accuracy", "0.9"), "Give --threshold or --target-accuracy, not both."),
    ],
)
def test_what_no_job_can_be_read_with_is_told_before_anything_is_sent(
    server: Server, image: str, words: tuple[str, ...], sentence: str
) -> None:
    ended = submit(image, *words)

    assert ended.exit_code == Exit.USAGE
    assert ended.stderr == f"digitq: {sentence}\n"
    assert server.submissions == []


@pytest.mark.parametrize(("share", "told"), [(0.995, "1 (99.50% of those read)"), (None, "1")])
def test_the_summary_says_what_share_was_accepted(server: Server, image: str, share: float | None, told: str) -> None:
    server.job = JOB | {"accepted_share": share}

    ended = submit(image, "--wait")

    assert f"accepted {told}" in [" ".join(line.split()) for line in ended.stdout.splitlines()]
