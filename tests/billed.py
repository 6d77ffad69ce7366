"""A line whose texts have settled, and rounds of asking what they cost."""

from __future__ import annotations

import html
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from tests.desk import BROWSER, Desk, id_of
from tests.line import Line
from tests.simulators.twilio_texts import Text
from workers.domain.action import Chosen
from workers.domain.delivery import State
from workers.stages.bills import read_bills

NUMBERS = ("+372 5612 4{:03}", "+44 7400 123{:03}", "+371 2912 3{:03}")


async def settled(rep: Desk, people: int = 3, body: str = "Hei", *, first: int = 0) -> str:
    """A batch to people of three countries, all of it delivered."""
    ids = [
        rep.line.pipedrive.add_person(name="Bo", phone=NUMBERS[n % 3].format(n))["id"]
        for n in range(first, first + people)
    ]
    batch = await rep.found(Chosen(tuple(ids)))
    await rep.post(f"{batch}/send", body=body, **await rep.seen(batch))
    await rep.line.until(id_of(batch), lambda view: view.counts[State.DELIVERED] == people)
    return batch


async def asked(line: Line, times: int = 4) -> int:
    """So many rounds, each with everything due; how often Twilio's list was read."""
    before = lists(line)
    for _ in range(times):
        await run(line, "UPDATE bills SET due_at = now() WHERE due_at IS NOT NULL")
        await read_bills(line.runtime)
    return lists(line) - before


def lists(line: Line) -> int:
    return sum(
        one["method"] == "GET" and one["path"].endswith("Messages.json")
        for one in line.twilio.requests
    )


async def run(line: Line, sql: str) -> None:
    async with await psycopg.AsyncConnection.connect(
        line.settings.postgres_url, autocommit=True
    ) as connection:
        await connection.execute(sql)


async def shown(rep: Desk, batch: str) -> str:
    return html.unescape((await rep.get(batch, BROWSER)).text)


async def cost(rep: Desk, batch: str) -> dict[str, Any]:
    told: dict[str, Any] = (await rep.get(batch)).json()["cost"]
    return told


def texts(line: Line) -> list[Text]:
    return list(line.twilio.texts.values())


def charged(line: Line) -> Decimal:
    prices = [text.resource({})["price"] for text in texts(line)]
    return -sum((Decimal(price) for price in prices if price), Decimal(0))


async def next_look(line: Line) -> timedelta:
    async with await psycopg.AsyncConnection.connect(line.settings.postgres_url) as connection:
        cursor = await connection.execute("SELECT due_at - now() FROM bills")
        row = await cursor.fetchone()
        assert row is not None
        found: timedelta = row[0]
        return found
