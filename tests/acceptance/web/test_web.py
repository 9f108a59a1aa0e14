"""The web page as people use it: images go in, are watched, looked through, corrected and taken home."""

from __future__ import annotations

import base64
import csv
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cli.demo import SAMPLE
from tests.acceptance.running import Up
from tests.acceptance.web.conftest import submit

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: transfer }));
}"""
#: A three, above and below, in parts of the pad's width.
ABOVE = ((0.3, 0.25), (0.5, 0.15), (0.68, 0.28), (0.6, 0.42), (0.45, 0.48))
THREE = (*ABOVE, (0.65, 0.56), (0.7, 0.7), (0.5, 0.85), (0.3, 0.75))


def drop(page: Page, name: str, data: bytes) -> None:
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])


def a_digit(form: str, edge: int = 28) -> bytes:
    """The sample's first digit as a file of this form."""
    picture = BytesIO()
    with zipfile.ZipFile(SAMPLE) as sample, Image.open(sample.open(sample.namelist()[0])) as digit:
        digit.resize((edge, edge)).save(picture, form)
    return picture.getvalue()


def until_completed(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("completed", timeout=90_000)


def test_a_dropped_archive_is_read_filtered_corrected_and_taken_home(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    drop(page, "sample.zip", SAMPLE.read_bytes())
    page.wait_for_url("**/jobs/job_*")
    until_completed(page)
    expect(page.locator("#counts")).to_contain_text("200 of 200 read")

    page.locator("#digits button").nth(3).click()
    expect(page.locator("#shown")).to_contain_text("of 200 images")
    shown = int(page.locator("#shown").inner_text().split()[0])
    assert 15 <= shown <= 25

    page.locator(".tile").first.click()
    for key in ("5", "x", "7"):
        index = page.locator("#original").get_attribute("data-index")
        page.keyboard.press(key)
        label = "none" if key == "x" else key
        expect(page.locator(f"#keys [data-label='{label}']")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#original")).not_to_have_attribute("data-index", str(index))
    page.keyboard.press("Escape")
    expect(page.locator("[data-decision=corrected] span")).to_have_text("3")

    with page.expect_download() as download:
        page.get_by_text("Download CSV").click()
    download.value.save_as(tmp_path / "results.csv")
    rows = list(csv.DictReader((tmp_path / "results.csv").read_text().splitlines()))
    assert len(rows) == 200
    corrected = [row for row in rows if row["corrected"]]
    assert sorted(row["corrected"] for row in corrected) == ["5", "7", "none"]
    assert {row["prediction"] for row in corrected} == {"3"}


def test_a_drawn_three_is_read_as_a_three(open_page: Open) -> None:
    page = open_page()
    pad = page.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in THREE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()

    expect(page.locator("#pad-reading")).to_have_text("3")
    expect(page.locator("#pad-scores .score")).to_have_count(10)
    seen = page.locator("#pad-seen img")
    expect(seen).to_be_visible()
    assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 28


def test_twenty_doubtful_images_are_reviewed_with_the_keyboard_alone(
    open_page: Open, service: Up, doubtful: str
) -> None:
    page = open_page("/review")
    expect(page.locator("#seen img")).to_be_visible()
    before = int(page.locator("#left").inner_text().replace(",", ""))
    for number, key in enumerate(["Enter", "4", "x", "Enter", "0"] * 4, 1):
        page.keyboard.press(key)
        expect(page.locator("#done")).to_have_text(str(number))
    page.keyboard.press("u")
    expect(page.locator("#done")).to_have_text("19")
    page.keyboard.press("1")
    expect(page.locator("#done")).to_have_text("20")

    expect(page.locator("#left")).to_have_text(f"{before - 20:,}")
    said = httpx.get(f"{service.url}/v1/reviews?limit=30").json()["data"]
    assert [said[0]["after"], said[1]["before"], said[2]["after"]] == ["1", "0", "0"]


def test_a_job_is_followed_across_a_reload_and_in_two_tabs(open_page: Open, service: Up, ten_thousand: Path) -> None:
    with ten_thousand.open("rb") as archive:
        job = httpx.post(f"{service.url}/v1/jobs", files={"files": archive}, timeout=90).json()["id"]
    page, other = open_page(f"/jobs/{job}"), open_page(f"/jobs/{job}")
    expect(page.locator(".tile").first).to_be_visible()
    assert int(page.locator("#bar").evaluate("bar => bar.value")) < 10_000, "the job was over too soon for this test"
    page.reload()

    for tab in (page, other):
        until_completed(tab)
        expect(tab.locator("[data-decision=''] span")).to_have_text("10,000")


def test_a_hundred_tiles_come_in_one_request_and_few_tiles_exist(open_page: Open, service: Up) -> None:
    job = submit(service, [("sample.zip", SAMPLE.read_bytes())])
    asked: list[str] = []
    page = open_page("/jobs", viewport={"width": 1200, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/jobs/{job}")
    until_completed(page)
    page.mouse.wheel(0, 600)
    expect(page.locator(".tile img").last).to_be_visible()

    assert len([url for url in asked if "/image" in url]) == 0
    assert 1 <= len([url for url in asked if "/tiles?" in url]) <= 4
    assert page.locator(".tile").count() < 200


def test_a_filename_that_looks_like_markup_stays_text(open_page: Open, service: Up) -> None:
    name = "<script>document.title='taken'</script><img src=x onerror=alert(1)>.png"
    job = submit(service, [(name, SAMPLE.read_bytes()[:10]), (name, PIXEL)], metadata=f'{{"name": "{name}"}}')
    page = open_page(f"/jobs/{job}")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    expect(page.locator("h1")).to_have_text(name)
    page.locator(".tile").first.click()
    expect(page.locator("#detail-title")).to_have_text(name)
    assert "taken" not in page.title().replace(name, "")


def test_what_the_model_saw_stands_for_an_image_that_no_browser_shows(open_page: Open, service: Up) -> None:
    picture = a_digit("TIFF")
    job = submit(service, [("digit.tif", picture), ("broken.tif", picture[:10])])
    page = open_page(f"/jobs/{job}")
    expect(page.locator(".tile .picture").last).to_have_text("no preview")
    shown = page.locator(".tile .picture img")
    expect(shown).to_have_attribute("src", f"/v1/jobs/{job}/results/0/normalized")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 28

    page.locator(".tile").first.click()
    expect(page.locator("#original")).to_have_text("no preview")
    agree = page.locator("#keys [data-key=Enter]")
    expect(agree).to_be_enabled()
    page.locator("#next").click()
    expect(page.locator("#verdict")).to_have_text("failed")
    expect(agree).to_be_disabled()


def test_graymaps_are_shown_as_sent_and_damaged_ones_hide_no_other_image(open_page: Open, service: Up) -> None:
    graymap = a_digit("PPM")
    commented = graymap.replace(b"P5\n", b"P5\n# by hand\n")
    job = submit(
        service, [("1.pgm", graymap), ("2.pgm", commented), ("3.pgm", graymap[:99]), ("4.png", a_digit("PNG"))]
    )
    page = open_page(f"/jobs/{job}")
    expect(page.locator(".tile .picture").nth(2)).to_have_text("no preview")
    expect(page.locator(".tile .picture").nth(3).locator("img")).to_be_visible()
    sizes = page.locator(".tile canvas").evaluate_all("all => all.map(({ width, height }) => [width, height])")
    assert sizes == [[28, 28], [28, 28]]


def test_images_that_show_no_digit_are_counted_as_rejected(open_page: Open, service: Up) -> None:
    page = open_page(f"/jobs/{submit(service, [('1.png', a_digit('PNG')), ('2.pgm', PIXEL)])}")
    expect(page.locator("#counts span")).to_have_text(["2 of 2 read", "50.0 % accepted", "1 rejected"])


def test_the_description_of_the_api_needs_no_other_host(open_page: Open, service: Up) -> None:
    asked: list[str] = []
    page = open_page("/jobs")
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/docs")
    expect(page.get_by_role("heading", name="digitq")).to_be_visible()
    page.locator("#operations-jobs-create_job_v1_jobs_post").get_by_role("button").first.click()
    expect(page.get_by_text("any number of files, archives")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((service.url, "data:"))] == []


def test_the_description_of_the_api_sends_an_image(open_page: Open, digits: Path) -> None:
    page = open_page("/docs")
    call = page.locator("#operations-jobs-create_job_v1_jobs_post")
    call.get_by_role("button").first.click()
    call.get_by_text("Try it out").click()
    call.locator("input[type=file]").set_input_files(digits / "7" / "00000.png")
    with page.expect_response("**/v1/jobs") as answer:
        call.get_by_role("button", name="Execute").click()
    assert answer.value.status == 202, answer.value.text()


def test_the_contact_sheet_is_sorted_and_can_be_kept_as_one_file(
    open_page: Open, service: Up, doubtful: str, tmp_path: Path
) -> None:
    page = open_page(f"/jobs/{doubtful}/sheet?digit=4")
    expect(page.locator("#shown")).to_contain_text("images read as 4")
    expect(page.locator(".tile img").first).to_be_visible()
    shares = [float(text.split()[0]) for text in page.locator(".tile small").all_inner_texts() if "%" in text]
    assert shares == sorted(shares)

    with page.expect_download() as download:
        page.get_by_text("Save as HTML").click()
    download.value.save_as(tmp_path / "sheet.html")
    sheet = (tmp_path / "sheet.html").read_text()
    assert sheet.count("<img") == int(page.locator("#shown").inner_text().split()[0])
    assert not re.findall(r'src="(?!data:)', sheet)


def test_a_kept_contact_sheet_needs_nothing_else_whatever_its_images_are(
    open_page: Open, service: Up, tmp_path: Path
) -> None:
    files = [("1.tif", a_digit("TIFF")), ("2.pgm", a_digit("PPM")), ("3.bmp", a_digit("BMP", edge=200))]
    job = submit(service, files)
    page = open_page(f"/jobs/{job}/sheet?digit=7")
    expect(page.locator(".tile")).to_have_count(len(files))
    with page.expect_download() as download:
        page.get_by_text("Save as HTML").click()
    download.value.save_as(tmp_path / "sheet.html")

    page.goto((tmp_path / "sheet.html").as_uri())
    shown = "all => all.map((image) => [image.src.slice(0, 15), image.naturalWidth])"
    assert sorted(page.locator("img").evaluate_all(shown)) == [["data:image/png;", width] for width in (28, 28, 112)]


#: One white pixel, as a PGM file.
PIXEL = b"P5 1 1 255\n\xff"
