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
#: Phones so tall that the first tiles of a grid are in sight.
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 1400}, "has_touch": True, "is_mobile": True}
SMALLEST_PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 1400}, "has_touch": True, "is_mobile": True}
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


def width_of(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["width"]


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


@pytest.mark.parametrize("path", PAGES)
def test_the_smallest_phone_shows_a_page_without_scrolling_sideways(open_page: Open, doubtful: str, path: str) -> None:
    page = open_page(path.format(job=doubtful), **SMALLEST_PHONE)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST_PHONE["viewport"]["width"]


@pytest.mark.parametrize("width", [320, 390, 760])
def test_bars_and_names_have_room_on_narrow_screens(open_page: Open, doubtful: str, width: int) -> None:
    page = open_page("/", viewport={"width": width, "height": 800})
    assert width_of(page, "#pad-scores .track") >= 60
    assert width_of(page, ".jobs td") >= 150


def test_a_correction_that_is_not_saved_is_told_inside_the_dialog_that_covers_a_phone(
    open_page: Open, doubtful: str
) -> None:
    page = open_page(f"/jobs/{doubtful}", **SMALLEST_PHONE)
    page.locator(".tile").first.click()
    expect(page.locator("#scores .score").first).to_be_visible()
    assert page.locator("#detail").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    page.route("**/review", lambda route: route.abort())
    page.keyboard.press("5")
    expect(page.locator("#detail #toast.on")).to_contain_text("cannot be reached")
    page.keyboard.press("Escape")
    expect(page.locator("body > #toast.on")).to_be_visible()


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
