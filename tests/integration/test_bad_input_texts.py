"""Bad sends: each is refused with what to do, keeps the text in its box, and texts nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from tests.desk import (
    BROWSER,
    PROGRAM,
    Desk,
    a_desk,
    a_quiet_line,
    boxes,
    explains,
    id_of,
    nothing_changes,
    refused,
    tells,
)
from tests.line import Line

pytestmark = pytest.mark.anyio
TEXT = 'Tere, {{ person.first_name }}! "5 < 6 & 7 > 2"\nHomme üheksast.'


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def refused_send(
    rep: Desk, batch: str, status: int, key: str, *words: str, **form: object
) -> str:
    """The page; what was typed stands in its box."""

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(f"{batch}/send", headers, **form)

    page = await refused(rep, ask, status, key, *words)
    assert str(form["body"]) in boxes(page)
    assert rep.line.twilio.requests == []
    return page


LONG_FIELD = "{{ person.first_name }} " * 40 + "x" * 1_500
BAD_TEXTS: dict[str, tuple[str, int, str, str, str]] = {
    "empty": ("", 422, "empty_text", "There is no text yet.", "Write one"),
    "blank": (" \n ", 422, "empty_text", "There is no text yet.", "Write one"),
    "empty for everybody": (
        "{% if person.name == 'Nobody' %}Hi{% endif %}", 422, "empty_text", "is empty for everybody",
        "Write some words",
    ),
    "a letter too long": ("x" * 1_601, 422, "too_long", "longer than 1,600 characters", "Shorten it."),
    "too long once its fields are filled": (
        LONG_FIELD, 422, "too_long", "longer than 1,600 characters", "Shorten it.",
    ),
    "much too long": ("x" * 5_001, 413, "template_too_long", "5,000 is the most", "Shorten it"),
    "a field that never ends": ("Hi {{ person.first_name", 422, "broken_text", "line 1", ""),
    "an unknown field": ("Hi {{ person.salary }}", 422, "broken_text", "person.salary", ""),
    "an unknown filter": ("Hi {{ person.name | shout }}", 422, "broken_text", "shout", ""),
    "a tag": ("{% for x in (1..9999999) %}x{% endfor %}", 422, "broken_text", "line 1", ""),
    "an include": ("{% include 'secrets' %}", 422, "broken_text", "line 1", ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_TEXTS)
async def test_a_text_that_cannot_be_sent_is_explained_and_kept(rep: Desk, kind: str) -> None:
    body, status, key, *words = BAD_TEXTS[kind]
    batch = await rep.found()
    await refused_send(rep, batch, status, key, *words, body=body, **await rep.seen(batch))


BAD_NUMBERS: dict[str, tuple[dict[str, object], str]] = {
    "no people": ({"people": ""}, "A number is missing."),
    "people in words": ({"people": "two"}, "“two” is not a number."),
    "half people": ({"people": "²"}, "is not a number."),
    "fewer than nobody": ({"people": -1}, "is not a number."),
    "no revision": ({"revision": ""}, "A number is missing."),
    "a revision in words": ({"revision": "x"}, "“x” is not a number."),
    "an endless revision": ({"revision": "9" * 40}, "is not a number."),
}


@pytest.mark.parametrize("kind", BAD_NUMBERS)
async def test_a_number_that_is_none_is_explained_and_the_text_is_kept(
    rep: Desk, kind: str
) -> None:
    changed, word = BAD_NUMBERS[kind]
    batch = await rep.found()
    form = {**await rep.seen(batch), "body": TEXT, **changed}
    await refused_send(rep, batch, 422, "not_a_number", word, **form)


@pytest.mark.parametrize("people", [0, 1, 3, 10**17])
async def test_another_number_of_people_than_there_are_is_a_conflict(
    rep: Desk, people: int
) -> None:
    batch = await rep.found()
    form = {**await rep.seen(batch), "people": people}
    page = await refused_send(
        rep, batch, 409, "stale", "You confirmed", "Nothing was sent", body=TEXT, **form
    )
    assert "Send to 2 people" in page


@pytest.mark.parametrize("revision", [0, 1, 3, 10**12, 10**17])
async def test_another_revision_than_the_drafts_is_a_conflict(rep: Desk, revision: int) -> None:
    batch = await rep.found()
    await rep.post(f"{batch}/draft", revision=1, body="First words")
    form = {**await rep.seen(batch), "revision": revision}
    assert revision != 2
    await refused_send(rep, batch, 409, "stale", "changed since you looked", body=TEXT, **form)


async def test_of_two_tabs_the_second_keeps_its_text_and_is_told(rep: Desk) -> None:
    batch = await rep.found()
    first = await rep.post(f"{batch}/draft", revision=1, body="The first tab's")
    assert (first.status_code, first.json()["revision"]) == (202, 2)

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(f"{batch}/draft", headers, revision=1, body=TEXT)

    page = await refused(rep, ask, 409, "stale", "changed since you looked", "Your text is kept")
    assert boxes(page) == [TEXT]
    assert 'name="revision" value="2"' in page, "with it the next press of Send goes through"
    sent = await rep.post(f"{batch}/send", body=TEXT, **await rep.seen(batch))
    assert (sent.status_code, sent.json()["phase"]) == (202, "sending")


async def test_nothing_is_sent_while_people_are_still_being_found(line: Line, rep: Desk) -> None:
    line.pipedrive.fail_next(
        "/api/v2/persons", 429, times=10_000, headers={"x-ratelimit-reset": "600"}
    )
    batch_id = await rep.opened()
    await line.until(batch_id, lambda view: view.life.resolve_not_before is not None)
    form: dict[str, object] = {"revision": 1, "people": 0, "body": TEXT}
    try:
        batch = f"/batches/{batch_id}"
        await refused_send(
            rep,
            batch,
            409,
            "still_resolving",
            "still finding phone numbers",
            "text is kept",
            **form,
        )
        form["people"] = 2
        await refused_send(rep, batch, 409, "still_resolving", "still finding", **form)
        assert (await rep.progress(batch))["phase"] == "resolving"
    finally:
        line.pipedrive.faults.clear()


async def confirmed(rep: Desk) -> tuple[str, dict[str, object]]:
    """A batch held for Undo, and the form that confirmed it."""
    batch = await rep.found()
    form: dict[str, object] = {**await rep.seen(batch), "body": "Confirmed words"}
    sent = await rep.post(f"{batch}/send", **form)
    assert (sent.status_code, sent.json()["phase"]) == (202, "sending")
    return batch, form


async def test_the_same_confirmation_twice_is_one(rep: Desk) -> None:
    batch, form = await confirmed(rep)
    async with nothing_changes(rep.line):
        told = await rep.post(f"{batch}/send", **form)
        page = await rep.post(f"{batch}/send", BROWSER, **form)
    assert (told.status_code, told.json()["batch"]) == (202, str(id_of(batch)))
    assert (page.status_code, page.headers["location"]) == (303, batch)


@pytest.mark.parametrize("changed", [{"body": TEXT}, {"revision": 7, "body": TEXT}])
async def test_another_text_for_what_is_confirmed_is_a_conflict(
    rep: Desk, changed: dict[str, object]
) -> None:
    batch, form = await confirmed(rep)
    await refused_send(
        rep, batch, 409, "already_confirmed", "already confirmed", **{**form, **changed}
    )


async def test_a_confirmed_draft_cannot_be_edited(rep: Desk) -> None:
    batch, _ = await confirmed(rep)

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(f"{batch}/draft", headers, revision=1, body=TEXT)

    page = await refused(rep, ask, 409, "already_confirmed", "already confirmed")
    assert TEXT in boxes(page)


async def test_a_canceled_draft_is_not_sent(rep: Desk) -> None:
    batch = await rep.found()
    form: dict[str, object] = {**await rep.seen(batch), "body": TEXT}
    assert (await rep.post(f"{batch}/cancel")).json()["phase"] == "canceled"
    await refused_send(rep, batch, 409, "canceled", "was stopped", "Nothing more is sent", **form)


async def test_a_stopped_batch_is_not_sent_again(rep: Desk) -> None:
    batch, form = await confirmed(rep)
    assert (await rep.post(f"{batch}/cancel")).json()["phase"] == "canceled"
    await refused_send(
        rep, batch, 409, "canceled", "was stopped", **{**form, "body": TEXT, "revision": 2}
    )


@pytest.mark.parametrize("name", ["retry", "send-anyway"])
@pytest.mark.parametrize("seq", ["", "x", "-1", str(10**18), "0", str(10**12)])
async def test_nobody_is_texted_again_where_nobody_may_be(rep: Desk, name: str, seq: str) -> None:
    batch, _ = await confirmed(rep)
    async with nothing_changes(rep.line):
        page = await rep.post(f"{batch}/{name}", BROWSER, seq=seq)
        told = await rep.post(f"{batch}/{name}", PROGRAM, seq=seq)
    status = 409 if seq.isdigit() and len(seq) <= 18 else 422
    explains(page, status)
    tells(told, status, "nobody_to_retry" if status == 409 else "not_a_number")


@pytest.mark.parametrize("name", ["resume"])
async def test_a_draft_cannot_go_on(rep: Desk, name: str) -> None:
    batch = await rep.found()

    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await rep.post(f"{batch}/{name}", headers)

    await refused(rep, ask, 409, "too_late", "not paused")
