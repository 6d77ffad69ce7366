"""A draft's time counts who waits already: here for their turn, and in the sender's queue at Twilio."""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import AsyncIterator

import pytest

from tests.desk import BROWSER, STRANGER, Desk, a_desk, id_of, install
from tests.line import Line, a_line, is_handed_over
from tests.office import Office, an_office, found
from workers.domain.action import Chosen
from workers.store.paces import FRESH_SECONDS, PgPaces

pytestmark = pytest.mark.anyio
MANY, FEW = tuple(range(1, 60)), (61, 62, 63)
TEXT = "We open at nine."


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    """Its number sends one part a second, as a long code does."""
    given = {"digits": False, "rate": 1}
    async with a_line(database_url, people=70, twilio=given, silence="3h") as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def sent(desk: Desk, people: tuple[int, ...] = MANY) -> tuple[str, int]:
    """A text that Twilio has taken, and how many people it is for."""
    batch = await desk.found(Chosen(people))
    seen = await desk.seen(batch)
    answer = await desk.post(f"{batch}/send", body=TEXT, **seen)
    assert answer.status_code == 202, answer.text
    await desk.line.until(id_of(batch), is_handed_over)
    assert isinstance(seen["people"], int)
    return batch, seen["people"]


async def seconds(desk: Desk, batch: str) -> float:
    """What the draft says that its text would take."""
    seen = await desk.seen(batch)
    said = await desk.post(f"{batch}/draft", revision=seen["revision"], body=TEXT)
    return float(said.json()["cost"]["seconds"])


async def test_a_draft_says_how_long_it_takes_behind_what_twilio_has_queued(
    line: Line, desk: Desk
) -> None:
    draft = await desk.found(Chosen(FEW))
    alone = await seconds(desk, draft)
    await sent(desk)

    await asyncio.sleep(FRESH_SECONDS)  # so old may be what is known of the queue

    before = max(line.twilio.free_at.values()) - time.monotonic()
    behind = await seconds(desk, draft)
    after = max(line.twilio.free_at.values()) - time.monotonic()

    assert alone == len(FEW)
    assert after - 3 <= behind - alone <= before + 5  # the queue runs, and is two seconds old
    page = html.unescape((await desk.get(draft, BROWSER)).text)
    assert "Texts that wait already leave first: about 1 minute of it" in page


async def test_a_text_says_from_its_first_second_when_it_is_through(line: Line, desk: Desk) -> None:
    batch, people = await sent(desk)

    page = (await desk.get(batch, BROWSER)).text

    assert people > 40
    assert "Done by about <time" in page


async def test_only_whose_turn_is_still_to_come_are_counted(office: Office) -> None:
    waits, claimed = await office.accepted(4)
    await office.tell(claimed[0], "sent")
    paused, stopped, colleagues = [await office.confirmed(5) for _ in range(3)]
    await office.decisions.pause(paused, by=7, reason="person")
    await office.decisions.cancel(stopped, by=7)
    await office.draft(found(1))

    queue = await PgPaces(office.pool).queue(42)

    counted = {text.batch_id: (text.there, text.here) for text in queue}
    assert counted == {waits: (3, 0), colleagues: (0, 5)}


async def test_another_companys_texts_are_nobody_elses_business(line: Line, desk: Desk) -> None:
    await sent(desk)
    line.pipedrive.add_company(43, "Other OÜ", domain="other", people=5)
    line.pipedrive.add_user(43, 70, "Stella Strange", admin=True)
    await install(line, STRANGER)

    assert await line.runtime.paces.queue(42) != []
    assert await line.runtime.paces.queue(43) == []
