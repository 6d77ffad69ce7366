"""A company whose users' grants all lapsed, though nobody uninstalled: forgotten, but later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.door import Browser, Door
from tests.past import database, days_pass, leave, left_of, run, with_a_past
from workers.stages.watch import tidy

pytestmark = pytest.mark.anyio


@pytest.fixture
async def history(door: Door, browser: Browser) -> Door:
    return await with_a_past(door, browser)


async def lapse(door: Door, *users: int) -> None:
    """Pipedrive takes their tokens no more, and everybody's sessions ended."""
    for user_id in users:
        access = await door.runtime.installations.access(42, user_id)
        assert access is not None
        await door.runtime.installations.give_up(42, user_id, generation=access.generation)
    await run(door, "UPDATE sessions SET seen_at = now() - interval '8 days'")
    await run(door, "UPDATE batches SET created_at = now() - interval '61 days', "
              "confirmed_at = confirmed_at - interval '61 days'")  # fmt: skip


async def test_a_company_whose_grants_all_lapsed_is_forgotten_after_twice_the_days(
    history: Door,
) -> None:
    await lapse(history, 7, 8)
    await days_pass(history, 59)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}

    await days_pass(history, 2)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {0}
    async with database(history) as connection:
        cursor = await connection.execute("SELECT company_id FROM installations")
        assert await cursor.fetchall() == [(43,)]


async def test_the_days_begin_when_the_grant_lapsed_not_when_it_was_last_renewed(
    history: Door,
) -> None:
    await days_pass(history, 45)  # as long as unused tokens rest
    await lapse(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}


async def test_one_who_uninstalled_and_one_who_lapsed_are_each_waited_for(history: Door) -> None:
    await lapse(history, 7)
    await leave(history, 8)
    await days_pass(history, 59)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}
    await days_pass(history, 2)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {0}


@pytest.mark.parametrize(
    "sign",
    [
        "UPDATE sessions SET seen_at = now() - interval '6 days'",
        "UPDATE batches SET confirmed_at = now() - interval '29 days'",
        "UPDATE batches SET created_at = now() - interval '29 days'",
        "UPDATE installations SET reauth_required = false WHERE user_id = 8",
    ],
    ids=["looked", "sent", "wrote", "a colleague's tokens live"],
)
async def test_a_company_that_somebody_still_uses_is_not_forgotten(
    history: Door, sign: str
) -> None:
    await lapse(history, 7, 8)
    await days_pass(history, 100)
    await run(history, sign)
    assert await history.runtime.leaving.gone(after=timedelta(days=30)) == []


async def test_who_signs_in_again_before_the_end_keeps_everything(
    history: Door, browser: Browser
) -> None:
    await lapse(history, 7, 8)
    await days_pass(history, 61)
    await browser.sign_in()
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}
