"""Settings come from the environment, are checked as a whole, and do not change."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.broker import UPKEEP, WIRE_NAMES
from shared.celery_options import broker_url, celery_options
from shared.domain import Queue
from shared.errors import FaultySettings
from shared.settings import EXAMPLES, Settings, load_settings, variable

TIMERS = ("soft_limit_seconds", "hard_limit_seconds", "lease_seconds", "visibility_seconds")


def test_every_setting_is_had_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITQ_PORT", "8080")
    monkeypatch.setenv("DIGITQ_DATA", "/somewhere")
    assert (Settings().port, Settings().data) == (8080, Path("/somewhere"))


def test_an_empty_url_means_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path / 'digitq.sqlite3'}"
    assert settings.redis == f"unix://{tmp_path / 'redis.sock'}"
    assert settings.store == (tmp_path / "packs").as_uri()


def test_given_urls_are_taken_as_they_are() -> None:
    settings = Settings(database_url="postgresql://h/d", redis_url="redis://h", store_url="s3://bucket")
    assert (settings.database, settings.redis, settings.store) == ("postgresql://h/d", "redis://h", "s3://bucket")


@pytest.mark.parametrize(("shorter", "longer"), list(pairwise(TIMERS)))
def test_each_timer_must_outlast_the_one_before_it(shorter: str, longer: str) -> None:
    same = getattr(Settings(), longer)
    with pytest.raises(ValidationError, match=f"{variable(shorter)} must be less than {variable(longer)}"):
        Settings(**{shorter: same})


def test_faulty_settings_are_named_as_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITQ_HARD_LIMIT_SECONDS", "60")
    with pytest.raises(FaultySettings) as raised:
        load_settings(lease_seconds=50)
    said = "These settings make no sense: DIGITQ_HARD_LIMIT_SECONDS must be less than DIGITQ_LEASE_SECONDS."
    assert raised.value.message == said


@pytest.mark.parametrize("name", ["database_url", "redis_url", "store_url"])
def test_urls_of_another_kind_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must begin with"):
        Settings(**{name: "foo://x"})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "postgresql://u:secret@h:port/d"),
        ("database_url", "postgresql://u:secret@[::1/d"),
        ("redis_url", "redis://:secret@h:port/0"),
        ("redis_url", "redis://:secret@[::1/0"),
        ("redis_url", "rediss://:secret@h:6379/first"),
        ("store_url", "s3://"),
        ("store_url", "s3:///folder"),
    ],
)
def test_a_url_that_cannot_be_taken_apart_is_answered_with_a_better_one(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(name), url)

    with pytest.raises(FaultySettings, match=f"{variable(name)}: it should look like {EXAMPLES[name]}") as raised:
        load_settings()

    assert "secret" not in raised.value.message


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("database_url", "postgresql://u:p/a#s?s@h:5432/d?sslmode=require"),
        ("database_url", "sqlite:///relative.sqlite3"),
        ("redis_url", "redis://:p%40ss@[::1]:6379/"),
        ("redis_url", "rediss://h/15?ssl_cert_reqs=none"),
        ("redis_url", "unix:///run/redis.sock?db=1"),
        ("store_url", "s3://bucket"),
        ("store_url", "file:///data/packs"),
    ],
)
def test_urls_of_every_kind_are_taken(name: str, url: str) -> None:
    assert getattr(Settings(**{name: url}), name) == url


@pytest.mark.parametrize(
    "wrong", [{"port": 65_536}, {"workers": 0}, {"engine": "abacus"}, {"window": 0}, {"max_images": 0}]
)
def test_values_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_the_broker_is_told_the_timers_and_keeps_messages_until_the_work_is_done() -> None:
    settings = Settings(soft_limit_seconds=1, hard_limit_seconds=2, lease_seconds=3, visibility_seconds=4)
    options = celery_options(settings)
    assert (options["task_soft_time_limit"], options["task_time_limit"]) == (1, 2)
    assert options["broker_transport_options"]["visibility_timeout"] == 4
    assert options["task_acks_late"] is True
    assert options["task_reject_on_worker_lost"] is False
    assert options["worker_prefetch_multiplier"] == 1
    assert options["accept_content"] == ["json"]


def test_queues_are_served_in_the_order_of_their_names() -> None:
    assert sorted([WIRE_NAMES[Queue.BULK], UPKEEP, WIRE_NAMES[Queue.INTERACTIVE]]) == [
        UPKEEP,
        WIRE_NAMES[Queue.INTERACTIVE],
        WIRE_NAMES[Queue.BULK],
    ]


@pytest.mark.parametrize(
    ("url", "kombus"), [("unix:///a/b.sock", "redis+socket:///a/b.sock"), ("redis://h:1/2", "redis://h:1/2")]
)
def test_sockets_are_spelled_as_kombu_spells_them(url: str, kombus: str) -> None:
    assert broker_url(url) == kombus
