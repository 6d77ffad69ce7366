"""Saved texts and texts set aside, on the real ledger; and anybody's place among those to be texted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.office import Office, an_office, found
from workers.ports.texts import MOST_SAVED
from workers.store.texts import PgTexts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def test_a_saved_text_is_the_companys_and_its_name_is_there_once(office: Office) -> None:
    texts = PgTexts(office.pool)

    await texts.save(42, name="Open", body="first", by=7)
    await texts.save(42, name="Open", body="second", by=7)
    await texts.save(43, name="Open", body="theirs", by=7)

    [kept] = await texts.saved(42)
    assert (kept.name, kept.body) == ("Open", "second")
    assert not await texts.drop(43, kept.id)
    assert await texts.drop(42, kept.id)
    assert await texts.saved(42) == []


async def test_two_who_save_at_once_never_exceed_the_bound(office: Office) -> None:
    texts = PgTexts(office.pool)
    await asyncio.gather(
        *(texts.save(42, name=f"{n}", body="x", by=7) for n in range(MOST_SAVED - 1))
    )

    told = await asyncio.gather(
        *(texts.save(42, name=f"new {n}", body="x", by=7) for n in range(8))
    )

    assert sorted(told) == ["full"] * 7 + ["saved"]
    assert len(await texts.saved(42)) == MOST_SAVED
    assert await texts.save(42, name="1", body="again", by=7) == "saved"


async def test_a_text_is_replaced_once_per_revision_and_never_after_sending(
    office: Office,
) -> None:
    texts, batch_id = PgTexts(office.pool), await office.draft(found(1))

    done = await asyncio.gather(
        *(texts.replace(batch_id, revision=1, typed="mine", body="saved") for _ in range(4))
    )
    view = await office.view(batch_id)

    assert sorted(map(str, done)) == ["2", "None", "None", "None"]
    assert (view.body, view.set_aside, view.revision) == ("saved", "mine", 2)
    assert await office.confirm(batch_id) == "confirmed"
    assert await texts.replace(batch_id, revision=2, typed="", body="late") is None


async def test_neighbours_are_those_to_be_texted_in_the_order_of_the_selection(
    office: Office,
) -> None:
    batch_id = await office.draft(
        found(1), found(2, reason="landline"), found(3), found(4, fields={"person": {}})
    )
    rows, _ = await office.rows.page(batch_id)
    ids = {row.person_id: row.id for row in rows}

    third = await office.rows.place(batch_id, ids[3])
    left_out = await office.rows.place(batch_id, ids[2])

    assert third is not None
    assert left_out is not None
    assert (third.before, third.after, third.nth) == (ids[1], ids[4], 2)
    assert (left_out.before, left_out.after) == (ids[1], ids[3])
    assert await office.rows.place(batch_id, 10**17) is None
    assert await office.rows.without(batch_id, "person.first_name") == [(ids[4], "Person 4")]
