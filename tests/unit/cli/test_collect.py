"""Which files are sent, and under which names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.collect import collect, name_of
from cli.exits import UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with images, an archive, and what lies about."""
    for name in ("b.png", "a.PNG", "deep/er/c.jpg", "set.tar.gz", "no_suffix", "notes.txt", ".DS_Store", "Thumbs.db"):
        path = tmp_path / "digits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    hidden = tmp_path / "digits" / ".git" / "d.png"
    hidden.parent.mkdir()
    hidden.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "digits"


def test_a_folder_gives_its_images_in_the_order_of_their_names(folder: Path) -> None:
    found = collect(["digits"], recursive=True)

    assert [image.name for image in found.images] == [
        "digits/a.PNG",
        "digits/b.png",
        "digits/no_suffix",
        "digits/deep/er/c.jpg",
    ]
    assert [archive.name for archive in found.archives] == ["digits/set.tar.gz"]


def test_what_is_certainly_no_image_is_skipped_and_counted(folder: Path) -> None:
    assert collect(["digits"], recursive=True).skipped == len(["notes.txt", ".DS_Store", "Thumbs.db"])


def test_a_folder_need_not_be_searched_in_depth(folder: Path) -> None:
    names = [image.name for image in collect(["digits"], recursive=False).images]

    assert names == ["digits/a.PNG", "digits/b.png", "digits/no_suffix"]


def test_a_file_that_is_named_is_sent_whatever_it_is_called(folder: Path) -> None:
    assert [image.name for image in collect(["digits/notes.txt"], recursive=True).images] == ["digits/notes.txt"]


def test_the_size_is_that_of_all_files(folder: Path) -> None:
    assert collect(["digits/b.png", "digits/set.tar.gz"], recursive=True).size == len("b.png") + len("set.tar.gz")


def test_a_path_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.png cannot be read"):
        collect(["gone.png"], recursive=True)


@pytest.mark.parametrize("name", ["a.png", "a.zip", "folder"])
def test_what_is_named_and_cannot_be_read_is_told(name: str, as_a_user: Path) -> None:
    path = as_a_user / name
    path.mkdir() if name == "folder" else path.touch()
    path.chmod(0)

    with pytest.raises(UsageError, match=rf"^{name} cannot be read \(Permission denied\)\.$"):
        collect([name], recursive=True)


def test_what_cannot_be_read_in_a_folder_is_no_other_file(as_a_user: Path) -> None:
    for name in ("a.png", "b.zip", "sub/c.png", "d.png"):
        path = as_a_user / "digits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name in ("a.png", "b.zip", "sub"):
        (as_a_user / "digits" / name).chmod(0)
    (as_a_user / "digits" / "e.png").symlink_to("gone.png")

    found = collect(["digits"], recursive=True)

    assert [image.name for image in found.images] == ["digits/d.png"]
    assert sorted(found.unreadable) == [
        "digits/a.png (Permission denied)",
        "digits/b.zip (Permission denied)",
        "digits/e.png (No such file or directory)",
        "digits/sub (Permission denied)",
    ]
    assert found.skipped == 0


@pytest.mark.parametrize("name", ["scan.pdf", "form.doc", "2024.csv"])
def test_a_folder_is_entered_whatever_ending_its_name_has(name: str, folder: Path) -> None:
    (folder / name).mkdir()
    (folder / name / "e.png").touch()

    assert f"digits/{name}/e.png" in [image.name for image in collect(["digits"], recursive=True).images]


def test_hidden_folders_are_named_and_not_entered(folder: Path) -> None:
    (folder / "deep" / "__MACOSX").mkdir()

    assert collect(["digits"], recursive=True).hidden == ["digits/.git", "digits/deep/__MACOSX"]
    assert collect(["digits"], recursive=False).hidden == []


def test_linked_folders_are_named_and_not_entered(folder: Path) -> None:
    (folder / "all").symlink_to("/")
    (folder / "deep" / "circle").symlink_to("..")

    found = collect(["digits"], recursive=True)

    assert len(found.images) == 4
    assert sorted(found.linked) == ["digits/all", "digits/deep/circle"]
    assert collect(["digits"], recursive=False).linked == []


def test_a_linked_folder_that_is_named_is_entered(folder: Path) -> None:
    Path("link").symlink_to("digits")

    assert next(image.name for image in collect(["link"], recursive=False).images) == "link/a.PNG"


def test_a_file_that_never_ends_is_not_read(folder: Path) -> None:
    os.mkfifo("digits/pipe")

    assert "digits/pipe" not in [image.name for image in collect(["digits"], recursive=True).images]
    with pytest.raises(UsageError, match=r"digits/pipe cannot be read \(it is no regular file\)"):
        collect(["digits/pipe"], recursive=True)


@pytest.mark.parametrize(
    ("path", "name"),
    [("digits/1.png", "digits/1.png"), ("/tmp/1.png", "tmp/1.png"), ("../x/./1.png", "x/1.png")],
)
def test_a_name_is_the_path_as_given_without_root_and_dots(path: str, name: str) -> None:
    assert name_of(path) == name
