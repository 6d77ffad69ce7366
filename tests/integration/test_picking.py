"""Who of a draft is texted, on the real ledger: every edit is one conditional write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.office import Office, an_office, found
from workers.ports.picking import Picked, Searched, Taken
from workers.store.picking import PgPicking

pytestmark = pytest.mark.anyio
EVERYBODY = Searched("")


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


@pytest.fixture
def picking(office: Office) -> PgPicking:
    return PgPicking(office.pool)


async def ids(office: Office, batch_id: UUID) -> list[int]:
    got = await office.sql("SELECT id FROM recipients WHERE batch_id = %s ORDER BY id", batch_id)
    return [row["id"] for row in got]


async def put_in(
    office: Office, picking: PgPicking, batch_id: UUID, who: int, number: str
) -> Picked | Taken | None:
    revision = (await office.view(batch_id)).revision
    return await picking.put_in(
        batch_id, revision=revision, recipient_id=who, number=number, label="mobile"
    )


async def test_who_is_left_out_is_counted_as_such_and_raises_the_revision(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(found(1), found(2), found(3))
    one, two, _ = await ids(office, batch_id)
    before = await office.view(batch_id)

    assert await picking.leave_out(batch_id, revision=1, who=[one, two]) == Picked(2, 2)

    after = await office.view(batch_id)
    assert (after.revision, after.seq > before.seq) == (2, True)
    assert await office.states(batch_id) == {"ready": 1, "skipped": 2}
    assert await office.reasons(batch_id) == {1: "unticked", 2: "unticked", 3: None}
    assert await office.confirm(batch_id, revision=2, people=3) == "conflict"
    assert await office.confirm(batch_id, revision=1, people=1) == "conflict"
    assert await office.confirm(batch_id, revision=2, people=1) == "confirmed"


async def test_a_second_click_is_no_conflict_and_changes_nothing(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(found(1), found(2))
    one, _ = await ids(office, batch_id)
    await picking.leave_out(batch_id, revision=1, who=[one])
    seq = (await office.view(batch_id)).seq

    assert await picking.leave_out(batch_id, revision=1, who=[one]) == Picked(2, 0)
    assert (await office.view(batch_id)).seq == seq


async def test_an_edit_of_people_that_the_rep_has_not_seen_changes_nothing(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(found(1), found(2))
    one, two = await ids(office, batch_id)
    await picking.leave_out(batch_id, revision=1, who=[one])

    assert await picking.leave_out(batch_id, revision=1, who=[two]) is None
    assert await picking.put_back(batch_id, revision=1, who=EVERYBODY) is None
    assert await office.states(batch_id) == {"ready": 1, "skipped": 1}


async def test_nobody_is_picked_out_of_or_into_a_confirmed_text(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(found(1), found(2))
    one, two = await ids(office, batch_id)
    await picking.leave_out(batch_id, revision=1, who=[one])
    assert await office.confirm(batch_id) == "confirmed"

    assert await picking.leave_out(batch_id, revision=2, who=[two]) is None
    assert await put_in(office, picking, batch_id, one, "+37250000001") is None
    assert await picking.put_back(batch_id, revision=2, who=EVERYBODY) is None
    assert await office.states(batch_id) == {"ready": 1, "skipped": 1}


async def test_somebody_put_back_is_texted_on_their_number(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(found(1, "+37251110001"))
    (one,) = await ids(office, batch_id)
    await picking.leave_out(batch_id, revision=1, who=[one])

    assert await put_in(office, picking, batch_id, one, "+37251110001") == Picked(3, 1)
    assert await office.reasons(batch_id) == {1: None}
    assert await office.states(batch_id) == {"ready": 1}


async def test_another_number_is_used_from_then_on(office: Office, picking: PgPicking) -> None:
    batch_id = await office.draft(found(1, "+37251110011"))
    (one,) = await ids(office, batch_id)

    assert await put_in(office, picking, batch_id, one, "+37251110012") == Picked(2, 1)
    await office.confirm(batch_id)
    assert [person.number for person in await office.claim(batch_id)] == ["+37251110012"]


async def test_a_number_gets_one_text_whoever_is_put_back(
    office: Office, picking: PgPicking
) -> None:
    shared = "+37251110021"
    batch_id = await office.draft(
        found(1, shared, name="Zoë"), found(2, shared, reason="same_number")
    )
    zoe, two = await ids(office, batch_id)

    assert await put_in(office, picking, batch_id, two, shared) == Taken("Zoë")
    assert (await office.view(batch_id)).revision == 1
    await picking.leave_out(batch_id, revision=1, who=[zoe])
    assert await put_in(office, picking, batch_id, two, shared) == Picked(3, 1)
    assert await put_in(office, picking, batch_id, zoe, shared) == Taken("Person 2")
    assert await picking.put_back(batch_id, revision=3, who=EVERYBODY) == Picked(4, 0)
    assert await office.states(batch_id) == {"ready": 1, "skipped": 1}


async def test_two_on_one_number_who_were_both_left_out_come_back_as_one(
    office: Office, picking: PgPicking
) -> None:
    shared = "+37251110031"
    batch_id = await office.draft(found(1, shared), found(2, shared, reason="same_number"))
    one, two = await ids(office, batch_id)
    await picking.leave_out(batch_id, revision=1, who=[one])
    await put_in(office, picking, batch_id, two, shared)
    await picking.leave_out(batch_id, revision=3, who=[two])

    assert await picking.put_back(batch_id, revision=4, who=EVERYBODY) == Picked(5, 1)
    assert await office.reasons(batch_id) == {1: None, 2: "unticked"}


async def test_everybody_who_matches_a_search_is_left_out_and_put_back(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(
        found(1, name="Acme Ann"), found(2, name="ACME Bob"), found(3, name="Zoë")
    )

    assert await picking.leave_out(batch_id, revision=1, who=Searched("acme")) == Picked(2, 2)
    assert await office.reasons(batch_id) == {1: "unticked", 2: "unticked", 3: None}
    assert await picking.put_back(batch_id, revision=2, who=Searched("bob")) == Picked(3, 1)
    assert await office.reasons(batch_id) == {1: "unticked", 2: None, 3: None}


async def test_putting_everybody_back_leaves_those_out_whom_nobody_left_out_by_hand(
    office: Office, picking: PgPicking
) -> None:
    reasons = ("landline", "opted_out", "gone", "no_number", "texted_recently")
    batch_id = await office.draft(
        found(1), *(found(n, reason=reason) for n, reason in enumerate(reasons, 2))
    )
    await picking.leave_out(batch_id, revision=1, who=EVERYBODY)

    assert await picking.put_back(batch_id, revision=2, who=EVERYBODY) == Picked(3, 1)
    assert await office.states(batch_id) == {"ready": 1, "skipped": 5}


async def test_of_edits_at_once_from_two_windows_one_wins_and_the_count_stays_right(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.draft(*(found(n) for n in range(1, 21)))
    everybody = await ids(office, batch_id)

    got = await asyncio.gather(
        *(picking.leave_out(batch_id, revision=1, who=[who]) for who in everybody)
    )

    assert sorted(got, key=str) == [None] * 19 + [Picked(2, 1)]
    assert await office.states(batch_id) == {"ready": 19, "skipped": 1}


async def test_a_confirmation_and_an_edit_at_once_never_send_what_was_not_seen(
    office: Office, picking: PgPicking
) -> None:
    for _ in range(20):
        batch_id = await office.draft(found(1), found(2))
        one, _ = await ids(office, batch_id)

        confirmed, picked = await asyncio.gather(
            office.confirm(batch_id, revision=1, people=2),
            picking.leave_out(batch_id, revision=1, who=[one]),
        )

        ready = (await office.states(batch_id))["ready"]
        assert (confirmed, picked, ready) in [
            ("confirmed", None, 2),
            ("conflict", Picked(2, 1), 1),
        ]


async def test_people_of_another_batch_are_out_of_reach(office: Office, picking: PgPicking) -> None:
    mine, theirs = await office.draft(found(1)), await office.draft(found(1))
    (stranger,) = await ids(office, theirs)

    assert await picking.person(mine, stranger) is None
    assert await picking.leave_out(mine, revision=1, who=[stranger]) == Picked(1, 0)
    assert await put_in(office, picking, mine, stranger, "+37251110099") == Picked(1, 0)
    assert await office.states(theirs) == {"ready": 1}


async def test_somebody_left_out_while_people_are_found_stays_so(
    office: Office, picking: PgPicking
) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    await office.keep(work, found(1, "+37251110041"), cursor="next")
    (one,) = await ids(office, batch_id)

    assert await picking.leave_out(batch_id, revision=1, who=[one]) == Picked(2, 1)
    work = await office.relet(batch_id)
    await office.keep(work, found(1, "+37251110041"), found(2), cursor="end")

    assert await office.reasons(batch_id) == {1: "unticked", 2: None}
