"""Every page in light, dark and on a phone: legible to all, complete, and free of what axe finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PAGES = ("/", "/jobs", "/jobs/{job}", "/jobs/{job}/sheet", "/review", "/models", "/system", "/jobs/none")


def settled(page: Page) -> None:
    page.wait_for_load_state("load")
    if page.locator("#grid").count():
        expect(page.locator(".tile img").first).to_be_visible()
    if page.locator("#nine").count():
        expect(page.locator("#nine img").first).to_be_visible()


def violations(page: Page) -> list[str]:
    # Evaluated by the browser's own hand, which the page's policy does not bind.
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document).then(({ violations }) => violations)")
    return [f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']])}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page: Open, doubtful: str, path: str, scheme: str) -> None:
    page = open_page(path.format(job=doubtful), color_scheme=scheme)
    settled(page)
    assert violations(page) == []


def test_axe_finds_nothing_in_the_detail_of_an_image(open_page: Open, doubtful: str) -> None:
    page = open_page(f"/jobs/{doubtful}")
    page.locator(".tile").first.click()
    expect(page.locator("#scores .score").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_shows_a_page_without_scrolling_sideways(open_page: Open, doubtful: str, path: str) -> None:
    page = open_page(path.format(job=doubtful), **PHONE)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_dark_is_dark_and_light_is_light(open_page: Open) -> None:
    def brightness(scheme: str) -> int:
        color = open_page("/", color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))

    assert brightness("dark") < 150 < 600 < brightness("light")


def test_a_page_can_be_walked_with_the_keyboard(open_page: Open, doubtful: str) -> None:
    page = open_page(f"/jobs/{doubtful}")
    settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tile[data-place='1']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
