"""S19: who says STOP is not texted, not even by what was confirmed before, and stays remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from uuid import UUID

import pytest

from tests.desk import BROWSER, Desk, a_desk, explains, id_of
from tests.integration.test_receipt_route import signature
from tests.line import Line, a_line
from tests.simulators.twilio_replies import reply as answers
from workers.domain.delivery import State
from workers.ports.reading import RecipientRow

pytestmark = pytest.mark.anyio
_sids = count(1)


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(
        database_url, people=10, twilio={"digits": False}, guard_seconds=0, silence="3h"
    ) as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def people_of(line: Line, batch: str) -> list[RecipientRow]:
    rows, _ = await line.runtime.rows.page(id_of(batch))
    return sorted(rows, key=lambda row: row.id)


async def reply(desk: Desk, number: str | None, body: str) -> None:
    """As Twilio posts it."""
    account, url = desk.line.twilio, f"{desk.line.url}/twilio/inbound"
    form = {
        "MessageSid": f"SM{next(_sids):032x}",
        "AccountSid": account.account_sid,
        "From": number or "",
        "To": "+37255500001",
        "Body": body,
    }
    signed = {"X-Twilio-Signature": signature(url, list(form.items()), account.auth_token)}
    assert (await desk.http.post(url, data=form, headers=signed)).status_code == 200


async def send(desk: Desk, batch: str, **seen: object) -> UUID:
    known = {**await desk.seen(batch), **seen}
    answer = await desk.post(f"{batch}/send", body="Hello", **known)
    assert answer.status_code == 202, answer.text
    return id_of(batch)


async def ended(line: Line, batch_id: UUID) -> dict[State, int]:
    view = await line.until(
        batch_id,
        lambda view: sum(view.counts[state] for state in (State.DELIVERED, State.FAILED,
                                                          State.SKIPPED)) == 2,
    )  # fmt: skip
    return {state: number for state, number in view.counts.by_state.items() if number}


async def test_stop_between_preview_and_send_counts_and_is_remembered(
    line: Line, desk: Desk
) -> None:
    batch = await desk.found()
    stopped, other = await people_of(line, batch)
    seen = await desk.seen(batch)

    await reply(desk, stopped.number, "Stop")
    first = await ended(line, await send(desk, batch, **seen))
    again = await desk.found()

    assert first == {State.DELIVERED: 1, State.SKIPPED: 1}
    assert [text["to"] for text in line.twilio.accepted] == [other.number]
    explains(await desk.get(batch, BROWSER), 200, "they replied STOP today")
    remembered, _ = await people_of(line, again)
    assert (remembered.state, remembered.reason) == (State.SKIPPED, "opted_out")
    explains(await desk.get(again, BROWSER), 200, "they replied STOP today")


async def test_a_phone_that_answers_stop_is_heard_here_and_at_twilio(
    line: Line, desk: Desk
) -> None:
    batch_id = await send(desk, await desk.found())
    await line.until(batch_id, lambda view: view.counts[State.DELIVERED] == 2)
    stopped = line.twilio.accepted[0]["to"]

    assert await asyncio.wrap_future(answers(line.twilio, stopped, "stop")) == 200
    second = await ended(line, await send(desk, await desk.found()))
    assert await asyncio.wrap_future(answers(line.twilio, stopped, "Start")) == 200
    third = await ended(line, await send(desk, await desk.found()))

    assert second == {State.DELIVERED: 1, State.SKIPPED: 1}
    assert third == {State.DELIVERED: 2}


async def test_start_lets_them_be_texted_again(line: Line, desk: Desk) -> None:
    stopped, _ = await people_of(line, await desk.found())
    for body in ("STOP", "START"):
        await reply(desk, stopped.number, body)

    assert await ended(line, await send(desk, await desk.found())) == {State.DELIVERED: 2}


async def test_what_twilio_refuses_with_21610_is_remembered(line: Line, desk: Desk) -> None:
    batch = await desk.found()
    stopped, other = await people_of(line, batch)
    line.twilio.opted_out.add(stopped.number)

    first = await ended(line, await send(desk, batch))
    second = await ended(line, await send(desk, await desk.found()))

    assert first == {State.DELIVERED: 1, State.FAILED: 1}
    assert second == {State.DELIVERED: 1, State.SKIPPED: 1}
    assert {text["to"] for text in line.twilio.accepted} == {other.number}


async def test_a_refusal_that_is_told_after_start_is_of_before(line: Line, desk: Desk) -> None:
    """Through a Messaging Service 21610 comes late (twilio.md §6.1)."""
    batch = await desk.found()
    person, _ = await people_of(line, batch)
    line.twilio.callbacks = False
    await line.until(await send(desk, batch), lambda view: view.counts[State.ACCEPTED] == 2)
    text = next(text for text in line.twilio.accepted if text["to"] == person.number)
    await reply(desk, person.number, "START")

    url = text["status_callback"].partition("#")[0]
    form = {
        "AccountSid": line.twilio.account_sid,
        "MessageSid": text["sid"],
        "MessageStatus": "failed",
        "ErrorCode": "21610",
    }
    signed = {"X-Twilio-Signature": signature(url, list(form.items()), line.twilio.auth_token)}
    assert (await desk.http.post(url, data=form, headers=signed)).status_code == 204

    assert (await people_of(line, batch))[0].state is State.FAILED
    assert (await people_of(line, await desk.found()))[0].state is State.READY
