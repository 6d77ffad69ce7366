"""The estimate on the page equals what the simulated Twilio charges, to the cent, over countries."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal

import psycopg
import pytest

from tests.desk import BROWSER, Desk, a_desk, id_of
from tests.line import Line, a_line
from tests.simulators.twilio_texts import parts_of
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.ports.reading import BatchView
from workers.stages.tariffs import read_tariffs
from workers.stages.watch import tidy

pytestmark = pytest.mark.anyio
NUMBERS = ("+372 5612 4{:03}", "+44 7400 123{:03}", "+371 2912 3{:03}")
TEXT = "Hi {{ person.first_name }}, " + "we open at nine. " * 8


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    given = {"digits": False, "senders": ("+37255500001", "+37255500002")}
    async with a_line(database_url, twilio=given) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


def people(line: Line, count: int) -> list[int]:
    """So many people in three countries; some names make their text dearer."""
    names = ("Mari Maasikas", "Zoë Tamm", "Jānis Bērziņš", "Bo")
    return [
        line.pipedrive.add_person(name=names[n % 4], phone=NUMBERS[n % 3].format(n))["id"]
        for n in range(count)
    ]


def charged(line: Line) -> Decimal:
    """What the simulator's texts cost together."""
    prices = [
        text.resource({})["price"]
        for text in line.twilio.texts.values()
        if text.sent_at is not None
    ]
    return -sum((Decimal(price) for price in prices), Decimal(0))


def is_done(view: BatchView) -> bool:
    return view.counts[State.DELIVERED] == view.counts.people


async def test_the_estimate_equals_what_is_charged_over_three_countries(
    line: Line, rep: Desk
) -> None:
    batch = await rep.found(Chosen(tuple(people(line, 30))))
    await rep.post(f"{batch}/draft", revision=1, body=TEXT)
    while await read_tariffs(line.runtime):
        pass

    said = (await rep.post(f"{batch}/draft", revision=2, body=TEXT)).json()
    page = html.unescape((await rep.get(batch, BROWSER)).text)
    await rep.post(f"{batch}/send", body=TEXT, **await rep.seen(batch))
    await line.until(id_of(batch), is_done)

    [money] = said["cost"]["money"]
    assert (money["currency"], money["min"]) == ("USD", money["max"])
    assert Decimal(money["min"]) == charged(line) > 0
    parts = sum(parts_of(text["body"]) for text in line.twilio.accepted)
    assert said["cost"]["parts"] == {"min": parts, "max": parts}
    assert said["cost"]["people_without_a_price"] == 0
    assert f"about ${charged(line).quantize(Decimal('0.01'))}" in page
    for country in ("Estonia", "United Kingdom", "Latvia"):
        assert f"<b>{country}</b> 10 people" in page
    assert "· done in about 1 minute</summary>" in page
    assert "about 1 minute from one long code, an ordinary phone number" in page
    assert Counter(text["to"][:4] for text in line.twilio.accepted) == {
        "+372": 10,
        "+371": 10,
        "+447": 10,
    }


async def test_networks_that_differ_make_a_range_that_holds_what_is_charged(
    line: Line, rep: Desk
) -> None:
    ids = [
        line.pipedrive.add_person(name="Aino", phone=f"+358 40 123 4{n:03}")["id"]
        for n in range(220)  # more than are rendered
    ]
    batch = await rep.found(Chosen(tuple(ids)))
    await rep.post(f"{batch}/draft", revision=1, body="Hei {{ person.first_name }}")
    while await read_tariffs(line.runtime):
        pass
    said = (await rep.post(f"{batch}/draft", revision=2, body="Hei Aino")).json()
    await rep.post(f"{batch}/send", body="Hei Aino", **await rep.seen(batch))
    await line.until(id_of(batch), is_done)

    [money] = said["cost"]["money"]
    assert Decimal(money["min"]) < charged(line) < Decimal(money["max"])
    assert said["cost"]["seconds"] == 220


async def test_a_price_nobody_knows_is_said_and_prices_are_asked_once_a_day(
    line: Line, rep: Desk
) -> None:
    person = line.pipedrive.add_person(name="Ola", phone="+47 406 12 345")["id"]
    batch = await rep.found(Chosen((person, 1)))
    await rep.post(f"{batch}/draft", revision=1, body="Hei")

    waiting = html.unescape((await rep.get(batch, BROWSER)).text)
    while await read_tariffs(line.runtime):
        pass
    page = html.unescape((await rep.get(batch, BROWSER)).text)
    asked = sorted(line.twilio.priced)
    again = await read_tariffs(line.runtime)

    assert "looking up the price" in waiting
    assert 'data-over="no"' in waiting
    assert "without 1 person whose price isn't known" in page
    assert 'data-over="yes"' in page
    assert asked == ["EE", "NO"]
    assert again == 0


async def test_what_twilio_does_not_tell_is_asked_again_and_never_by_a_page(
    line: Line, rep: Desk
) -> None:
    line.twilio.closed.add("prices")
    batch = await rep.found()
    await rep.post(f"{batch}/draft", revision=1, body="Hei")
    assert await read_tariffs(line.runtime) == 1
    line.twilio.closed.clear()
    assert await read_tariffs(line.runtime) == 0, "not before ten minutes have passed"
    async with await psycopg.AsyncConnection.connect(
        line.settings.postgres_url, autocommit=True
    ) as connection:
        await connection.execute("UPDATE account_facts SET due_at = now()")
    before = len(line.twilio.priced)
    await rep.get(batch, BROWSER)
    assert len(line.twilio.priced) == before
    assert await read_tariffs(line.runtime) == 1
    assert "about $" in (await rep.get(batch, BROWSER)).text


async def test_prices_that_nobody_wants_any_more_are_forgotten(line: Line, rep: Desk) -> None:
    for country, days in (("EE", 29), ("LV", 31)):
        await line.runtime.tariffs.want(42, "AC1", [f"price {country}"])
        async with await psycopg.AsyncConnection.connect(
            line.settings.postgres_url, autocommit=True
        ) as connection:
            await connection.execute(
                "UPDATE account_facts SET wanted_at = now() - make_interval(days => %s)"
                " WHERE about = %s",
                (days, f"price {country}"),
            )
    await tidy(line.runtime)
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        cursor = await connection.execute("SELECT about FROM account_facts")
        assert await cursor.fetchall() == [("price EE",)]


async def test_a_messaging_service_is_called_by_its_name_and_its_numbers_add_up(
    database_url: str,
) -> None:
    service = "MG" + "2" * 32
    given = {"senders": ("+37255500001", "+37255500002", "+37255500003")}
    lines = a_line(database_url, twilio=given, twilio_from="", twilio_messaging_service_sid=service)
    async with lines as line, a_desk(line) as rep:
        batch = await rep.found(Chosen(tuple(people(line, 2))))
        await rep.post(f"{batch}/draft", revision=1, body="Hei")
        while await read_tariffs(line.runtime):
            pass

        page = html.unescape((await rep.get(batch, BROWSER)).text)

    assert "From Customers 2 – shared by everyone at" in page
    assert "from 3 long codes" in page
