"""Images that failed for a reason that has passed are read again, and the job's page shows what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.acceptance.running import Up
from tests.acceptance.web.test_web import until_completed

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

OUTLINE = "**/outline?*"


@contextmanager
def last_pack_mislaid(service: Up, job: str) -> Iterator[None]:
    """A job whose last images cannot be found until the block ends."""
    pack = max((service.data / "packs").rglob(f"{job}/*"))
    away = pack.rename(service.data / "mislaid")
    yield
    away.rename(pack)


@pytest.fixture
def partly_read(service: Up, ten_thousand: Path) -> str:
    """A job of ten thousand images of which the last have failed, and can be read by now."""
    with ten_thousand.open("rb") as archive:
        job = str(httpx.post(f"{service.url}/v1/jobs", files={"files": archive}, timeout=90).json()["id"])
    with last_pack_mislaid(service, job):
        service.until_completed(job)
    assert service.job(job)["outcome"] == "partial", "the job was over too soon for this test"
    return job


def until_counted(page: Page, decision: str, count: int) -> None:
    expect(page.locator(f"[data-decision='{decision}'] span")).to_have_text(f"{count:,}")


def test_what_a_retry_has_read_is_shown_in_place_of_the_failures(
    open_page: Open, service: Up, partly_read: str
) -> None:
    page = open_page(f"/jobs/{partly_read}")
    until_counted(page, "failed", service.job(partly_read)["counts"]["failed"])
    page.get_by_text("Retry failed").click()

    until_completed(page)
    until_counted(page, "failed", 0)
    until_counted(page, "", 10_000)


def test_what_was_known_before_a_retry_comes_too_late_after_it(open_page: Open, service: Up, partly_read: str) -> None:
    before = httpx.get(f"{service.url}/v1/jobs/{partly_read}/outline").text
    held: list[Route] = []
    page = open_page("/models")
    page.route(OUTLINE, lambda route: held.append(route), times=1)
    page.goto(f"/jobs/{partly_read}")
    page.get_by_text("Retry failed").click()
    until_completed(page)
    held[0].fulfill(body=before, content_type="application/json")

    until_counted(page, "failed", 0)
    until_counted(page, "", 10_000)
