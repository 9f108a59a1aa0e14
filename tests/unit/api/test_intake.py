"""A key is held for as long as its upload brings something."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from api import intake
from api.arrival import Desk
from api.bodies import Body
from api.intake import LOCAL_OWNER, take_in
from shared.catalog import ModelCatalog
from shared.domain import Receipt
from shared.ports import Parts
from shared.settings import Settings


def test_a_key_is_held_while_bytes_arrive_though_no_image_is_whole(
    parts: Parts, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ABANDONED", timedelta(seconds=0.2))
    receipt = Receipt(LOCAL_OWNER, "key")

    def slowly() -> Iterator[bytes]:
        for _ in range(10):
            yield b"a piece of one image"
            time.sleep(0.05)
        now = datetime.now(UTC)
        assert parts.receipts.reserve(receipt, now, stale=now - intake.ABANDONED) == receipt

    desk = Desk(parts, ModelCatalog(settings.models, settings.model), settings)
    job = take_in(desk, Body("image/png", slowly(), settings), "key")

    assert job.counts.total == 1
