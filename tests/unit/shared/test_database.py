"""What the database's faults are told as, and who waits for whom."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from shared.database import open_engine, reading, writing
from shared.errors import DatabaseUnavailable


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
