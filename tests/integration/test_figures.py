"""The figures behind /metrics, on a real database, and the watch's own house-keeping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import FakeMessenger
from tests.office import LATER, Office, an_office, found
from web.figures import shown
from workers.ports.figures import Figures
from workers.store.figures import PgFigures
from workers.store.sessions import PgSessions
from workers.watching import keep_watching

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def test_where_nothing_is_to_do_every_age_is_nothing(office: Office) -> None:
    assert await PgFigures(office.pool).read() == Figures()


async def test_who_could_be_texted_and_waits_makes_an_age(office: Office) -> None:
    batch_id = await office.confirmed(2)
    await office.confirmed(1, hold=LATER)  # held for Undo: nobody waits for us
    await office.draft(found(1))
    await office.sql(
        "UPDATE batches SET not_before = now() - interval '900 s' WHERE id = %s", batch_id
    )
    await office.sql("UPDATE recipients SET changed_at = now() - interval '500 s'")

    assert (await PgFigures(office.pool).read()).oldest_runnable == pytest.approx(500, abs=30)

    await office.decisions.pause(batch_id, by=7, reason="person")
    assert (await PgFigures(office.pool).read()).oldest_runnable == 0


async def test_a_request_that_is_long_on_the_wire_makes_an_age(office: Office) -> None:
    batch_id = await office.confirmed(2)
    one, two = await office.claim(batch_id)
    await office.sql("UPDATE attempts SET started_at = now() - interval '200 s'")
    assert (await PgFigures(office.pool).read()).oldest_sending == pytest.approx(200, abs=30)

    await office.answer(one)
    await office.answer(two, state="failed", error_code="30003")

    figures = await PgFigures(office.pool).read()
    assert figures.oldest_sending == 0
    assert figures.attempts == {"accepted": 1, "failed": 1}


async def test_a_draft_that_nobody_looks_after_makes_an_age(office: Office) -> None:
    batch_id = await office.clicked()
    await office.sql("UPDATE batches SET created_at = now() - interval '400 s'")
    assert (await PgFigures(office.pool).read()).oldest_resolve == pytest.approx(400, abs=30)

    await office.leased(batch_id)

    assert (await PgFigures(office.pool).read()).oldest_resolve == 0


async def test_the_watch_says_when_it_looked_and_tidies_up(office: Office) -> None:
    await office.sql(
        "INSERT INTO sessions (id_hash, created_at, seen_at)"
        " VALUES ('old', now() - interval '40 days', now() - interval '40 days'),"
        " ('new', now(), now())"
    )
    figures = PgFigures(office.pool)
    runtime = replace(
        a_runtime(Ledger(), Door()),
        watching=office.watching,
        ledger=office.ledger,
        finding=office.finding,
        restoring=office.restoring,
        figures=figures,
        sessions=PgSessions(office.pool),
        messenger=FakeMessenger(),
    )
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, stopped.set)  # during its first pause
    await keep_watching(runtime, stopped)

    assert (await figures.read()).looks["watch"] < 5
    assert [row["id_hash"] for row in await office.sql("SELECT * FROM sessions")] == [b"new"]


async def test_prometheus_reads_all_of_it() -> None:
    page = shown(Figures(3.5, 2.5, 1.5, {"sender": 0.5, "watch": 0.25}, {"accepted": 7})).decode()

    for line in (
        "volley_oldest_runnable_seconds 3.5",
        "volley_oldest_sending_seconds 2.5",
        "volley_oldest_resolve_seconds 1.5",
        'volley_last_look_age_seconds{who="sender"} 0.5',
        'volley_attempts_last_hour{state="accepted"} 7.0',
        "volley_receipts_unknown_total",
    ):
        assert line in page
    assert "accepted" not in shown(Figures()).decode()
