"""The whole service as users run it: `digitq up` as a process, on a free port and a folder of its own."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cli.demo import SAMPLE
from tests.acceptance.running import Up


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """A service of the test's own, ready, in a folder whose name is too long for a Unix socket."""
    service = Up(tmp_path / "Daten für die Prüfung der Ziffern, mit Leerzeichen und Umlauten")
    with closing(service):
        service.start()
        yield service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A service that all tests share which do it no harm."""
    shared = Up(tmp_path_factory.mktemp("service") / "data")
    with closing(shared):
        shared.start()
        yield shared


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's digits as a folder of files."""
    folder = tmp_path_factory.mktemp("digits")
    with zipfile.ZipFile(SAMPLE) as sample:
        sample.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def ten_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's digits, fifty times over, as a ZIP: seconds of work."""
    archive = tmp_path_factory.mktemp("archive") / "ten-thousand.zip"
    with zipfile.ZipFile(SAMPLE) as sample, zipfile.ZipFile(archive, "w") as copies:
        images = {name: sample.read(name) for name in sample.namelist()}
        for turn in range(50):
            for name, data in images.items():
                copies.writestr(name.replace(".png", f"-{turn}.png"), data)
    return archive
