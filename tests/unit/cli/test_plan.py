"""Which processes are started, with what, and how they are told where the others are."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.service import redis
from cli.service.plan import EmbeddedRedis, address, environment, services
from shared.settings import Settings, load_settings

SETTINGS = Settings(data=Path("/srv/digitq"), port=8123, redis_url="")
EMBEDDED = EmbeddedRedis(Path("/usr/bin/valkey-server"), Path("/srv/digitq/redis.sock"))


def test_redis_starts_first_and_so_ends_last_and_the_api_the_other_way_round() -> None:
    assert [service.name for service in services(SETTINGS, EMBEDDED, 7)] == [
        "redis",
        "migrate",
        "beat",
        "worker",
        "api",
    ]


def test_with_a_redis_of_the_users_none_is_started() -> None:
    planned = {service.name: service for service in services(SETTINGS, None, 7)}

    assert "redis" not in planned
    assert planned["worker"].needs == ("migrate",)


def test_the_front_end_alone_is_given_the_socket() -> None:
    assert [service.name for service in services(SETTINGS, EMBEDDED, 7) if service.stdin == 7] == ["api"]


def test_redis_listens_on_its_socket_only_and_never_throws_a_message_away() -> None:
    words = redis.command(EMBEDDED.server, EMBEDDED.socket, Path("/srv/digitq/redis"))
    options = dict(zip(words[1::2], words[2::2], strict=True))

    assert options["--port"] == "0"
    assert options["--unixsocketperm"] == "700"
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--appendonly"], options["--appendfsync"]) == ("yes", "everysec")


def test_every_process_is_told_what_was_chosen_for_it() -> None:
    told = environment({"PATH": "/bin", "DIGITQ_PORT": "1"}, SETTINGS, EMBEDDED)

    assert told["PATH"] == "/bin"
    assert told["DIGITQ_PORT"] == "8123"
    assert told["DIGITQ_DATA"] == "/srv/digitq"
    assert told["DIGITQ_REDIS_URL"] == "unix:///srv/digitq/redis.sock"


@pytest.mark.parametrize(("workers", "window"), [(1, "16"), (4, "16"), (32, "128")])
def test_there_are_chunks_in_redis_for_all_workers(workers: int, window: str) -> None:
    settings = SETTINGS.model_copy(update={"workers": workers})
    assert environment({}, settings, EMBEDDED)["DIGITQ_WINDOW"] == window


@pytest.mark.parametrize("window", ["3", "16"])
def test_a_window_that_was_set_stays(window: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITQ_WINDOW", window)
    assert environment({}, load_settings(workers=32), EMBEDDED)["DIGITQ_WINDOW"] == window


def test_the_workers_have_the_same_name_at_every_start_and_no_one_elses() -> None:
    names = [
        environment({}, SETTINGS.model_copy(update={"data": Path(folder)}), EMBEDDED)["DIGITQ_WORKER_NAME"]
        for folder in ("/srv/a", "/srv/a", "/srv/b")
    ]

    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("::", "http://[::1]:8123"),
        ("digits.example", "http://digits.example:8123"),
    ],
)
def test_the_address_can_be_used_on_this_machine(host: str, url: str) -> None:
    assert address(SETTINGS.model_copy(update={"host": host})) == url


@pytest.mark.parametrize("name", ["short", "long" * 30])
def test_the_socket_is_found_from_the_data_folder_wherever_it_is(name: str, short_folder: Path) -> None:
    data = short_folder / name
    data.mkdir()
    (data / "redis.sock").symlink_to("left/by/a/killed/one")

    with redis.socket_of(data) as socket:
        assert redis.fits_socket(socket)
        assert Settings(data=data, redis_url="").redis == f"unix://{socket}"

    assert list(data.iterdir()) == []


def test_a_path_that_is_too_long_for_a_socket_is_told_apart() -> None:
    assert redis.fits_socket(Path("/srv/digitq/redis.sock"))
    assert not redis.fits_socket(Path("/" + "ä" * 60))
