"""What the web page costs a browser: time to paint, scripts shipped, and scrolling through all results of a job.

`python -m bench.pages --source mnist.zip` starts a service and needs chromium. Of several fresh visits the median
counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.end_to_end import running_service

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
VISITS = 7
#: Pixels of a turn of the wheel, and milliseconds to the next one.
TURN, PAUSE_MS = 600, 30
#: Milliseconds after which a page has nothing more to do.
SETTLE_MS, PATIENCE_MS = 1500, 120_000

VISIT = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
  const scripts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"));
  return [paint.startTime, domContentLoadedEventEnd, scripts.reduce((sum, each) => sum + each.decodedBodySize, 0)];
}"""
WATCH_FRAMES = """() => {
  let last = performance.now();
  globalThis.longestFrame = 0;
  const tick = (now) => {
    longestFrame = Math.max(longestFrame, now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """Milliseconds to the first paint, and until the scripts have run and the page can be used; scripts in bytes."""

    first_paint_ms: float
    interactive_ms: float
    script_bytes: int


@dataclass(frozen=True, slots=True)
class Scroll:
    """From the first to the last result: what the browser's main thread did meanwhile, and what it held at the end."""

    results: int
    seconds: float
    scripting_ms: float
    layout_and_style_ms: float
    longest_frame_ms: float
    tiles: int
    requests_for_tiles: int
    heap_mebibytes: float


def measure(archive: Path) -> dict[str, Any]:
    """Visits of the first page and of a job's page, and a scroll through the latter."""
    with running_service() as client, sync_playwright() as playwright:
        job = _read(client, archive)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        home, page = f"{client.base_url}/", f"{client.base_url}/jobs/{job['id']}"
        results = {
            "home": asdict(visit(browser, home)),
            "job": asdict(visit(browser, page)),
            "scroll": asdict(scroll(browser, page, job["counts"]["total"])),
        }
        browser.close()
    return results


def _read(client: httpx.Client, archive: Path) -> dict[str, Any]:
    answer = client.post("/v1/jobs", content=archive.read_bytes(), headers={"Content-Type": "application/zip"})
    job: dict[str, Any] = answer.raise_for_status().json()
    while not job["ended_at"]:
        job = client.get(f"/v1/jobs/{job['id']}?wait=60").json()
    return job


def visit(browser: Browser, address: str) -> Visit:
    """The median of several visits, each with nothing kept from the one before."""
    found = [_visit(browser, address) for _ in range(VISITS)]
    paint, interactive, scripts = (statistics.median(each) for each in zip(*found, strict=True))
    return Visit(round(paint), round(interactive), round(scripts))


def _visit(browser: Browser, address: str) -> list[float]:
    page = _open(browser, address)
    found: list[float] = page.evaluate(VISIT)
    page.context.close()
    return found


def scroll(browser: Browser, address: str, results: int) -> Scroll:
    """Turn the wheel from the top of a job's page to its end."""
    page = _open(browser, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(WATCH_FRAMES)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before, start = _metrics(session), monotonic()
    page.mouse.move(600, 400)
    for _ in range(round(page.evaluate("document.documentElement.scrollHeight") / TURN) + 1):
        page.mouse.wheel(0, TURN)
        page.wait_for_timeout(PAUSE_MS)
    seconds, after = monotonic() - start, _metrics(session)
    spent = {name: 1000 * (after[name] - before[name]) for name in after}
    session.send("HeapProfiler.collectGarbage")
    return Scroll(
        results=results,
        seconds=round(seconds, 1),
        scripting_ms=round(spent["ScriptDuration"]),
        layout_and_style_ms=round(spent["LayoutDuration"] + spent["RecalcStyleDuration"]),
        longest_frame_ms=round(page.evaluate("longestFrame")),
        tiles=page.locator(".tile").count(),
        requests_for_tiles=sum("/tiles?" in url for url in asked),
        heap_mebibytes=round(_metrics(session)["JSHeapUsedSize"] / 2**20, 1),
    )


def _metrics(session: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1200, "height": 860}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    return page


def main() -> None:
    """Read the command line, measure, print JSON."""
    parser = argparse.ArgumentParser(description="Measure the web page in a browser.")
    parser.add_argument("--source", type=Path, required=True, help="a ZIP of bench.corpus")
    print(json.dumps(measure(parser.parse_args().source), indent=2))


if __name__ == "__main__":
    main()
