"""The body of a submission, read back by parsers of others."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multipart import MultipartParser, MultipartPart

from cli.collect import Collection, Source
from cli.exits import UsageError
from cli.read_options import ReadOptions
from cli.upload import body, form_fields, tar_of


def parts_of(found: Collection, fields: dict[str, str] | None = None) -> list[MultipartPart]:
    """The parts that a server sees; the progress bar hears of the files' bytes alone."""
    told: list[int] = []
    sent = b"".join(body(fields or {}, found, "boundary", told.append))
    assert sum(told) == found.size
    return list(MultipartParser(io.BytesIO(sent), "boundary", content_length=len(sent)))


def ignored(*_: object) -> None:
    """What nobody counts."""


def source(path: Path, data: bytes, name: str = "") -> Source:
    path.write_bytes(data)
    return Source(str(path), name or path.name, len(data))


def test_archives_are_parts_and_loose_files_travel_together(tmp_path: Path) -> None:
    found = Collection(
        archives=[source(tmp_path / "a.zip", b"PK one"), source(tmp_path / "b.zip", b"PK two")],
        images=[source(tmp_path / "1.png", b"one"), source(tmp_path / "2.png", b"two", "sub/zwölf.png")],
    )

    parts = parts_of(found, {"model": "digits"})

    assert [(part.name, part.filename) for part in parts] == [
        ("model", None),
        ("files", "a.zip"),
        ("files", "b.zip"),
        ("files", "files.tar"),
    ]
    assert parts[0].value == "digits"
    assert parts[1].raw == b"PK one"
    with tarfile.open(fileobj=io.BytesIO(parts[3].raw)) as tar:
        assert {member.name: tar.extractfile(member).read() for member in tar} == {  # type: ignore[union-attr]
            "1.png": b"one",
            "sub/zwölf.png": b"two",
        }


@pytest.mark.parametrize("name", ["._1.png", ".git/1.png", "__MACOSX/1.png"])
def test_what_the_server_leaves_out_of_archives_is_a_part_of_its_own(name: str, tmp_path: Path) -> None:
    found = Collection(images=[source(tmp_path / "1.png", b"one", name)])

    assert [(part.filename, part.raw) for part in parts_of(found)] == [(name, b"one")]


def test_a_file_name_cannot_break_out_of_its_header(tmp_path: Path) -> None:
    found = Collection(archives=[source(tmp_path / "a.zip", b"PK", 'x"; name="model"\r\n\r\n.zip')])

    parts = parts_of(found)

    assert [part.name for part in parts] == ["files"]


def test_a_file_that_has_vanished_is_left_out(tmp_path: Path) -> None:
    images = [Source(str(tmp_path / "gone.png"), "gone.png", 3), source(tmp_path / "here.png", b"x")]
    missed: list[str] = []

    sent = b"".join(tar_of(images, ignored, lambda path, error: missed.append(f"{path}: {error.strerror}")))

    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        assert tar.getnames() == ["here.png"]
    assert missed == [f"{tmp_path}/gone.png: No such file or directory"]


def test_an_archive_that_has_vanished_ends_the_upload_with_a_sentence(tmp_path: Path) -> None:
    found = Collection(archives=[Source(str(tmp_path / "gone.zip"), "gone.zip", 3)])

    with pytest.raises(UsageError, match=r"gone\.zip cannot be read any more \(No such file or directory\)"):
        parts_of(found)


def test_an_archive_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    archive = source(tmp_path / "a.zip", b"PK", "b\udce9b.zip")

    assert [part.filename for part in parts_of(Collection(archives=[archive]))] == ["b?b.zip"]


def test_the_body_comes_in_blocks_while_the_files_are_read(tmp_path: Path) -> None:
    image = source(tmp_path / "1.png", b"x" * 1000)
    largest = max(len(block) for block in tar_of([image] * 5000, ignored, ignored))

    assert largest < 2**20


@given(names=st.lists(st.text(st.characters(blacklist_characters="/\0", codec="utf-8"), min_size=1, max_size=150)))
def test_every_name_survives(names: list[str]) -> None:
    images = [Source(__file__, f"x/{name}x", 0) for name in names]

    with tarfile.open(fileobj=io.BytesIO(b"".join(tar_of(images, ignored, ignored)))) as tar:
        assert tar.getnames() == [image.name for image in images]


def test_fields_are_sent_only_if_they_are_given() -> None:
    assert form_fields(ReadOptions(), {}) == {}
    assert form_fields(ReadOptions(model=""), {}) == {}
    assert form_fields(ReadOptions(model="digits@1", threshold=0), {"by": "me"}) == {
        "model": "digits@1",
        "threshold": "0",
        "metadata": '{"by": "me"}',
    }
