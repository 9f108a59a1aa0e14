"""What is refused before anything starts, each with a sentence."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli.service import checks, redis, up
from cli.service.checks import free_port, listen, locked
from shared.errors import CannotStart
from shared.settings import Settings


def test_the_folder_is_made_with_all_that_belongs_in_it(tmp_path: Path) -> None:
    with locked(tmp_path / "new" / "data"):
        assert (tmp_path / "new" / "data" / "logs").is_dir()


def test_a_folder_has_one_digitq_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE", 0.0)
    with (
        locked(tmp_path),
        pytest.raises(CannotStart, match=rf"Another digitq \(process {os.getpid()}\) is at work in"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(CannotStart, match=r"file/data cannot be written \(Not a directory\)"),
        locked(tmp_path / "file/data"),
    ):
        pass


def test_a_full_disk_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))

    with pytest.raises(CannotStart, match=r"is full \(0 MiB free\)"), locked(tmp_path):
        pass


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"127.0.0.1:{port} \(Address already in use\).*DIGITQ_PORT"):
            free_port("127.0.0.1", port)


def test_port_0_means_any_that_is_free() -> None:
    assert free_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize("host", ["999.1.1.1", "no such host"])
def test_an_address_that_is_none_is_named(host: str) -> None:
    with pytest.raises(CannotStart, match=f"cannot listen on {host}"):
        free_port(host, 8000)


def resolved(model: str) -> Settings:
    with listen("127.0.0.1", 0) as listener:
        return up.resolved(Settings(model=model, port=0), listener)


def test_the_port_is_the_one_that_is_listened_at() -> None:
    assert resolved("digits").port > 0


def test_a_model_file_that_does_not_exist_is_named() -> None:
    with pytest.raises(CannotStart, match=r"There is no model file my\.keras"):
        resolved("my.keras")


def test_a_model_may_be_a_name_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.keras").touch()

    assert resolved("my.keras").model == str(tmp_path / "my.keras")
    assert resolved("digits@1.0.0").model == "digits@1.0.0"


def test_a_machine_without_any_redis_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(CannotStart, match="install redis or valkey"):
        redis.find_server()


def test_a_server_on_the_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "valkey-server"
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert redis.find_server() == server
