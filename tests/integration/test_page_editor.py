"""The editor's buttons, without any script: each keeps what was typed and says what it did."""

from __future__ import annotations

import html
import re

import pytest

from tests.builders_batches import NOW, a_row
from tests.paged import Page, seen, three
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


async def test_plain_characters_take_the_place_of_typographic_ones_and_can_be_undone() -> None:
    page = Page(three())
    typed = "“Hi” – õ"

    before = await page.ask("draft", revision="1", body=typed)
    done = await page.post("plain", revision="2", body=typed)
    shown = await seen(page)
    await page.post("put-back", revision="3", body='"Hi" - õ')

    assert "Use plain characters" in before.json()["html"]["facts"]
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/batches/{page.at}#message-title",
    )
    assert '"Hi" - õ</textarea>' in shown
    assert 'now: “ → ", ” → ", – → -.' in shown
    assert page.view.body == typed
    assert page.view.set_aside == '"Hi" - õ'


async def test_which_character_makes_it_expensive_is_said_and_whose_it_is() -> None:
    text = "Hi {{ person.first_name }} " + "see you " * 10
    page = Page([a_row(1, name="Mari"), a_row(2, name="Zoë")])

    of_name = (await page.ask("draft", revision="1", body=text)).json()
    of_text = (await page.ask("draft", revision="2", body=text + "ł\u202fx")).json()

    assert (of_name["encoding"], of_name["culprits"]) == ("UCS-2", ["ë"])
    assert "“ë”, in the details of some people, isn't in the plain" in html.unescape(
        of_name["html"]["facts"]
    )
    assert "“ł” narrow no-break space aren't in the plain alphabet" in html.unescape(
        of_text["html"]["facts"]
    )


async def test_plain_text_needs_no_button_and_pressing_it_saves() -> None:
    page = Page(three())

    await page.post("plain", revision="1", body="Hi ł")

    assert (page.view.body, page.view.set_aside) == ("Hi ł", None)
    assert "Use plain characters" not in await seen(page)


async def test_anybody_of_the_batch_may_be_previewed_by_their_link() -> None:
    rows = [a_row(n, name=f"Person{n}") for n in range(1, 303)]
    page = Page(rows, body="Hi {{ person.first_name }}")

    shown = await seen(page, "?person=302")

    assert '<p class="bubble">Hi Person302</p>' in shown
    assert "302 of 302" in shown
    assert "person=301#preview" in shown


async def test_check_without_javascript_comes_back_to_the_same_person() -> None:
    page = Page(three())

    answer = await page.post("draft", revision="1", body="Hi", person="2")

    assert answer.headers["location"] == f"/batches/{page.at}?person=2#preview"


async def test_a_hole_names_its_people_and_a_fall_back_fills_it_by_a_click() -> None:
    page = Page([a_row(1, name="Mari Maasikas"), a_row(2, name="Zoë")])
    typed = "Dear {{ person.last_name }}"

    facts = html.unescape(
        (await page.ask("draft", revision="1", body=typed)).json()["html"]["facts"]
    )
    field = {"field": "person.last_name", "instead person.last_name": "friend"}
    await page.post("fall-back", revision="2", body=typed, **field)

    assert "1 person has no last name: theirs reads without it." in facts
    assert re.search(r'\?person=2#preview"[^>]*><bdi>Zoë', facts)
    assert page.view.body == 'Dear {{ person.last_name | default: "friend" }}'
    assert page.view.set_aside == typed
    assert "has no last name" not in await seen(page)


async def test_an_empty_fall_back_is_asked_for_and_the_text_kept() -> None:
    page = Page([a_row(1, name="Zoë")])
    typed = "Hi {{ person.last_name }} you"

    answer = await page.post("fall-back", revision="1", body=typed, field="person.last_name")

    assert answer.status_code == 422
    assert "What should stand there" in answer.text
    assert page.view.body == typed


async def test_a_text_is_saved_used_and_deleted_without_losing_what_was_typed() -> None:
    page = Page(three())

    saved = await page.post("save-text", revision="1", body="We open at nine.", text_name=" Open ")
    shown = await seen(page, "?texts=open")
    text = re.findall(r'name="text" value="([^"]+)"', shown)[0]
    used = await page.post("use-text", revision="2", body="My own words", text=text)
    after = await seen(page)
    await page.post("delete-text", revision="3", body="We open at nine!", text=text)

    assert saved.headers["location"] == f"/batches/{page.at}?texts=open#texts"
    assert "Saved texts (1)" in shown
    assert "by Mari Maasikas" in shown
    assert used.status_code == 303
    assert "“Open” is in the editor now. What you had is kept: " in after
    assert "My own words" in after
    assert page.view.set_aside == "My own words"
    assert page.view.body == "We open at nine!"
    assert "Saved texts (" not in await seen(page)


@pytest.mark.parametrize(
    ("body", "name", "status", "words"),
    [
        ("", "Open", 422, "There is no text to save yet."),
        ("Hi", " ", 422, "A saved text needs a name."),
        ("Hi", "x" * 61, 422, "This name is too long."),
        ("Hi {{ person.nam }}", "Open", 422, "person.nam"),
    ],
)
async def test_a_text_that_cannot_be_saved_is_explained_and_kept(
    body: str, name: str, status: int, words: str
) -> None:
    page = Page(three())

    answer = await page.post("save-text", revision="1", body=body, text_name=name)

    assert answer.status_code == status
    assert words in html.unescape(answer.text)
    assert page.view.body == body
    assert f"{body}</textarea>" in html.unescape(answer.text)


@pytest.mark.parametrize("name", ["plain", "use-text", "put-back", "save-text", "delete-text"])
async def test_a_stale_button_changes_nothing_and_keeps_the_text(name: str) -> None:
    page = Page(three(), revision=5, body="the other tab's", set_aside="earlier")
    text = await page.saved("Open", "We open")

    answer = await page.post(name, revision="4", body="“mine”", text_name="Mine", text=text)

    assert answer.status_code == 409
    assert "“mine”</textarea>" in html.unescape(answer.text)
    assert (page.view.body, page.view.revision) == ("the other tab's", 5)


async def test_a_deleted_saved_text_or_rubbish_is_told() -> None:
    page = Page(three())

    for text in ("", "x", "00000000-0000-4000-8000-000000000000"):
        answer = await page.post("use-text", revision="1", body="mine", text=text)
        assert answer.status_code == 404
        assert "mine</textarea>" in answer.text


async def test_a_confirmed_text_is_not_touched_by_any_button() -> None:
    page = Page([a_row(1, state=State.DELIVERED)], body="“Hi”", confirmed_at=NOW)

    for name in ("plain", "put-back", "save-text"):
        answer = await page.post(name, revision="1", body="“Hi”", text_name="x")
        assert answer.status_code == 409
    assert page.view.body == "“Hi”"


@pytest.mark.parametrize("name", ["draft", "plain", "save-text", "fall-back", "test"])
async def test_a_megabyte_of_text_is_refused_at_every_button(name: str) -> None:
    page = Page(three())

    answer = await page.ask(name, revision="1", body="x" * 1_000_000, text_name="x", nth="1")

    assert (answer.status_code, answer.json()["error"]) == (413, "form_too_long")
    assert page.view.body == ""


async def test_a_fall_back_that_holds_a_template_is_a_word() -> None:
    page = Page([a_row(1, name="Zoë")])
    word = "{{ sender.name }}{% include 'x' %}{{7*7}}"

    field = {"field": "person.last_name", "instead person.last_name": word}
    await page.post("fall-back", revision="1", body="Hi {{ person.last_name }}", **field)
    said = (await page.ask("draft", revision="3", body=page.view.body)).json()

    assert said["preview"]["text"] == "Hi sender.name  include 'x' 7*7"
