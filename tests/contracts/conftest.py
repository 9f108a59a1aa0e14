"""Every book there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from migrations.upgrade import upgrade
from shared.book import SqlJobBook
from shared.database import open_engine
from shared.memory_book import MemoryBook
from shared.ports import JobBook


def with_tables(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    yield from with_tables(sqlite_url)


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    yield from with_tables(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A database of each kind, with the tables in it."""
    opened: Engine = request.getfixturevalue(f"{request.param}_engine")
    return opened


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def book(request: pytest.FixtureRequest) -> JobBook:
    if request.param == "memory":
        return MemoryBook()
    return SqlJobBook(request.getfixturevalue(f"{request.param}_engine"))
