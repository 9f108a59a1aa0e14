"""How images leave the first page: what is sent, what stays, and what people are told when nothing is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cli.collect import collect
from cli.demo import SAMPLE
from tests.acceptance.web.conftest import drop_files
from tests.acceptance.web.test_web import drop, until_completed

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

DROP_TEXT = """() => {
  const transfer = new DataTransfer();
  transfer.setData("text/plain", "seven");
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: transfer }));
}"""
SIFT = """async () => {
  const { fromList, sift } = await import("/static/js/gather.js");
  return sift(fromList(document.getElementById("probe").files)).files.map(({ path }) => path);
}"""
PROBE = """() => {
  const probe = document.createElement("input");
  document.body.append(Object.assign(probe, { type: "file", id: "probe", webkitdirectory: true }));
}"""
#: A line that takes a kilobyte in a second.
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1000}
LITTER = (".DS_Store", "Thumbs.db", "notes.txt", "__MACOSX/._1.png")
ODD_NAMES = (
    *("1.png", "2.JPG", "3.tif", "4.pgm", "no-suffix", "5.unknown", "deep/6.webp", "deep/.7.png", "desktop.ini"),
    *("a.zip", "b.tar", "c.tgz", "d.tar.gz", "e.TAR.XZ", "f.pdf", "g.csv", "h.mp4", "i.json"),
    *(".git/8.png", "scan.pdf/9.png"),
)


def write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"litter")


@pytest.fixture
def scans(tmp_path: Path, digits: Path) -> Path:
    """A folder of three digits, and what systems and people leave beside them."""
    folder = tmp_path / "scans"
    write(folder, *LITTER)
    for file in sorted(digits.rglob("*.png"))[:3]:
        shutil.copy(file, folder)
    return folder


def choose_folder(page: Page, folder: Path) -> None:
    page.locator("#folder").set_input_files(folder)


@pytest.mark.parametrize("bring", [drop_files, choose_folder])
def test_litter_in_a_folder_stays_and_is_counted(
    open_page: Open, scans: Path, bring: Callable[[Page, Path], None]
) -> None:
    page = open_page()
    bring(page, scans)
    page.wait_for_url("**/jobs/job_*")
    expect(page.locator("#toast")).to_have_text(f"Files left out because they are no images: {len(LITTER)}.")
    until_completed(page)
    expect(page.locator("#counts")).to_contain_text("3 of 3 read")
    assert "#" not in page.url, "a reload says it again"


def test_a_folder_of_nothing_but_litter_becomes_no_job(open_page: Open, tmp_path: Path) -> None:
    write(tmp_path / "scans", *LITTER)
    page = open_page()
    choose_folder(page, tmp_path / "scans")
    expect(page.locator("#toast")).to_have_text(f"Files left out because they are no images: {len(LITTER)}.")
    expect(page.locator("#sending")).to_be_hidden()


def test_a_file_picked_by_itself_is_sent_whatever_it_is(open_page: Open, tmp_path: Path) -> None:
    write(tmp_path, "notes.txt")
    page = open_page()
    page.locator("#files").set_input_files(tmp_path / "notes.txt")
    page.wait_for_url("**/jobs/job_*")
    expect(page.locator("h1")).to_have_text("notes.txt")


def test_the_page_leaves_out_what_the_command_leaves_out(open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write(folder, *ODD_NAMES)
    page = open_page("/models")
    page.evaluate(PROBE)
    page.locator("#probe").set_input_files(folder)
    found = collect([str(folder)], recursive=True)
    sent = [str(Path(source.path).relative_to(tmp_path)) for source in (*found.archives, *found.images)]
    assert sorted(page.evaluate(SIFT)) == sorted(sent)


def test_dropped_text_is_answered_with_what_is_wanted(open_page: Open) -> None:
    page = open_page()
    page.evaluate(DROP_TEXT)
    expect(page.locator("#toast.on")).to_contain_text("images, folders and archives")


def test_an_upload_can_be_stopped_until_all_is_sent(open_page: Open) -> None:
    page = open_page()
    hand = page.context.new_cdp_session(page)
    hand.send("Network.enable")
    hand.send("Network.emulateNetworkConditions", SLOW)
    drop(page, "sample.zip", SAMPLE.read_bytes())
    page.locator("#sending-stop").click()
    expect(page.locator("#toast")).to_have_text("Stopped; nothing was submitted.")

    hand.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    # The answer never arrives; the job is there.
    hand.send("Fetch.enable", {"patterns": [{"urlPattern": "*/v1/jobs", "requestStage": "Response"}]})
    drop(page, "sample.zip", SAMPLE.read_bytes())
    expect(page.locator("#sending-text")).to_contain_text("Sent")
    expect(page.locator("#sending-stop")).to_be_hidden()


def test_the_same_file_can_be_chosen_again_after_its_upload_failed(open_page: Open) -> None:
    page = open_page()
    page.route("**/v1/jobs", lambda route: route.abort())
    page.locator("#files").set_input_files(SAMPLE)
    expect(page.locator("#toast")).to_contain_text("broke off")
    expect(page.locator("#files")).to_have_value("")
    page.unroute("**/v1/jobs")
    page.locator("#files").set_input_files(SAMPLE)
    page.wait_for_url("**/jobs/job_*")
