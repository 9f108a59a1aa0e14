"""What is looked at once a run of faults is over: packs of nobody are pruned, and packs that stay are complained of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.chaos.aftermath import aftermath
from bench.chaos.course import Course
from bench.chaos.ledger import Ledger
from bench.chaos.stack import SHAPES, Stack
from migrations.upgrade import upgrade
from shared.database import open_engine
from shared.lifecycle import pack_key
from shared.settings import Settings
from shared.stores import ObjectPackStore, open_store


@pytest.fixture
def complaints(tmp_path: Path) -> Callable[[], list[str]]:
    """What there is to complain of a service at rest whose front end died with an upload under way."""
    settings = Settings(data=tmp_path)
    upgrade(open_engine(settings.database))
    open_store(settings.store).put(pack_key("job_of_nobody", 0), b"orphan")
    stack = Stack(SHAPES["sqlite"], tmp_path, settings, keepers={})
    return lambda: list(aftermath(stack, Ledger(settings), Course()))


def test_what_a_killed_front_end_leaves_behind_is_pruned_a_day_later(complaints: Callable[[], list[str]]) -> None:
    assert complaints() == []


def test_packs_that_pruning_leaves_are_complained_of(
    complaints: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ObjectPackStore, "remove", lambda store, prefix: None)
    assert complaints() == ["packs are left of ['job_of_nobody']"]
