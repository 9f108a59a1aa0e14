"""A program that cannot begin as it is set up says why in a sentence, and its status tells the kind of fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import PROJECT

PROGRAMS = (["api"], ["worker"], ["worker", "beat"], ["worker.check", "digits"], ["migrations"], ["cli", "migrate"])


def ended(program: list[str], **environment: str) -> tuple[int, str]:
    """The exit status, and what was said."""
    done = subprocess.run(
        [sys.executable, "-m", *program], cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=" ".join)
def test_faulty_settings_are_named(program: list[str]) -> None:
    said = (
        "These settings make no sense: "
        "DIGITQ_REDIS_URL: it must begin with redis:// or rediss:// or unix://; "
        "DIGITQ_PORT: Input should be a valid integer, unable to parse string as an integer.\n"
    )
    assert ended(program, DIGITQ_PORT="abc", DIGITQ_REDIS_URL="foo://x") == (2, said)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, said = ended(["migrations"], DIGITQ_DATA=str(tmp_path / "file" / "data"))
    assert (status, said.split(" (")[0]) == (78, f"The data folder {tmp_path / 'file' / 'data'} cannot be written")
    assert "Traceback" not in said


def test_a_database_whose_folder_is_missing_is_not_only_out_of_reach(tmp_path: Path) -> None:
    status, said = ended(["migrations"], DIGITQ_DATABASE_URL=f"sqlite:///{tmp_path / 'missing' / 'x.sqlite3'}")
    assert (status, said.split(";")[0]) == (1, "The database's file cannot be opened or written")
