"""What the database's faults are told as, and who waits for whom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, insert, text
from sqlalchemy.exc import ProgrammingError

from migrations.upgrade import upgrade
from shared.book import SqlJobBook
from shared.database import open_engine, reading, writing
from shared.errors import DatabaseOutdated, DatabaseUnavailable, DigitqError, StoreFull
from shared.tables import requeues


def test_a_pool_without_a_free_connection_is_a_database_out_of_reach(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'one.sqlite3'}", pool_size=1, max_overflow=0, pool_timeout=0.01)
    with writing(engine), pytest.raises(DatabaseUnavailable), reading(engine):
        pass
    engine.dispose()


def test_readers_do_not_wait_for_those_who_wait_to_write(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'many.sqlite3'}")
    with ExitStack() as held:
        for _ in range(50):
            held.enter_context(reading(engine))
        with reading(engine) as connection:
            assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_a_database_that_only_stands_by_is_out_of_reach_to_write(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with writing(engine) as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    engine.dispose()
    with pytest.raises(DatabaseUnavailable), writing(engine) as connection:
        connection.execute(text("CREATE TABLE things (id int)"))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "use"),
    [
        ("DROP TABLE requeues", SqlJobBook.requeues),
        ("ALTER TABLE jobs DROP COLUMN arriving", SqlJobBook.backlog),
    ],
    ids=["a table", "a column"],
)
def test_a_database_of_an_earlier_version_says_what_to_run(
    database_url: str, change: str, use: Callable[[SqlJobBook], object]
) -> None:
    engine = open_engine(database_url)
    book = SqlJobBook(engine)
    upgrade(engine)
    book.ping()
    with writing(engine) as connection:
        connection.execute(text(change))
    for look in (SqlJobBook.ping, use):
        with pytest.raises(DatabaseOutdated, match="digitq migrate"):
            look(book)
    engine.dispose()


def test_what_an_earlier_version_has_no_column_for_says_what_to_run(database_url: str) -> None:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE requeues (reason TEXT)"))
    with pytest.raises(DatabaseOutdated), writing(engine) as connection:
        connection.execute(insert(requeues), {"reason": "none", "count": 1})
    engine.dispose()


def test_a_database_without_tables_is_not_ready(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(DatabaseOutdated):
        SqlJobBook(engine).ping()
    engine.dispose()


def test_a_full_disk_of_postgres_is_told_as_one(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with pytest.raises(StoreFull, match="the database's disk"), writing(engine) as connection:
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"))
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "error", "told"),
    [
        ("max_page_count = 1", StoreFull, "the database's disk"),
        ("query_only = ON", DatabaseUnavailable, "cannot be opened or written"),
    ],
    ids=["a full disk", "a file that must not be written"],
)
def test_what_hinders_sqlite_is_told(sqlite_url: str, pragma: str, error: type[DigitqError], told: str) -> None:
    engine = open_engine(sqlite_url)
    event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))
    with pytest.raises(error, match=told), writing(engine) as connection:
        connection.execute(text("CREATE TABLE much (what TEXT)"))
    engine.dispose()


@pytest.mark.parametrize("port", [53100, 42703])
def test_a_port_that_looks_like_a_fault_is_none(port: int) -> None:
    engine = open_engine(f"postgresql://nobody@127.0.0.1:{port}/nothing")
    with pytest.raises(DatabaseUnavailable) as raised, reading(engine):
        pass
    assert raised.type is DatabaseUnavailable
    engine.dispose()


def test_a_fault_in_our_own_words_passes_untouched(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with pytest.raises(ProgrammingError), reading(engine) as connection:
        connection.execute(text("SELEKT 1"))
    engine.dispose()
