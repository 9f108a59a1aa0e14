"""What people say of images by keys and by buttons: each press is meant for one image, and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.timeout(300)

Open = Callable[..., Page]

RESULT = re.compile(r"/results/\d+$")
#: How a small picture of the nine begins once something is said of it.
SAID = "✓"


def review(open_page: Open, images: int = 45) -> Page:
    """The review page, on which only the first so many images wait."""

    def cut(route: Route) -> None:
        answer = route.fetch()
        waiting = answer.json()
        route.fulfill(response=answer, json=waiting | {"data": waiting["data"][:images], "has_more": False})

    page = open_page("/models")
    page.route("**/v1/reviews/pending?*", cut)
    page.goto("/review")
    expect(page.locator("#nine img").first).to_be_visible()
    return page


def small(page: Page, place: int) -> str:
    """What stands below a small picture of the nine: the digit as the model reads it, or as a person says."""
    return page.locator("#nine button b").nth(place).inner_text()


def read_as(page: Page, place: int) -> str:
    return small(page, place).removesuffix("?")


def other_than(*digits: str) -> str:
    return next(digit for digit in "0123456789" if digit not in digits)


def until_done(page: Page, number: int) -> None:
    expect(page.locator("#done")).to_have_text(str(number))


def left(page: Page) -> int:
    return int(page.locator("#left").inner_text().replace(",", ""))


def step_to_another_image(page: Page, step: Callable[[], None]) -> None:
    title = page.locator("#detail-title").inner_text()
    step()
    expect(page.locator("#detail-title")).not_to_have_text(title)


def agree_by_key(page: Page) -> None:
    title, reading = (page.locator(place).inner_text() for place in ("#detail-title", "#reading"))
    page.keyboard.press("Enter")
    expect(page.locator("#keys [aria-pressed=true]")).to_have_text(reading)
    expect(page.locator("#detail-title")).to_have_text(title)


def test_enter_agrees_in_the_dialog_also_after_its_buttons_were_clicked(open_page: Open, doubtful: str) -> None:
    page = open_page(f"/jobs/{doubtful}")
    page.locator(".tile").nth(1).click()
    expect(page.locator("#scores .score").first).to_be_visible()
    agree_by_key(page)
    for button in ("#next", "#previous", "#previous"):
        step_to_another_image(page, page.locator(button).click)
        agree_by_key(page)


def test_a_button_of_the_dialog_that_was_reached_by_tab_is_pressed_by_enter(open_page: Open, doubtful: str) -> None:
    page = open_page(f"/jobs/{doubtful}")
    page.locator(".tile").first.click()
    expect(page.locator("#scores .score").first).to_be_visible()
    page.locator("#next").focus()
    for _ in range(2):
        step_to_another_image(page, lambda: page.keyboard.press("Enter"))


def test_nobody_agrees_with_the_answer_of_the_image_before(open_page: Open, doubtful: str) -> None:
    page = open_page(f"/jobs/{doubtful}")
    page.locator(".tile").first.click()
    expect(page.locator("#scores .score").first).to_be_visible()
    held: list[Route] = []
    said: list[str] = []
    page.on("request", lambda request: said.append(request.url) if request.method == "POST" else None)
    page.route(RESULT, lambda route: held.append(route))
    with page.expect_request(RESULT):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    step_to_another_image(page, lambda: held[0].continue_())
    assert said == []


def test_keys_after_a_click_are_meant_for_the_next_image(open_page: Open, doubtful: str) -> None:
    page = review(open_page)
    second, fourth = read_as(page, 1), read_as(page, 3)
    label = other_than(second, fourth)
    page.locator(f"#keys [data-label='{label}']").click()
    until_done(page, 1)
    page.keyboard.press("Enter")
    until_done(page, 2)
    assert [small(page, 0), small(page, 1)] == [f"{SAID} {label}", f"{SAID} {second}"]

    page.locator(f"#keys [data-label='{label}']").click()
    until_done(page, 3)
    page.keyboard.press("Space")
    expect(page.locator("#nine button").nth(4)).to_have_attribute("aria-current", "true")
    assert small(page, 3) == f"{fourth}?"


def test_a_button_that_was_reached_by_tab_is_pressed_by_enter_and_space(open_page: Open, doubtful: str) -> None:
    page = review(open_page)
    label = other_than(read_as(page, 0), read_as(page, 1))
    page.locator(f"#keys [data-label='{label}']").focus()
    for number, key in enumerate(("Enter", "Space"), 1):
        page.keyboard.press(key)
        until_done(page, number)
    assert [small(page, place) for place in (0, 1)] == [f"{SAID} {label}"] * 2


def test_agreeing_with_all_nine_is_taken_back_at_once(open_page: Open, doubtful: str) -> None:
    page = review(open_page)
    before, first = left(page), small(page, 0)
    page.keyboard.press("Shift+Enter")
    until_done(page, 9)
    assert left(page) == before - 9
    page.keyboard.press("u")
    until_done(page, 0)
    assert left(page) == before
    assert small(page, 0) == first
    expect(page.locator("#nine [data-said]")).to_have_count(0)
    expect(page.locator("#nine button").first).to_have_attribute("aria-current", "true")


def test_the_last_decision_is_taken_back_by_key_and_by_button(open_page: Open, doubtful: str) -> None:
    page = review(open_page, images=2)
    page.keyboard.press("1")
    for undo in (lambda: page.keyboard.press("u"), page.locator("#undo").click):
        page.keyboard.press("2")
        expect(page.get_by_text("Nothing to review")).to_be_visible()
        until_done(page, 2)
        page.keyboard.press("5")  # of no image
        undo()
        expect(page.locator("#desk")).to_be_visible()
        until_done(page, 1)


def test_images_that_were_skipped_are_said_to_wait_and_come_again(open_page: Open, doubtful: str) -> None:
    page = review(open_page, images=2)
    page.keyboard.press("Space")
    page.keyboard.press("4")
    expect(page.get_by_text("Those without an answer still wait")).to_be_visible()
    expect(page.get_by_text("Nothing to review")).to_be_hidden()
    page.get_by_role("button", name="Look at them again").click()
    expect(page.locator("#nine button").first).to_have_attribute("aria-current", "true")
    page.keyboard.press("4")
    expect(page.get_by_text("Nothing to review")).to_be_visible()
    expect(page.get_by_text("Those without an answer still wait")).to_be_hidden()


def test_undoing_goes_back_through_all_that_was_said_of_an_image(open_page: Open, doubtful: str) -> None:
    page = review(open_page)
    before, read = left(page), small(page, 0)
    page.keyboard.press("1")
    until_done(page, 1)
    page.locator("#nine button").first.click()
    page.keyboard.press("2")
    first = page.locator("#nine button b").first
    for shown, done in ((f"{SAID} 2", 1), (f"{SAID} 1", 1), (read, 0)):
        expect(first).to_have_text(shown)
        until_done(page, done)
        page.keyboard.press("u")
    assert left(page) == before
