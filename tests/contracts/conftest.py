"""Every book there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from migrations.upgrade import upgrade
from shared.book import SqlJobBook
from shared.database import open_engine
from shared.memory_book import MemoryBook
from shared.ports import JobBook, Receipts, Retention
from shared.receipts import SqlReceipts
from shared.retention import SqlRetention
from shared.testing import MemoryReceipts, MemoryRetention


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


@dataclass(frozen=True, slots=True)
class Books:
    """A book of jobs and the ports that look at the same tables."""

    book: JobBook
    receipts: Receipts
    retention: Retention


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def books(request: pytest.FixtureRequest) -> Books:
    if request.param == "memory":
        book = MemoryBook()
        return Books(book, MemoryReceipts(book), MemoryRetention(book))
    engine: Engine = request.getfixturevalue(f"{request.param}_engine")
    return Books(SqlJobBook(engine), SqlReceipts(engine), SqlRetention(engine))


@pytest.fixture
def book(books: Books) -> JobBook:
    return books.book


@pytest.fixture
def receipts(books: Books) -> Receipts:
    """The receipts beside `book`."""
    return books.receipts


@pytest.fixture
def retention(books: Books) -> Retention:
    """The retention beside `book`."""
    return books.retention
