"""The page asks before it texts somebody again: two answers, no third."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.counter import words
from tests.desk import BROWSER, Desk, a_desk, id_of
from tests.line import a_line, is_handed_over
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.domain.rules import Rules

pytestmark = pytest.mark.anyio
BODY = "We open at nine."


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with a_line(database_url, guard_hours=4, guard_seconds=0) as line, a_desk(line) as desk:
        yield desk


async def text(desk: Desk, *people: int) -> None:
    batch = await desk.found(Chosen(people))
    sent = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
    assert sent.status_code == 202, sent.text
    await desk.line.until(id_of(batch), is_handed_over)


async def test_who_was_just_texted_is_named_and_send_waits_for_an_answer(desk: Desk) -> None:
    await text(desk, 1, 2)
    batch = await desk.found(Chosen((1, 2, 3)))

    page = words(html := await desk.get(batch, BROWSER))
    sent = await desk.post(f"{batch}/send", body="Another.", **await desk.seen(batch))

    assert "2 people were texted a moment ago by you." in page
    assert "Leave those 2 out" in page
    assert html.text.index('id="crossings"') < html.text.index('id="body"')  # seen before writing
    assert (sent.status_code, sent.json()["error"]) == (409, "undecided")
    assert (await desk.seen(batch))["people"] == 3


async def test_left_out_they_are_not_texted_and_the_text_is_kept(desk: Desk) -> None:
    await text(desk, 1, 2)
    batch = await desk.found(Chosen((1, 2, 3)))
    seen = await desk.seen(batch)

    left = await desk.post(
        f"{batch}/draft", BROWSER, body="Another.", revision=seen["revision"], crossings="leave_out"
    )

    assert left.status_code == 303
    page = (await desk.get(batch, BROWSER)).text
    assert "Another.</textarea>" in page
    assert "do-leave-out" not in page
    sent = await desk.post(f"{batch}/send", body="Another.", **await desk.seen(batch))
    assert sent.status_code == 202
    await desk.line.until(id_of(batch), is_handed_over)
    assert len(desk.line.twilio.accepted) == 3


async def test_all_the_same_they_are_texted(desk: Desk) -> None:
    await text(desk, 1, 2)
    batch = await desk.found(Chosen((1, 2, 3)))
    seen = await desk.seen(batch)

    await desk.post(f"{batch}/draft", body=BODY, revision=seen["revision"], crossings="text")

    sent = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
    assert sent.status_code == 202
    await desk.line.until(id_of(batch), is_handed_over)
    assert len(desk.line.twilio.accepted) == 5


async def test_to_put_one_back_by_hand_is_a_yes_for_that_one(desk: Desk) -> None:
    await text(desk, 1, 2)
    batch = await desk.found(Chosen((1, 2, 3)))
    seen = await desk.seen(batch)
    await desk.post(f"{batch}/draft", body=BODY, revision=seen["revision"], crossings="leave_out")
    rows = (await desk.get(f"{batch}/recipients?state=skipped")).json()["recipients"]

    seen = await desk.seen(batch)
    back = {"in": rows[0]["id"]}
    await desk.post(f"{batch}/draft", body=BODY, revision=seen["revision"], **back)

    sent = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
    assert sent.status_code == 202
    await desk.line.until(id_of(batch), is_handed_over)
    assert len(desk.line.twilio.accepted) == 4


async def test_whom_the_guard_of_a_minute_leaves_out_is_said_before_with_the_second(
    database_url: str,
) -> None:
    async with (
        a_line(database_url, guard_hours=4, guard_seconds=60) as line,
        a_desk(line) as desk,
    ):
        await text(desk, 1, 2)
        batch = await desk.found(Chosen((1, 2, 3)))
        before = words(await desk.get(batch, BROWSER))
        seen = await desk.seen(batch)

        await desk.post(f"{batch}/draft", body=BODY, revision=seen["revision"], crossings="text")

        after = words(await desk.get(batch, BROWSER))
        assert "only just now" not in before  # they are asked about
        said = "2 people were texted only just now. If this text goes out before "
        assert said in after
        sent = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
        assert sent.status_code == 202
        await desk.line.until(id_of(batch), is_handed_over)
        assert len(desk.line.twilio.accepted) == 3
        assert (await line.runtime.guarding.just_texted(id_of(batch), Rules(), guard=0)) is None


async def test_whoever_could_not_be_reached_just_now_is_left_out_for_a_moment_too(
    database_url: str,
) -> None:
    async with (
        a_line(database_url, twilio={"digits": True}, guard_hours=4, guard_seconds=60) as line,
        a_desk(line) as desk,
    ):
        off = line.pipedrive.add_person(name="Phone Off", phone="+37256140090")["id"]
        batch = await desk.found(Chosen((off,)))
        await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
        await line.until(id_of(batch), lambda view: view.counts[State.UNDELIVERED] == 1)

        again = words(await desk.get(await desk.found(Chosen((off, 3))), BROWSER))

        assert "1 person was texted only just now. If this text goes out before " in again
        assert "they are left out" in again
        assert "Leave them out" not in again
