"""Labels are replaced at once, and nothing else is left in the folder."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

import pytest

from shared.errors import ModelBroken
from shared.labels import LABEL, read_labels, relabel, write_labels


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"
    assert read_labels(file) == {}

    write_labels(file, {"stable": "1.0.0"})

    assert read_labels(file) == {"stable": "1.0.0"}
    assert [path.name for path in tmp_path.iterdir()] == ["labels.json"]


def test_whoever_reads_while_a_label_moves_sees_the_old_version_or_the_new_one(tmp_path: Path) -> None:
    file, over = tmp_path / "labels.json", Event()
    write_labels(file, {"stable": "a"})

    def move() -> None:
        for turn in range(500):
            write_labels(file, {"stable": "a" if turn % 2 else "b" * 5000})
        over.set()

    mover = Thread(target=move)
    mover.start()
    seen = set()
    while not over.is_set():
        seen.add(read_labels(file)["stable"])
    mover.join()

    assert seen == {"a", "b" * 5000}


def test_labels_that_are_moved_together_are_all_moved(tmp_path: Path) -> None:
    file = tmp_path / "labels.json"

    def move(mover: str) -> None:
        for turn in range(30):
            relabel(file, f"{mover}_{'a' * (turn + 1)}", "1.0.0")

    movers = [Thread(target=move, args=[name]) for name in "abcd"]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()

    assert len(read_labels(file)) == 4 * 30


def test_the_service_may_read_labels_whoever_wrote_them(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_labels(tmp_path / "labels.json", {"stable": "1.0.0"})
    finally:
        os.umask(before)

    assert (tmp_path / "labels.json").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match=r"labels\.json cannot be written .*; make its folder writable"):
        write_labels(tmp_path / "nowhere" / "labels.json", {})


@pytest.mark.parametrize(("word", "good"), [("stable", True), ("blue-green", True), ("1.0.0", False), ("", False)])
def test_a_label_looks_like_no_version(word: str, good: bool) -> None:
    assert bool(LABEL.fullmatch(word)) is good
