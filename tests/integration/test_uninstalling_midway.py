"""Pipedrive tells of an uninstall while the texts of that user are going out (S24)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.desk import (
    BROWSER,
    COLLEAGUE,
    Desk,
    a_desk,
    explains,
    id_of,
    nothing_changes,
    tells,
)
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.ports.outside import Tokens
from workers.ports.reading import BatchView

pytestmark = pytest.mark.anyio
PEOPLE = 60
#: Handed over longer than five seconds after their batch was stopped, on the database's clock.
LATE = """
SELECT a.id FROM attempts a JOIN batches b ON b.id = a.batch_id
WHERE a.started_at > b.canceled_at + interval '5 s'
"""


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    """A line whose Twilio takes its time, so that a batch is caught half way."""
    given = {"digits": False, "latency": 1}
    async with a_line(database_url, people=PEOPLE, in_flight=5, twilio=given) as line:
        grant = line.pipedrive.grant(42, COLLEAGUE.user_id)
        tokens = Tokens(grant["access_token"], grant["refresh_token"], 3600, line.site)
        await line.runtime.installations.save(COLLEAGUE, tokens)
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def sending(desk: Desk) -> UUID:
    """A batch of everybody that has sent its first text and has most of them before it."""
    batch = await desk.found(Chosen(tuple(range(1, PEOPLE + 1))))
    answer = await desk.post(f"{batch}/send", body="Hello", **await desk.seen(batch))
    assert answer.status_code == 202, answer.text
    await desk.line.until(id_of(batch), lambda view: bool(desk.line.twilio.accepted))
    return id_of(batch)


def is_over(view: BatchView) -> bool:
    waiting = (State.PENDING, State.READY, State.SENDING)
    return view.life.canceled_at is not None and not any(view.counts[state] for state in waiting)


async def test_a_running_batch_stops_within_five_seconds(line: Line, desk: Desk) -> None:
    batch_id = await sending(desk)

    assert await line.pipedrive.uninstall(42, 7) == 204
    view = await line.until(batch_id, is_over, seconds=60)

    assert await line.sql(LATE) == []
    assert view.counts[State.CANCELED] > 0
    texted = len(line.twilio.accepted)
    assert texted + view.counts[State.CANCELED] + view.counts[State.SKIPPED] == PEOPLE
    assert (await desk.get(f"/batches/{batch_id}")).status_code == 401


async def test_who_watches_is_told_what_happened_in_words(line: Line, desk: Desk) -> None:
    batch_id = await sending(desk)
    await line.pipedrive.uninstall(42, 7)
    view = await line.until(batch_id, is_over, seconds=60)

    told = tells(await desk.get(f"/batches/{batch_id}/progress"), 401, "uninstalled")
    page = explains(await desk.get(f"/batches/{batch_id}", BROWSER), 401, told["title"])

    assert told["title"] == "Volley was removed from your Pipedrive."
    stopped, texted = view.counts[State.CANCELED], len(line.twilio.accepted)
    assert f"{stopped} people won't get it. For {texted} people it had left" in told["advice"]
    assert told["advice"] in page
    assert "Connect with Pipedrive again" in page


async def test_nobody_else_hears_of_it(line: Line, desk: Desk) -> None:
    batch_id = await sending(desk)
    async with a_desk(line, COLLEAGUE) as colleague, a_desk(line, None) as stranger:
        theirs = await colleague.found(by=COLLEAGUE)
        await line.pipedrive.uninstall(42, 7)
        await line.pipedrive.uninstall(42, COLLEAGUE.user_id)

        for other in (colleague, stranger):
            tells(await other.get(f"/batches/{batch_id}"), 401, "signed_out")
        tells(await desk.get(theirs), 401, "signed_out")
        draft = tells(await colleague.get(theirs), 401, "uninstalled")
    assert "Nothing of this text was sent" in draft["advice"]


async def test_installing_again_leads_back_to_the_text_that_was_stopped(
    line: Line, desk: Desk
) -> None:
    batch_id = await sending(desk)
    await line.pipedrive.uninstall(42, 7)
    page = await desk.get(f"/batches/{batch_id}", BROWSER)
    (state,) = re.findall(r"state=([0-9a-f]{32})", page.text)

    code = line.pipedrive.grant_code(42, 7)
    back = await desk.get(f"/oauth/callback?code={code}&state={state}", BROWSER)

    assert back.headers["location"] == f"/batches/{batch_id}"
    assert (await desk.get(f"/batches/{batch_id}", BROWSER)).status_code == 200


async def test_telling_it_twice_changes_nothing_more(line: Line, desk: Desk) -> None:
    draft = await desk.found()
    assert await line.pipedrive.uninstall(42, 7) == 204

    async with nothing_changes(line):
        assert await line.pipedrive.uninstall(42, 7) == 204

    assert (await line.view(id_of(draft))).life.canceled_at is not None


async def test_a_colleague_goes_on(line: Line, desk: Desk) -> None:
    theirs = await desk.found(by=COLLEAGUE)

    await line.pipedrive.uninstall(42, 7)

    view = await line.view(id_of(theirs))
    assert view.life.canceled_at is None
    assert await line.runtime.installations.access(42, COLLEAGUE.user_id) is not None


async def test_a_forged_uninstall_changes_nothing(line: Line, desk: Desk) -> None:
    await desk.found()

    async with nothing_changes(line):
        assert await line.pipedrive.uninstall(42, 7, secret="guessed") == 401

    assert (await desk.get("/", BROWSER)).status_code == 200
