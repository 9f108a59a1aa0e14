"""A run says which shards it learned from, how these were made, and by which code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from training import origins, shards, train

FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture(autouse=True)
def first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code stands at a first commit, and whoever makes shards does so in this process."""
    at(FIRST, monkeypatch)
    monkeypatch.setattr(shards, "get_context", lambda way: Here())


class Here:
    """A pool of no processes."""

    def Pool(self, processes: int) -> Here:
        return self

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    imap = map


def at(commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (origins, train):
        monkeypatch.setattr(module, "commit", lambda: commit)


def stock(folder: Path, count: int = 2, seed: int = 5) -> shards.Stock:
    return shards.Stock(folder, count, seed, size=3)


def test_a_commit_is_told_in_full_and_whether_files_differ_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(origins, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert origins.commit() == "unknown", "there is no repository"

    def git(*words: str) -> str:
        known = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
        return subprocess.run(
            ["git", *known, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    (tmp_path / "file").write_text("as it was")
    for words in (("init",), ("add", "file"), ("commit", "--message", "first"), ("tag", "v1")):
        git(*words)
    assert origins.commit() == git("rev-parse", "HEAD")

    (tmp_path / "file").write_text("changed")
    assert origins.commit() == f"{git('rev-parse', 'HEAD')}-dirty"


def test_without_git_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))

    assert origins.commit() == "unknown"


def test_a_folder_of_shards_says_how_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards.prepare(stock(tmp_path))
    assert origins.how_made(tmp_path) == {"seed": 5, "size": 3, "count": 2, "commits": [FIRST]}

    at(SECOND, monkeypatch)
    shards.prepare(stock(tmp_path))
    assert origins.how_made(tmp_path)["commits"] == [FIRST], "nothing was missing"

    shards.prepare(stock(tmp_path, count=3))
    assert origins.how_made(tmp_path) == {"seed": 5, "size": 3, "count": 3, "commits": [FIRST, SECOND]}
    assert len([*tmp_path.glob("*.npz")]) == 3


def test_a_folder_goes_on_only_as_it_was_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards.prepare(stock(tmp_path))
    monkeypatch.setattr("sys.argv", ["shards", "--folder", str(tmp_path), "--count", "3", "--seed", "6"])

    with pytest.raises(SystemExit, match="were begun with seed 5, size 3; go on with that, or choose another --folder"):
        shards.main()
    assert len([*tmp_path.glob("*.npz")]) == 2


def test_of_older_shards_the_making_stays_unknown(tmp_path: Path) -> None:
    stock(tmp_path).make(0)

    shards.prepare(stock(tmp_path))

    assert origins.how_made(tmp_path) == "unknown"
    assert len([*tmp_path.glob("*.npz")]) == 2


def recipe_of_a_run(folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, object]:
    monkeypatch.setattr(train, "train", lambda *told: (run / train.BACKUP).mkdir(exist_ok=True))
    monkeypatch.setattr("sys.argv", ["train", "--shards", str(folder), "--run", str(run), *words])
    train.main()
    return dict(json.loads((run / "recipe.json").read_text()))


def test_a_recipe_names_the_shards_and_the_commit_that_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run = tmp_path / "shards", tmp_path / "run"
    shards.prepare(stock(folder))

    begun = recipe_of_a_run(folder, run, monkeypatch)
    at(SECOND, monkeypatch)
    gone_on = recipe_of_a_run(folder, run, monkeypatch, "--epochs", "90")

    assert begun["shards"] == {"seed": 5, "size": 3, "count": 2, "commits": [FIRST]}
    assert begun["commit"] == FIRST
    assert gone_on == begun | {"epochs": 90}


def test_a_run_does_not_go_on_with_other_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seed in (("shards", 5), ("more", 6)):
        shards.prepare(stock(tmp_path / name, seed=seed))
    recipe_of_a_run(tmp_path / "shards", tmp_path / "run", monkeypatch)

    with pytest.raises(SystemExit, match=r'was begun with shards \{"seed": 5'):
        recipe_of_a_run(tmp_path / "more", tmp_path / "run", monkeypatch)


def test_older_shards_and_older_runs_go_on_and_are_said_to_be_of_unknown_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run = tmp_path / "shards", tmp_path / "run"
    stock(folder).make(0)
    begun = recipe_of_a_run(folder, run, monkeypatch)
    assert (begun["shards"], begun["commit"]) == ("unknown", FIRST)

    older = {name: value for name, value in begun.items() if name not in ("shards", "commit")}
    (run / "recipe.json").write_text(json.dumps(older))
    gone_on = recipe_of_a_run(folder, run, monkeypatch)
    assert (gone_on["shards"], gone_on["commit"]) == ("unknown", "unknown")
