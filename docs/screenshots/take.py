"""Takes the pictures of this folder: `python docs/screenshots/take.py URL JOB` for a running service and a job of its.

Those that the documents show; needs chromium and the packages of the tests.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
PAGES = {
    "home": "/",
    "job": "/jobs/{job}",
    "detail": "/jobs/{job}?decision=needs_review",
    "sheet": "/jobs/{job}/sheet?digit=4",
    "review": "/review",
    "system": "/system",
}
THREE = (
    (0.3, 0.25),
    (0.5, 0.15),
    (0.68, 0.28),
    (0.6, 0.42),
    (0.45, 0.48),
    (0.65, 0.56),
    (0.7, 0.7),
    (0.5, 0.85),
    (0.3, 0.75),
)
SETTLE_MS, PATIENCE_MS = 3000, 120_000


def main(url: str, job: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, path in PAGES.items():
            take(browser, url + path.format(job=job), name)
        browser.close()


def take(browser: Browser, address: str, name: str) -> None:
    page = browser.new_page(color_scheme="light", viewport={"width": 1200, "height": 860})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(SETTLE_MS)
    if name == "home":
        draw(page)
    if name == "detail":
        page.locator(".tile").first.click()
        page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


def draw(page: Page) -> None:
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    assert box
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in THREE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()
    page.locator("#pad-seen img").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(SETTLE_MS)


if __name__ == "__main__":
    main(*sys.argv[1:])
