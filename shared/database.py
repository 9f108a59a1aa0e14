"""Opens the database: SQLite for one machine, PostgreSQL for many, the same SQL for both."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Float, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from shared.documents import dumps, loads
from shared.errors import DatabaseOutdated, DatabaseUnavailable, DigitqError, Missing, StoreFull
from shared.postgres import NOTICED, give_up_silent_servers

#: Seconds a writer waits for SQLite's one write lock before giving up.
BUSY_SECONDS = 20
#: Seconds to wait, again and again, for a database that is restarted: less than a lease together.
PAUSES = (0.5, 1.0, 2.0, 4.0)
#: Seconds to wait for one of the pool's connections: others wait for the database with all of them.
POOL_SECONDS = 5
#: What PostgreSQL says where nothing can be written, as on a host that stands by (SQLSTATE).
READ_ONLY = "25006"
#: What PostgreSQL says, and how SQLite words it, where the disk is full ...
FULL = ("53100", "database or disk is full")
#: ... and where a table or a column of this version is not there yet.
OUTDATED = ("42P01", "42703", "no such table", "no such column", "has no column named")
#: What PostgreSQL says to the one whom it gives up of those who wait for each other's locks ...
DEADLOCK = "40P01"
#: ... and how often that one tries again: each time another has gone on, but a job may have many workers.
TRIES_AGAIN = 5
#: How SQLite words SQLITE_CANTOPEN and SQLITE_READONLY.
CLOSED = ("unable to open database file", "attempt to write a readonly database")

T = TypeVar("T")


class epoch_now(FunctionElement[float]):
    """Seconds since 1970 by the database's own clock."""

    type = Float()
    inherit_cache = True


@compiles(epoch_now, "sqlite")
def _epoch_on_sqlite(element: epoch_now, compiler: Any, **kwargs: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(epoch_now, "postgresql")
def _epoch_on_postgres(element: epoch_now, compiler: Any, **kwargs: Any) -> str:
    return "extract(epoch from clock_timestamp())"


def open_engine(url: str, *, patient: bool = False) -> Engine:
    """An engine for `url`; nothing is connected yet. A patient one lets PostgreSQL take its time for a statement."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            connect_args={"timeout": BUSY_SECONDS},
            # Those who wait for the one writer must not keep readers from a connection.
            max_overflow=-1,
            json_serializer=dumps,
            json_deserializer=loads,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        _with_driver(url),
        pool_pre_ping=True,
        pool_timeout=POOL_SECONDS,
        connect_args=NOTICED,
        json_serializer=dumps,
        json_deserializer=loads,
    )
    if not patient:
        give_up_silent_servers(engine)
    return engine


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is off: it would begin late, and only some statements.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write fails at once, whatever the timeout; so writers take the lock first.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write. Raises DatabaseUnavailable."""
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent look that writes nothing. Raises DatabaseUnavailable."""
    with _translated(), engine.connect().execution_options(reading=True) as connection:
        yield connection


def one_at_a_time(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds this lock, and hold it; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def patiently(transaction: Callable[[], T]) -> T:
    """What a transaction gives; tried again while the database is away for a moment. Raises DatabaseUnavailable."""
    for pause in PAUSES:
        try:
            return transaction()
        except DatabaseUnavailable:
            time.sleep(pause)
    return transaction()


def giving_way(transaction: Callable[[], T]) -> T:
    """What a transaction gives; tried again whenever it was given up so that another may have its locks."""
    for _ in range(TRIES_AGAIN):
        try:
            return transaction()
        except DatabaseUnavailable as error:
            if not (isinstance(error.__cause__, DBAPIError) and _words(error.__cause__.orig) == DEADLOCK):
                raise
    return transaction()


@contextmanager
def _translated() -> Iterator[None]:
    """What the operator can mend becomes ours; a fault in our own SQL passes through untouched."""
    try:
        yield
    except NoConnectionInTime as error:
        raise DatabaseUnavailable from error
    except (DataError, OverflowError) as error:  # a text or a number that no column can hold
        raise Missing from error
    except DBAPIError as error:
        if told := _told(error):
            raise told from error
        raise


def _told(error: DBAPIError) -> DigitqError | None:
    """Our error for what a database says; none if nobody but us can mend that."""
    words = _words(error.orig)
    if any(known in words for known in FULL):
        return StoreFull("There is no room left on the database's disk; add room, or delete old jobs.")
    if any(known in words for known in OUTDATED):
        return DatabaseOutdated()
    if words in CLOSED:
        return DatabaseUnavailable(
            "The database's file cannot be opened or written; check DIGITQ_DATABASE_URL, and that its folder and all "
            "files in it may be written."
        )
    away = isinstance(error, OperationalError) or error.connection_invalidated or words == READ_ONLY
    return DatabaseUnavailable() if away else None


def _words(fault: BaseException | None) -> str:
    """What faults are known by: SQLite's sentence, or PostgreSQL's SQLSTATE, whose sentences name ports, too."""
    return str(fault) if isinstance(fault, sqlite3.Error) else getattr(fault, "sqlstate", None) or ""
