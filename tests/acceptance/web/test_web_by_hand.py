"""What people do by hand: paste, drop a folder, draw with a finger, print; and leave a page open over a restart."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.running import Up
from tests.acceptance.web.conftest import drop_files, submit
from tests.acceptance.web.test_web import THREE, until_completed

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

COPY = """(data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const image = new Blob([bytes], { type: "image/png" });
  return navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
}"""


def counted(page: Page) -> int:
    """How many results a job's page knows."""
    return int(page.locator("[data-decision=''] span").inner_text().replace(",", "") or 0)


def a_four(digits: Path) -> Path:
    return next(file for file in sorted(digits.rglob("*.png")) if file.parent.name == "4")


def test_a_page_outlives_a_restart_of_the_service_in_the_middle_of_its_job(
    open_page: Open, service: Up, ten_thousand: Path
) -> None:
    with ten_thousand.open("rb") as archive:
        job = httpx.post(f"{service.url}/v1/jobs", files={"files": archive}, timeout=90).json()["id"]
    page = open_page(f"/jobs/{job}")
    expect(page.locator(".tile").first).to_be_visible()

    service.end()
    known = counted(page)
    assert known < 10_000, "the job was over too soon for this test"
    service.start()

    until_completed(page)
    expect(page.locator("[data-decision=''] span")).to_have_text("10,000")
    page.mouse.wheel(0, 900)
    expect(page.locator(".tile img").last).to_be_visible()


def test_a_pasted_image_is_read(open_page: Open, digits: Path) -> None:
    page = open_page("/", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(COPY, base64.b64encode(a_four(digits).read_bytes()).decode())
    page.keyboard.press("ControlOrMeta+v")
    page.wait_for_url("**/jobs/job_*")
    until_completed(page)
    expect(page.locator(".tile b")).to_have_text("4")


def test_a_dropped_folder_is_walked_to_its_ends(open_page: Open, digits: Path) -> None:
    page = open_page()
    drop_files(page, digits)
    page.wait_for_url("**/jobs/job_*")
    expect(page.locator("h1")).to_have_text(digits.name)
    until_completed(page)
    expect(page.locator("#counts")).to_contain_text("200 of 200 read")
    page.locator(".tile").first.click()
    expect(page.locator("#detail-title")).to_contain_text(f"{digits.name}/")


def test_a_three_drawn_with_a_finger_is_read_and_moves_no_page(open_page: Open) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_page("/", **phone)
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    before, box = page.evaluate("scrollY"), pad.bounding_box()
    assert box is not None
    hand = page.context.new_cdp_session(page)
    points = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in THREE]
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    expect(page.locator("#pad-reading")).to_have_text("3")
    assert page.evaluate("scrollY") == before


def test_all_of_a_contact_sheet_is_printed_and_nothing_else(open_page: Open, service: Up, ten_thousand: Path) -> None:
    with ten_thousand.open("rb") as archive:
        job = submit(service, [("ten-thousand.zip", archive.read())])
    page = open_page("/jobs")
    page.add_init_script("print = () => { document.title = 'printing'; }")
    page.goto(f"/jobs/{job}/sheet?digit=4")
    expect(page.locator("#shown")).to_contain_text("images read as 4")
    shown = int(page.locator("#shown").inner_text().split()[0].replace(",", ""))
    assert shown > 500, "more than are in sight"
    page.locator("#print").click()
    expect(page).to_have_title("printing")

    page.emulate_media(media="print")
    expect(page.locator(".paper img")).to_have_count(shown)
    assert page.locator(".paper img").evaluate_all("all => all.every((image) => image.naturalWidth > 0)")
    expect(page.locator(".paper img").last).to_be_visible()
    for other in (".top", "#grid", ".filters", "#print"):
        expect(page.locator(other)).to_be_hidden()

    page.emulate_media(media="screen")
    expect(page.locator(".paper")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".paper img")).to_have_count(0)
