"""What `digitq doctor` finds, and what it says is to be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Exit
from cli.main import app
from cli.service.checks import free_port


def doctor(*words: str) -> str:
    """What it says of a service that does not run, in one line."""
    examined = CliRunner().invoke(app, ["doctor", *words], catch_exceptions=False)
    assert examined.exit_code == Exit.TROUBLE
    return " ".join(examined.stdout.split())


def test_a_folder_in_which_no_store_can_be_made_is_a_fault(as_a_user: Path) -> None:
    data = as_a_user / "data"
    data.mkdir()

    assert f"store ok {data}/packs" in doctor("--data", str(data))
    data.chmod(0o500)
    assert f"store fault The folder {data} cannot be written; change its permissions." in doctor("--data", str(data))


def test_it_is_asked_about_a_service_with_the_options_that_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITQ_HOST", "127.0.0.1")
    port = str(free_port("127.0.0.1", 0))

    said = doctor("--data", str(tmp_path), "--port", port)

    assert f"DIGITQ_DATA {tmp_path} option" in said
    assert f"DIGITQ_PORT {port} option" in said
    assert "DIGITQ_HOST 127.0.0.1 environment" in said
    assert f"`digitq up --port {port} --data {tmp_path}` starts it." in said


def test_what_makes_the_tables_makes_them_in_the_folder_that_was_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "digitq.sqlite3").touch()
    assert f"has no tables yet; `digitq up --data {tmp_path}` makes them." in doctor("--data", str(tmp_path))

    monkeypatch.setenv("DIGITQ_DATABASE_URL", f"sqlite:///{tmp_path}/digitq.sqlite3")
    assert "has no tables yet; `digitq migrate` makes them." in doctor()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_database_is_looked_at_by_every_address_that_the_service_takes(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITQ_DATABASE_URL", f"{scheme}://ada@127.0.0.1:{free_port('127.0.0.1', 0)}/digits")

    assert "(psycopg.OperationalError) connection failed" in doctor()


def test_a_data_folder_may_be_told_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert f"DIGITQ_DATA {tmp_path}/digits option" in doctor("--data", "~/digits")


def test_the_service_that_the_other_commands_talk_to_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, here = (str(free_port("127.0.0.1", 0)) for _ in range(2))
    monkeypatch.setenv("DIGITQ_SERVER", f"http://127.0.0.1:{there}/")

    assert f"Nothing answers at http://127.0.0.1:{there}; check DIGITQ_SERVER." in doctor("--data", str(tmp_path))
    assert f"Nothing answers at http://127.0.0.1:{here};" in doctor("--data", str(tmp_path), "--port", here)
