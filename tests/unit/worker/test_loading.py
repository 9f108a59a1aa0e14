"""A model is loaded when it is wanted, once; what cannot be loaded is remembered, and no limit of time is its fault."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from billiard.pool import SIG_SOFT_TIMEOUT

from shared.catalog import ModelCatalog
from shared.domain import ModelRef
from shared.errors import ModelBroken, ModelSlow
from shared.settings import Settings
from worker import recognizer as recognizer_module
from worker.engines import Engine
from worker.loading import LOADED_MODELS, REMEMBERED, open_recognizers

#: What a file holds that takes too long to load, or that nothing can be made of.
SLOW, BROKEN = b"slow", b"broken"


@pytest.fixture
def started(linear_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that an engine was started for; it takes every Exception for a fault of the file."""
    names: list[str] = []

    def start(_: str, file: Path, sha256: str | None = None) -> Engine:
        names.append(file.name)
        try:
            if file.read_bytes() == SLOW:
                os.kill(os.getpid(), SIG_SOFT_TIMEOUT)
            if file.read_bytes() == BROKEN:
                raise ZeroDivisionError("inside of Keras")
        except Exception as error:
            raise ModelBroken(f"{file} is broken: {error}.") from error
        return linear_engine()

    monkeypatch.setattr(recognizer_module, "start_engine", start)
    return names


class Turned:
    """A clock that is turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def recognizers(tmp_path: Path, started: list[str], clock: Turned) -> Callable[[str], Any]:
    """The recognizers of a folder by the names of its models, the default one loaded already."""
    for name, content in (("mine", b"mine"), ("slow", SLOW), ("broken", BROKEN)):
        (tmp_path / f"{name}.keras").write_bytes(content)
    loaded = open_recognizers(Settings(models=tmp_path, model="mine", soft_limit_seconds=7), clock)
    started.clear()
    return lambda name: loaded(ModelCatalog(tmp_path, "mine").resolve(name))


def test_a_model_is_loaded_once(recognizers: Callable[[str], Any], started: list[str]) -> None:
    assert recognizers("mine") is recognizers("mine")
    assert recognizers("mine").ref.name == "mine"
    assert started == [], "it was loaded at first"


def test_the_default_model_stays_however_many_others_are_wanted(
    recognizers: Callable[[str], Any], started: list[str], tmp_path: Path
) -> None:
    others = [f"other{number}" for number in range(LOADED_MODELS + 1)]
    for name in others:
        (tmp_path / f"{name}.keras").write_bytes(name.encode())
        recognizers(name)
    started.clear()

    assert recognizers("mine").ref.name == "mine"
    assert started == [], "only at first it has more time than a chunk"
    recognizers(others[0])
    assert started == [f"{others[0]}.keras"], "of the others only some are kept"


def test_a_model_whose_loading_is_interrupted_is_slow_and_not_broken(recognizers: Callable[[str], Any]) -> None:
    before = signal.getsignal(SIG_SOFT_TIMEOUT)

    with pytest.raises(ModelSlow, match=r"slow@\w+ was not loaded within 7 s; raise DIGITQ_SOFT_LIMIT_SECONDS"):
        recognizers("slow")

    assert signal.getsignal(SIG_SOFT_TIMEOUT) == before


@pytest.mark.parametrize(("name", "error"), [("broken", ModelBroken), ("slow", ModelSlow)])
def test_what_cannot_be_loaded_is_not_tried_with_every_chunk(
    name: str, error: type[Exception], recognizers: Callable[[str], Any], started: list[str], clock: Turned
) -> None:
    said = set()
    for _ in range(3):
        with pytest.raises(error) as raised:
            recognizers(name)
        said.add(str(raised.value))
    assert (len(started), len(said)) == (1, 1)

    clock.now += REMEMBERED
    with pytest.raises(error):
        recognizers(name)

    assert len(started) == 2, "what was in the way may be gone"


def test_a_model_that_was_mended_is_loaded_at_once(recognizers: Callable[[str], Any], tmp_path: Path) -> None:
    with pytest.raises(ModelBroken):
        recognizers("broken")

    (tmp_path / "broken.keras").write_bytes(b"mended")

    assert recognizers("broken").ref == ModelRef("broken", ModelCatalog(tmp_path, "mine").resolve("broken").version)
