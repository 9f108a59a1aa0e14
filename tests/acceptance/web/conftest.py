"""A real browser on the pages of a real service; what goes wrong inside a page fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from cli.demo import SAMPLE
from tests.acceptance.running import Up

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Milliseconds that a page may take for a step, on a machine that is busy with other things.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
#: A browser says this of every image that an answer of 404 stands for; the pages show a word in its place.
MISSING_IMAGE = "Failed to load resource"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a profile of its own; without one the tests are skipped at home and fail on CI."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        message = "There is no chromium; apt-get install chromium."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, service: Up) -> Iterator[Callable[..., Page]]:
    """Opens pages, each like a new visitor's; none may complain in its console."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and MISSING_IMAGE not in message.text:
            complaints.append(message.text)

    def new(path: str = "/", **options: object) -> Page:
        page = browser.new_context(base_url=service.url, **options).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield new
    for context in browser.contexts:
        context.close()
    assert complaints == []


def submit(service: Up, files: list[tuple[str, bytes]], **options: str) -> str:
    """Submit files as one job and wait for its end; the job's id."""
    parts = [("files", (name, data)) for name, data in files]
    answer = httpx.post(f"{service.url}/v1/jobs", files=parts, data=options, headers={"Prefer": "wait=60"}, timeout=90)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def drop_files(page: Page, path: Path) -> None:
    """Drop a file or a folder of this machine on the first page, as a hand does."""
    box = page.locator("#drop").bounding_box()
    assert box is not None
    hand = page.context.new_cdp_session(page)
    dropped = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        hand.send("Input.dispatchDragEvent", {"type": step, "x": box["x"] + 50, "y": box["y"] + 50, "data": dropped})


@pytest.fixture(scope="module")
def doubtful(service: Up) -> str:
    """A job of two hundred digits of which many are to be reviewed: only certainty is accepted."""
    return submit(service, [("sample.zip", SAMPLE.read_bytes())], threshold="1")
