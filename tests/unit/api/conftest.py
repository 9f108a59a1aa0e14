"""The front end over SQLite and a folder, with the broker and the worker in memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from migrations.upgrade import upgrade
from shared.database import open_engine
from shared.ports import Parts
from shared.settings import Settings
from shared.testing import MemoryQueue, MoodyRecognizer, work_off
from shared.wiring import open_parts


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
    monkeypatch.setattr("api.app.open_parts", lambda _: parts)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def work(parts: Parts) -> Callable[[], int]:
    """Does what a worker would: b"0" to b"9" are images of that digit, all else is no image."""
    return lambda: work_off(parts, MoodyRecognizer)


@pytest.fixture
def packs(settings: Settings) -> Callable[[], list[Path]]:
    """The files in the store."""
    return lambda: sorted(file for file in (settings.data / "packs").rglob("*") if file.is_file())
