"""What a company's support and the operator's logs are told of texts that nobody meant (S17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.counter import words
from tests.desk import BROWSER, STRANGER, Desk, a_desk, id_of, install
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.domain.rules import Rules, day_of
from workers.ports.rails import IN_A_ROW

pytestmark = pytest.mark.anyio
BODY, ZONE = "We open at nine.", "Europe/Tallinn"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(database_url, twilio={"digits": False}) as line:
        yield line


@pytest.fixture
async def desk(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def cap(line: Line, texts_a_day: int) -> None:
    rules = Rules(quiet=None, guard_hours=0, texts_a_day=texts_a_day, zone=ZONE)
    await line.runtime.companies.set_rules(42, rules)


async def send(desk: Desk, batch: str) -> None:
    answer = await desk.post(f"{batch}/send", body=BODY, **await desk.seen(batch))
    assert answer.status_code == 202, answer.text


def people(line: Line, numbers: Sequence[str]) -> Chosen:
    made = (line.pipedrive.add_person(name="Mari", phone=number) for number in numbers)
    return Chosen(tuple(person["id"] for person in made))


def raised(logged: Sequence[Mapping[str, Any]], what: str) -> list[Mapping[str, Any]]:
    return [line for line in logged if line["event"] == what]


async def alerts(desk: Desk) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (await desk.get("/support")).json()["alerts"]
    return found


async def test_a_spent_cap_is_told_once_a_day_however_many_texts_meet_it(
    line: Line, desk: Desk
) -> None:
    await cap(line, 2)
    batches = [await desk.found(Chosen(ids)) for ids in ((1, 2, 3), (4, 7), (8, 9))]
    with capture_logs() as logged:
        for batch in batches:
            await send(desk, batch)
        for batch in batches:
            await line.until(id_of(batch), lambda view: view.life.waits_for == "cap")

    day, _ = day_of(ZONE, datetime.now(UTC))
    told = {"event": "daily_cap_reached", "log_level": "warning"}
    about = {"company": 42, "about": str(day), "size": 2}
    assert raised(logged, "daily_cap_reached") == [{**told, **about}]
    assert [(one["what"], one["size"]) for one in await alerts(desk)] == [("daily_cap_reached", 2)]
    page = words(await desk.get("/support", BROWSER))
    assert f"the 2 texts of {day.day} {day:%b} were used up." in page


async def test_another_cap_that_is_reached_is_told_again(line: Line, desk: Desk) -> None:
    batch = await desk.found(Chosen((1, 2, 3, 4)))
    await cap(line, 1)
    await send(desk, batch)
    await line.until(id_of(batch), lambda view: view.life.waits_for == "cap")
    with capture_logs() as logged:
        await cap(line, 2)
        await line.until(
            id_of(batch),
            lambda view: view.counts[State.READY] == 2 and view.life.waits_until is not None,
        )

    assert [one["size"] for one in raised(logged, "daily_cap_reached")] == [2]
    assert [one["size"] for one in await alerts(desk)] == [2]


async def test_a_text_above_the_days_rest_wants_its_number_typed(line: Line, desk: Desk) -> None:
    await cap(line, 2)
    over, within = await desk.found(Chosen((1, 2, 3))), await desk.found(Chosen((1, 2)))

    page = words(await desk.get(over, BROWSER))

    assert "Your company's texts for today don't suffice for 1 person of them." in page
    assert "Type how many get this text" in page
    assert "Type how many" not in words(await desk.get(within, BROWSER))


async def test_a_thousand_numbers_in_a_row_are_warned_of_and_told_when_sent(
    line: Line, desk: Desk
) -> None:
    batch = await desk.found(people(line, [f"+372 5587 7{n:03}" for n in range(1_000)]))

    draft = words(await desk.get(batch, BROWSER))
    assert "The numbers of 1,000 people follow closely on one another." in draft
    assert "Type how many get this text" in draft
    assert await alerts(desk) == []
    await line.sender.drain(seconds=30)  # nobody is claimed between the two presses
    with capture_logs() as logged:
        await send(desk, batch)
        await send(desk, batch)  # pressed twice
        await desk.post(f"{batch}/cancel")

    about = {"company": 42, "about": str(id_of(batch)), "size": 1_000}
    told = {"event": "numbers_in_a_row", "log_level": "warning"}
    assert raised(logged, "numbers_in_a_row") == [{**told, **about}]
    page = await desk.get("/support", BROWSER)
    assert "Send was pressed for 1,000 people whose numbers follow closely" in words(page)
    assert f'<a href="{batch}">Open this text</a>' in page.text
    assert "5587" not in str(logged)


async def test_numbers_here_and_there_are_nothing_to_tell(line: Line, desk: Desk) -> None:
    spread = [f"+372 55{n % 90 + 10} {n:04}" for n in range(2 * IN_A_ROW)]
    few = [f"+372 5587 7{n:03}" for n in range(IN_A_ROW - 1)]
    batch = await desk.found(people(line, [*spread, *few]))

    assert "follow closely" not in words(await desk.get(batch, BROWSER))
    await send(desk, batch)
    assert await alerts(desk) == []


async def test_whoever_is_taken_out_is_counted_no_more(line: Line, desk: Desk) -> None:
    batch = await desk.found(people(line, [f"+372 5587 7{n:03}" for n in range(IN_A_ROW)]))
    before = words(await desk.get(batch, BROWSER))
    [row, *_] = (await desk.get(f"{batch}/recipients")).json()["recipients"]

    revision = (await desk.seen(batch))["revision"]
    await desk.post(f"{batch}/draft", revision=revision, body=BODY, out=row["id"])

    assert "follow closely" in before
    assert "follow closely" not in words(await desk.get(batch, BROWSER))


async def test_another_company_reads_nothing_of_it(line: Line, desk: Desk) -> None:
    await cap(line, 1)
    batch = await desk.found(Chosen((1, 2)))
    await send(desk, batch)
    await line.until(id_of(batch), lambda view: view.life.waits_for == "cap")
    line.pipedrive.add_company(43, "Other OÜ", domain="other", people=5)
    line.pipedrive.add_user(43, 70, "Stella Strange", admin=True)
    await install(line, STRANGER)

    async with a_desk(line, STRANGER) as stranger:
        assert await alerts(stranger) == []
        assert "Worth a look" not in words(await stranger.get("/support", BROWSER))
    assert "Worth a look" in words(await desk.get("/support", BROWSER))
