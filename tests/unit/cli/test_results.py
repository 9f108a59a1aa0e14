"""The results on their way home: all of them, counted, and into a file whole or not at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.client import Client
from cli.exits import OutputUnwritable
from cli.results import check_writable, lines_of, write_results

FULL = Path("/dev/full")
CSV = 'index,filename\n0,a.png\n1,"two\nlines, ""quoted"".png"\n2,c.png\n'


def rows(count: int) -> list[dict[str, Any]]:
    return [{"index": index, "filename": f"a\u2028{index}.png"} for index in range(count)]


def serving(exported: str, *, complete: bool = True) -> Client:
    """A server with a job of five images; it knows no results but these, and gives JSON in pages as the real one."""

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/results"):
            return httpx.Response(200, json={"counts": {"total": 5}})
        headers = {"X-Complete": str(complete).lower()}
        if request.url.params["format"] == "json":
            return httpx.Response(200, json={"object": "list", "data": [], "has_more": True}, headers=headers)
        return httpx.Response(200, text=exported, headers=headers)

    return Client("http://test", httpx.MockTransport(answer))


def ndjson(count: int) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(count))


@pytest.mark.parametrize("count", [0, 1, 2500])
def test_json_holds_all_results_and_not_the_first_page(count: int, tmp_path: Path) -> None:
    write_results(serving(ndjson(count)), "job_1", "json", tmp_path / "all.json")

    written = json.loads((tmp_path / "all.json").read_bytes())
    assert written == {"object": "list", "data": rows(count), "has_more": False}


@pytest.mark.parametrize(("format", "exported"), [("csv", CSV), ("ndjson", ndjson(3))])
def test_csv_and_ndjson_are_written_as_they_come(
    format: str, exported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_results(serving(exported), "job_1", format, tmp_path / "all")

    assert (tmp_path / "all").read_bytes().decode() == exported
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("format", "exported"), [("csv", CSV), ("ndjson", ndjson(3)), ("json", ndjson(3))])
def test_of_a_running_job_it_is_said_how_much_is_there(
    format: str, exported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "part"

    write_results(serving(exported, complete=False), "job_1", format, output)

    assert f"The job is still running: 3 of its 5 images are in {output};" in capsys.readouterr().err


def test_a_line_ends_nowhere_but_at_its_end() -> None:
    assert list(lines_of([b"a\xe2\x80\xa8", b"b\nc", b"\n\nd"])) == [b"a\xe2\x80\xa8b\n", b"c\n", b"\n", b"d"]


@pytest.mark.parametrize("name", ["missing/x.csv", "folder", "file/x.csv"])
def test_where_nothing_can_be_written_is_known_before(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(OutputUnwritable, match=r"choose another --output\.$"):
        check_writable(tmp_path / name)


@pytest.mark.skipif(not FULL.exists(), reason="Only Linux has a device that is always full.")
@pytest.mark.parametrize("count", [1, 25_000])
def test_what_cannot_be_printed_is_told_in_a_sentence(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)

        with pytest.raises(OutputUnwritable, match=r"No space left on device\); choose an --output\.$"):
            write_results(serving(ndjson(count)), "job_1", "ndjson", None)


def test_looking_whether_a_file_can_be_written_leaves_all_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")

    for name in ("old.csv", "new.csv"):
        check_writable(tmp_path / name)

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("old.csv", "old")]
