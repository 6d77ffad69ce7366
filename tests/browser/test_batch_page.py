"""The journey of a rep in a real browser, and what goes wrong on the way."""

from __future__ import annotations

import re

import psycopg
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.opening import SETTLED, a_page, found
from tests.staged import Stage

TEXT = "Hi {{ person.first_name | default: 'there' }}, we open at nine."
OTHER = "Hello {{ person.first_name | default: 'there' }}, we open at ten."


def opened(context: BrowserContext, stage: Stage, *people: int) -> Page:
    """A draft for some people, through consent if need be, and found."""
    page = context.new_page()
    stage.pipedrive.allow_at_once = True
    page.goto(stage.pipedrive.link_url(people or (1, 2, 3)))
    expect(send_button(page)).to_have_text(re.compile(r"Send to \d"))
    return page


def send_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Send to"))


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name=re.compile("message", re.IGNORECASE)).fill(text)


def send(page: Page) -> None:
    send_button(page).click()


def bodies(stage: Stage) -> list[str]:
    return sorted(text["body"] for text in list(stage.twilio.accepted))


def test_a_rep_clicks_in_pipedrive_and_sees_sixty_texts_delivered_or_explained(
    context: BrowserContext, stage: Stage
) -> None:
    crm = context.new_page()
    crm.goto(stage.site)
    crm.locator("thead input[type=checkbox]").first.check()
    crm.locator("summary, button").filter(has_text="⋯").first.click()
    with context.expect_page() as opening:
        crm.get_by_text("Send a text (SMS)").first.click()
    page = opening.value
    page.get_by_role("button", name=re.compile("Allow")).click()
    expect(page.get_by_role("button", name=re.compile(r"^Send to 4\d people"))).to_be_visible()
    found(page)
    write(page, TEXT)
    expect(page.get_by_text("Hi Liis, we open at nine.")).to_be_visible()
    page.locator("input[name=people]").fill("48")
    send(page)
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_focused()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile("4[0-9] of 4[0-9] delivered"), timeout=SETTLED
    )
    numbers = [text["to"] for text in stage.twilio.accepted]
    assert len(numbers) == len(set(numbers))


def test_a_double_click_on_send_texts_everybody_once(context: BrowserContext, stage: Stage) -> None:
    page = opened(context, stage)
    write(page, TEXT)
    send_button(page).dblclick()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 3 delivered", timeout=SETTLED)
    assert len(bodies(stage)) == 3


def test_going_back_after_sending_does_not_send_again(
    context: BrowserContext, stage: Stage
) -> None:
    page = opened(context, stage)
    write(page, TEXT)
    send(page)
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile("Texting 3|of 3 delivered")
    )
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 3 delivered", timeout=SETTLED)
    assert len(bodies(stage)) == 3


def test_of_two_tabs_with_different_texts_one_sends_and_the_other_keeps_its_text(
    context: BrowserContext, stage: Stage
) -> None:
    first = opened(context, stage)
    second = context.new_page()
    second.goto(first.url)
    write(first, TEXT)
    expect(first.get_by_text("we open at nine.").last).to_be_visible()
    send(first)
    expect(first.get_by_role("button", name=re.compile("^Undo"))).to_be_visible()
    write(second, OTHER)
    send(second)
    expect(second.get_by_text(re.compile("already confirmed|changed since"))).to_be_visible()
    expect(second.get_by_text("we open at ten.").first).to_be_visible()
    stage.end_hold()
    expect(first.get_by_role("heading", level=1)).to_have_text("3 of 3 delivered", timeout=SETTLED)
    assert all(body.endswith("at nine.") for body in bodies(stage))


def test_the_link_clicked_twice_opens_one_text_and_next_week_a_new_one(
    context: BrowserContext, stage: Stage, database_url: str
) -> None:
    page = opened(context, stage)
    for link in (
        stage.pipedrive.link_url([1, 2, 3]),
        stage.pipedrive.link_url([1, 2, 3], token=None),
    ):
        page.goto(link)
        first = page.url
        page.goto(link)
        assert page.url == first
        assert "/batches/" in first
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE links SET created_at = created_at - interval '7 days'")
    page.goto(link)
    assert page.url != first
    expect(send_button(page)).to_have_text("Send to 3 people")


def test_a_rep_takes_it_back_writes_it_better_and_sends(
    context: BrowserContext, stage: Stage
) -> None:
    page = opened(context, stage)
    write(page, TEXT)
    send(page)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    box = page.get_by_role("textbox", name=re.compile("message", re.IGNORECASE))
    expect(box).to_have_value(TEXT)
    assert bodies(stage) == []
    write(page, OTHER)
    send(page)
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 3 delivered", timeout=SETTLED)
    assert all(body.endswith("at ten.") for body in bodies(stage))


def test_the_whole_journey_works_without_javascript(started: Browser, stage: Stage) -> None:
    stage.pipedrive.allow_at_once = True
    with a_page(started, java_script_enabled=False) as page:
        page.goto(stage.pipedrive.link_url([1, 2, 3]))
        refresh_until(page, r"Send to 3 people")
        write(page, TEXT)
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("Hi Liis, we open at nine.")).to_be_visible()
        send(page)
        page.get_by_role("button", name=re.compile("^Undo")).click()
        write(page, OTHER)
        send(page)
        stage.end_hold()
        refresh_until(page, "3 of 3 delivered")
        assert [body[-7:] for body in bodies(stage)] == ["at ten."] * 3


def refresh_until(page: Page, words: str) -> None:
    """What a rep without JavaScript does: press Refresh until it is there."""
    for _ in range(200):
        if page.get_by_text(re.compile(words)).count():
            return
        refresh = page.get_by_role("link", name="Refresh")
        if refresh.count():
            refresh.first.click()
        else:
            page.reload()
        page.wait_for_timeout(150)
    raise AssertionError(f"{words!r} never came: {page.locator('main').inner_text()[:500]}")
