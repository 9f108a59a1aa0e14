"""A PostgreSQL that stands still: its kernel goes on to acknowledge what comes, and nobody answers."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest
from sqlalchemy import Connection, Engine, insert, text

from migrations.upgrade import upgrade
from shared.database import open_engine, reading, writing
from shared.errors import DatabaseUnavailable
from shared.postgres import NOTICED
from shared.tables import requeues
from tests.conftest import running_postgres

#: A statement may take so long here, so that nobody waits for the tests.
ANSWER_SECONDS = 1
#: What the look at a connection, a try to connect anew and a busy machine may take together.
AT_MOST = ANSWER_SECONDS + NOTICED["connect_timeout"] + 5

Ask = Callable[[Connection], object]


@contextmanager
def standing_still(server: psutil.Process) -> Iterator[None]:
    """The server's processes stop meanwhile, as those of a container that is paused."""
    processes = [server, *server.children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # one that its client has left ends at once
                process.send_signal(signal.SIGCONT)


@pytest.fixture(autouse=True)
def answers_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.postgres.ANSWER_SECONDS", ANSWER_SECONDS)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[tuple[Engine, psutil.Process]]:
    with running_postgres() as (url, server):
        engine = open_engine(url.format("postgres"))
        upgrade(engine)
        yield engine, psutil.Process(server.pid)
        engine.dispose()


def ask(connection: Connection) -> object:
    return connection.scalar(text("SELECT 1"))


def write_many(connection: Connection) -> object:
    return connection.execute(insert(requeues), [{"reason": f"{n}", "count": n} for n in range(1000)])


@pytest.mark.timeout(120)
def test_a_pooled_connection_to_a_silent_server_is_given_up(own_postgres: tuple[Engine, psutil.Process]) -> None:
    engine, server = own_postgres
    with reading(engine) as connection:
        ask(connection)
    with standing_still(server):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable), reading(engine) as connection:
            ask(connection)
        assert time.monotonic() - began < AT_MOST
    with reading(engine) as connection:
        assert ask(connection) == 1


@pytest.mark.timeout(120)
@pytest.mark.parametrize("question", [ask, write_many])
def test_a_server_that_falls_silent_in_mid_transaction_is_given_up(
    own_postgres: tuple[Engine, psutil.Process], question: Ask
) -> None:
    engine, server = own_postgres
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable), writing(engine) as connection, standing_still(server):
        question(connection)
    assert time.monotonic() - began < AT_MOST
    with reading(engine) as connection:
        assert connection.execute(requeues.select()).all() == []


@pytest.mark.timeout(120)
def test_who_is_interrupted_meanwhile_leaves_no_answer_to_the_next_one(
    own_postgres: tuple[Engine, psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_signal: int, _frame: object) -> None:
        raise TimeoutError("as a chunk's soft limit does")

    engine, server = own_postgres
    monkeypatch.setattr("shared.postgres.ANSWER_SECONDS", 60)
    former = signal.signal(signal.SIGALRM, interrupt)
    with reading(engine) as connection:
        ask(connection)
    with standing_still(server):
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(TimeoutError), reading(engine) as connection:
            ask(connection)
    signal.signal(signal.SIGALRM, former)
    with reading(engine) as connection:
        assert ask(connection) == 1


def test_a_patient_engine_lets_a_statement_take_its_time(postgres_url: str) -> None:
    engine = open_engine(postgres_url, patient=True)
    with writing(engine) as connection:
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 2 * ANSWER_SECONDS})
    engine.dispose()
