"""People of an earlier text are taken along into a new draft, each of them once, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as ids

from tests.office import BODY, Office, an_office, found
from workers.domain.delivery import State
from workers.ports.following import Left, Offers
from workers.store.following import PgFollowing

pytestmark = pytest.mark.anyio
CODES = ("21211", "30006")
OTHER = "+37250009999"


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


@pytest.fixture
def following(office: Office) -> PgFollowing:
    return PgFollowing(office.pool)


def phones(*numbers: str, **reasons: str) -> tuple[dict[str, Any], ...]:
    entries = [{"value": one, "label": "mobile", "number": one, "reason": None} for one in numbers]
    return (*entries, *({"value": n, "number": f"+{n}", "reason": r} for n, r in reasons.items()))


async def stop(office: Office, batch_id: UUID) -> None:
    await office.decisions.cancel(batch_id, by=7)
    while await office.decisions.cancel_people(batch_id):
        pass


async def stopped(office: Office, people: int = 3, texted: int = 1) -> UUID:
    """A batch of which so many were texted before it was stopped."""
    batch_id = await office.confirmed(people)
    for person in await office.claim(batch_id, texted):
        await office.answer(person)
        await office.tell(person, "delivered")
    await stop(office, batch_id)
    return batch_id


async def start(following: PgFollowing, batch_id: UUID) -> UUID | None:
    left = await following.left(batch_id, "stopped", codes=CODES)
    return await following.start(batch_id, ids.uuid7(), left)


async def offers(following: PgFollowing, batch_id: UUID) -> Offers:
    return await following.offers(batch_id, codes=CODES)


async def test_whom_a_stop_kept_the_text_from_are_a_draft_with_the_same_text(
    office: Office, following: PgFollowing
) -> None:
    batch_id = await stopped(office)
    assert await offers(following, batch_id) == Offers(stopped=2)

    draft = await start(following, batch_id)

    assert draft is not None
    view = await office.view(draft)
    assert (view.body, view.follows, view.total) == (BODY, batch_id, 2)
    assert (view.life.resolved_at is not None, view.life.confirmed_at) == (True, None)
    assert await office.states(draft) == {"ready": 2}
    assert await office.reasons(draft) == {2: None, 3: None}
    assert await offers(following, batch_id) == Offers(0, 0, 2, draft)
    assert await office.confirm(draft) == "confirmed"
    assert len(await office.claim(draft)) == 2


async def test_clicked_twenty_times_it_is_one_draft(office: Office, following: PgFollowing) -> None:
    batch_id = await stopped(office)

    drafts = await asyncio.gather(*(start(following, batch_id) for _ in range(20)))

    assert len(set(drafts)) == 1
    made = await office.sql("SELECT id FROM batches WHERE follows = %s", batch_id)
    assert [row["id"] for row in made] == [drafts[0]]


async def test_who_went_along_is_not_texted_by_the_earlier_text_any_more(
    office: Office, following: PgFollowing
) -> None:
    batch_id = await office.confirmed(found(1, numbers=phones("+37250001111", OTHER)))
    (person,) = await office.claim(batch_id)
    await office.answer(person, state="failed", error_code="21211")
    (left,) = await following.left(batch_id, "failed", codes=CODES)
    await following.start(batch_id, ids.uuid7(), [Left(left.id, OTHER, "mobile", left.numbers)])

    assert await office.retry(batch_id, State.FAILED) == 0
    assert await following.left(batch_id, "failed", codes=CODES) == []
    assert await following.left(batch_id, "stopped", codes=CODES) == []


async def test_who_may_have_been_texted_after_all_is_not_offered(
    office: Office, following: PgFollowing
) -> None:
    """Nobody knows whether the first try arrived; sending it anyway was asked for and stopped."""
    batch_id = await office.confirmed(1)
    (person,) = await office.claim(batch_id)
    await office.answer(person, state="unconfirmed")
    for _ in range(2):
        await office.watching.looked(person.attempt_id, was="unconfirmed", found="counted")
    assert await office.retry(batch_id, State.UNCONFIRMED) == 1
    await stop(office, batch_id)
    assert await office.states(batch_id) == {"canceled": 1}

    assert await offers(following, batch_id) == Offers()
    assert await start(following, batch_id) is None


async def test_who_is_still_on_the_wire_is_not_offered(
    office: Office, following: PgFollowing
) -> None:
    batch_id = await office.confirmed(2)
    (person,) = await office.claim(batch_id, 1)
    await stop(office, batch_id)

    draft = await start(following, batch_id)
    assert draft is not None
    assert await office.reasons(draft) == {2: None}
    await office.answer(person, state="not_sent")
    await stop(office, batch_id)
    assert await offers(following, batch_id) == Offers(1, 0, 1, draft)
    second = await start(following, batch_id)

    assert second not in {None, draft}


async def test_a_text_that_arrived_between_the_look_and_the_click_is_not_repeated(
    office: Office, following: PgFollowing
) -> None:
    """The retry was stopped, then the first try turned out to have been delivered."""
    batch_id = await office.confirmed(1)
    (person,) = await office.claim(batch_id)
    await office.answer(person, state="failed", error_code="30003")
    await office.retry(batch_id, State.FAILED)
    await stop(office, batch_id)
    left = await following.left(batch_id, "stopped", codes=CODES)
    assert len(left) == 1
    await office.tell(person, "delivered")

    assert await following.start(batch_id, ids.uuid7(), left) is None


async def test_who_was_reached_after_all_is_left_out_of_the_draft_before_it_is_sent(
    office: Office, following: PgFollowing
) -> None:
    batch_id = await office.confirmed(2)
    person, other = await office.claim(batch_id)
    await office.answer(person, other, state="failed", error_code="30003")
    await office.retry(batch_id, State.FAILED)
    await stop(office, batch_id)
    draft = await start(following, batch_id)
    assert draft is not None
    assert await following.drop_arrived(draft) == 0
    await office.tell(person, "delivered")

    assert await following.drop_arrived(draft) == 1

    assert await office.reasons(draft) == {1: "arrived", 2: None}
    assert await office.confirm(draft, revision=1, people=1) == "conflict"
    assert await office.confirm(draft) == "confirmed"
    assert await following.drop_arrived(draft) == 0


async def test_only_whose_number_failed_and_who_has_another_is_offered_one(
    office: Office, following: PgFollowing
) -> None:
    mine = "+37250002222"
    batch_id = await office.confirmed(
        found(1, mine, numbers=phones(mine, "+37250002223")),
        found(2, numbers=phones("+37250002224")),  # a field that is not the number: another one
        found(3, "+37250002225", numbers=phones("+37250002225")),
        found(4, numbers=phones("+37250002226", **{"37250002227": "opted_out"})),
        found(5, numbers=phones("+37250002228", "+37250002229")),
    )
    await office.prove(batch_id)
    claimed = await office.claim(batch_id)
    for person in claimed[:4]:
        await office.answer(person, state="failed", error_code="21211")
    await office.answer(claimed[4], state="failed", error_code="30003")

    assert (await offers(following, batch_id)).other_number == 2
    left = await following.left(batch_id, "failed", codes=CODES)
    assert [person.id for person in left] == [one.recipient_id for one in claimed[:2]]


async def test_a_text_that_was_never_confirmed_has_nobody_to_take_along(
    office: Office, following: PgFollowing
) -> None:
    batch_id = await office.draft(found(1))
    await office.decisions.cancel(batch_id, by=7)

    assert await start(following, batch_id) is None
