"""The editor in a real browser: its buttons keep what is being typed, with the script and without."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.opening import SETTLED, a_page, found
from tests.staged import Stage


def opened(context: BrowserContext, stage: Stage, *people: int) -> Page:
    page = context.new_page()
    stage.pipedrive.allow_at_once = True
    page.goto(stage.pipedrive.link_url(people))
    expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d"))
    return page


def test_buttons_keep_what_was_just_typed_and_can_be_undone(
    context: BrowserContext, stage: Stage
) -> None:
    page = opened(context, stage, 1, 2, 3)
    body = page.locator("#body")
    body.fill("“Hi” {{ person.first_name }} – soon")
    page.locator("#do-plain").click()
    expect(page.get_by_text("Plain characters are used now")).to_be_visible()
    expect(body).to_have_value('"Hi" {{ person.first_name }} - soon')
    page.locator("#texts summary").click()
    page.locator("#text_name").fill("Soon")
    page.keyboard.press("Enter")  # in its field Enter saves the text; nothing is sent
    expect(page.locator("#texts li")).to_have_count(1)
    body.fill("Something of my own")
    page.get_by_role("button", name="Use Soon").click()
    expect(body).to_have_value('"Hi" {{ person.first_name }} - soon')
    page.locator("#do-put-back").click()
    expect(body).to_have_value("Something of my own")
    page.locator("#do-opt-out").click()
    expect(body).to_have_value("Something of my own\nReply STOP to opt out.")
    expect(page.locator(".bubble")).to_have_text("Something of my own\nReply STOP to opt out.")
    assert list(stage.twilio.accepted) == []


def test_a_test_to_me_arrives_while_the_draft_stays_and_the_price_is_said(
    context: BrowserContext, stage: Stage
) -> None:
    page = opened(context, stage, 1, 2, 3)
    page.locator("#body").fill("Hi {{ person.first_name }}")
    page.locator("#turn-on").click()
    expect(page.locator(".nth")).to_have_text("2 of 3")
    page.get_by_role("link", name=re.compile("^Preview for")).first.click()
    expect(page.locator(".nth")).to_have_text("1 of 3")
    page.locator("#turn-on").click()
    expect(page.locator(".nth")).to_have_text("2 of 3")
    shown = page.locator(".bubble").inner_text()
    page.locator("#tryout summary").click()
    page.locator("#test_number").fill("+372 5612 4900")
    page.locator("#do-test").dblclick()
    expect(page.locator(".tryouts li")).to_have_text(re.compile(": delivered"), timeout=SETTLED)
    expect(page.locator("#cost-details summary")).to_have_text(re.compile("about|less than"))
    assert [(text["to"], text["body"]) for text in stage.twilio.accepted] == [
        ("+37256124900", shown)
    ]
    page.locator("#send").click()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 of 3 delivered", timeout=SETTLED)
    assert len(stage.twilio.accepted) == 4


def test_without_a_script_the_editor_does_the_same(started: Browser, stage: Stage) -> None:
    stage.pipedrive.allow_at_once = True
    with a_page(started, java_script_enabled=False) as page:
        page.goto(stage.pipedrive.link_url([1, 2, 3]))
        page.locator("#fields-help summary").click()
        expect(page.locator("#fields-help button:visible")).to_have_count(0)  # nothing to press
        expect(page.locator("#fields-help code:visible").first).to_have_text(
            "{{ person.first_name }}"
        )
        body = page.locator("#body")
        body.fill("“Hi” {{ person.last_name }}")
        page.locator("#check").click()
        page.locator("#do-plain").click()
        expect(body).to_have_value('"Hi" {{ person.last_name }}')
        page.locator("#turn-on").click()
        expect(page.locator(".nth")).to_have_text("2 of 3")
        page.locator("#tryout summary").click()
        page.locator("#test_number").fill("+372 5612 4901")
        page.locator("#do-test").click()
        expect(page.locator(".tryouts li")).to_have_count(1)
        expect(page.locator(".nth")).to_have_text("2 of 3")


def test_every_field_of_the_list_is_put_in_by_a_press_the_fall_back_too(
    context: BrowserContext, stage: Stage
) -> None:
    page = opened(context, stage, 1)
    page.keyboard.type("Hi ")

    page.get_by_text("All fields").click()
    page.get_by_role("button", name="default").click()

    expect(page.locator("#body")).to_have_value('Hi {{ person.first_name | default: "there" }}')
    expect(page.locator("#preview .bubble")).to_have_text(re.compile(r"^Hi \w+$"))


def test_who_writes_in_the_moment_when_they_are_counted_loses_nothing(
    context: BrowserContext, stage: Stage
) -> None:
    page, held = context.new_page(), list[Route]()
    stage.pipedrive.allow_at_once = True
    stage.pipedrive.delay("/api/v2/persons", 600)
    few = stage.pipedrive.add_filter("Five", lambda person: person["id"] < 6)
    page.goto(stage.pipedrive.link_url(filter={"filter_id": few}))
    body = page.locator("#body")
    expect(body).to_have_value("\n\nReply STOP to opt out.")
    body.click()
    page.route(page.url, lambda route: held.append(route), times=1)
    stage.pipedrive.delay("/api/v2/persons", 0)
    while not held:
        page.wait_for_timeout(50)
    page.keyboard.type("At nine.")
    held[0].continue_()
    expect(page.locator("#send")).to_have_text("Send to 5 people")
    expect(page.locator("#facts .bubble")).to_contain_text("At nine.")
    page.reload()
    expect(body).to_have_value("At nine.\n\nReply STOP to opt out.")


def test_the_opt_out_line_waits_for_the_count_and_one_writes_above_it(
    context: BrowserContext, stage: Stage
) -> None:
    page = context.new_page()
    stage.pipedrive.allow_at_once = True
    stage.pipedrive.delay("/api/v2/persons", 600)
    few = stage.pipedrive.add_filter("Five", lambda person: person["id"] < 6)
    page.goto(stage.pipedrive.link_url(filter={"filter_id": few}))
    body = page.locator("#body")
    expect(body).to_have_value("\n\nReply STOP to opt out.")  # a filter may be big
    body.click()
    page.keyboard.press("ArrowLeft")
    stage.pipedrive.delay("/api/v2/persons", 0)
    expect(page.locator("#send")).to_have_text("Send to 5 people")
    expect(body).to_have_value("")

    many = [
        stage.pipedrive.add_person(name=f"P {n}", phone=f"+3725645{n:04}")["id"] for n in range(102)
    ]
    page.goto(stage.pipedrive.link_url(many))
    expect(page.locator("#send")).to_contain_text("Send to")
    found(page)
    expect(body).to_have_value("\n\nReply STOP to opt out.")
    body.click()
    page.keyboard.type("We open at nine.")
    expect(body).to_have_value("We open at nine.\n\nReply STOP to opt out.")
