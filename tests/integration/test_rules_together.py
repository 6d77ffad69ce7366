"""What the rules do to each other: guard, cap, quiet hours, tests, undo and follow-ups at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import uuid_utils.compat as ids

from tests.office import NO_RULES, Office, a_number, an_office, found
from workers.domain.delivery import State
from workers.domain.place import zones_of
from workers.domain.rules import QuietHours, Rules
from workers.ports.outside import Fields
from workers.ports.tryouts import Wanted
from workers.store.company_settings import PgCompanies
from workers.store.following import PgFollowing
from workers.store.picking import PgPicking
from workers.store.rails import PgGuarding
from workers.store.tryouts import PgTryouts

pytestmark = pytest.mark.anyio
GUARD = Rules(quiet=None, guard_hours=4)
TALLINN, AUCKLAND = "+37256120101", "+64211234567"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url, rules=GUARD) as office:
        yield office


def other_text(body: str, fields: Fields) -> tuple[str, str | None]:
    return "Another text.", None


def night_in(zone: str) -> QuietHours:
    hour = datetime.now(ZoneInfo(zone)).hour
    return QuietHours(time((hour - 3) % 24), time((hour + 3) % 24))


async def choose(office: Office, **rules: Any) -> None:
    chosen = Rules(**{"quiet": None, "guard_hours": 0, **rules})
    await PgCompanies(office.pool, rules=NO_RULES).set_rules(42, chosen)


async def ago(office: Office, number: str, hours: float) -> None:
    """Whatever was texted on the number was texted so long ago."""
    for table, column in (("texted", "texted_at"), ("attempts", "started_at")):
        await office.sql(
            f"UPDATE {table} SET {column} = now() - make_interval(secs => %s) WHERE number = %s",
            hours * 3600,
            number,
        )


async def texted(office: Office, number: str, *, hours_ago: float) -> UUID:
    batch_id = await office.confirmed(found(1, number))
    await office.answer(*await office.claim(batch_id))
    await ago(office, number, hours_ago)
    return batch_id


async def texted_all_the_same(office: Office, number: str) -> UUID:
    """A confirmed batch with the rep's yes to one more text on the number."""
    draft = await office.draft(found(1, number))
    await PgGuarding(office.pool).decide(draft, GUARD, "text", revision=1)
    assert await office.confirm(draft) == "confirmed"
    return draft


async def people(office: Office, batch_id: UUID) -> list[dict[str, Any]]:
    return await office.sql("SELECT * FROM recipients WHERE batch_id = %s ORDER BY id", batch_id)


async def test_a_claim_that_was_not_used_leaves_the_earlier_text_guarded(office: Office) -> None:
    number = a_number()
    await texted(office, number, hours_ago=1)
    (claimed,) = await office.claim(await texted_all_the_same(office, number), render=other_text)
    await office.answer(claimed, state="not_sent")

    third = await office.confirmed(found(1, number))

    assert await office.claim(third) == []
    assert await office.reasons(third) == {1: "texted_recently"}


async def test_a_text_that_failed_does_not_hide_the_one_before_it(office: Office) -> None:
    number = a_number()
    await texted(office, number, hours_ago=2)
    (claimed,) = await office.claim(await texted_all_the_same(office, number), render=other_text)
    await office.answer(claimed, state="failed", error_code="30003")
    await office.sql("UPDATE texted SET texted_at = now() - interval '2 minutes'")

    third = await office.draft(found(1, number))

    (crossing,) = await PgGuarding(office.pool).crossings(third, GUARD)
    assert crossing.kind == "texted"
    await office.confirm(third)
    assert await office.claim(third) == []


async def test_a_test_of_the_same_text_leaves_nobody_out(office: Office) -> None:
    number = a_number()
    await texted(office, number, hours_ago=6)
    draft = await office.draft(found(1, number))
    test_id = ids.uuid7()
    await PgTryouts(office.pool).make(draft, test_id, Wanted(number, "Rep", "Hello", {}, 1))
    await office.answer(*await office.claim(test_id, render=other_text))

    await office.confirm(draft)

    assert len(await office.claim(draft, render=other_text)) == 1


async def test_a_yes_to_one_number_is_no_yes_to_another(office: Office) -> None:
    first, second = a_number(), a_number()
    await texted(office, first, hours_ago=1)
    await texted(office, second, hours_ago=1)
    draft = await office.draft(found(1, first))
    await PgGuarding(office.pool).decide(draft, GUARD, "text", revision=1)

    (person,) = await people(office, draft)
    await PgPicking(office.pool).put_in(
        draft, revision=2, recipient_id=person["id"], number=second, label=""
    )

    assert len(await PgGuarding(office.pool).crossings(draft, GUARD)) == 1


async def test_a_test_that_meets_the_cap_does_not_come_at_midnight(office: Office) -> None:
    await choose(office, texts_a_day=0)
    draft = await office.draft(found(1))
    test_id = ids.uuid7()
    await PgTryouts(office.pool).make(draft, test_id, Wanted(a_number(), "Rep", "Hello", {}, 1))

    assert await office.claim(test_id) == []

    (kept,) = await office.sql("SELECT send_by - now() AS left FROM batches WHERE id = %s", test_id)
    assert kept["left"] < timedelta(minutes=11)


async def test_who_was_asleep_before_undo_is_not_too_late_after_the_next_send(
    office: Office,
) -> None:
    await choose(office, quiet=night_in("UTC"))
    batch_id = await office.confirmed(found(1, zones="UTC"))
    assert await office.claim(batch_id) == []
    assert await office.decisions.undo(batch_id)

    await office.confirm(batch_id, send_within=timedelta(minutes=1))
    assert await office.claim(batch_id) == []

    life = (await office.view(batch_id)).life
    (person,) = await people(office, batch_id)
    assert life.send_by is not None
    assert life.send_by > person["not_before"] > datetime.now(UTC)


async def test_who_was_asleep_before_undo_wakes_when_quiet_hours_end_for_all(
    office: Office,
) -> None:
    await choose(office, quiet=night_in("UTC"))
    batch_id = await office.confirmed(found(1, zones="UTC"))
    assert await office.claim(batch_id) == []
    assert await office.decisions.undo(batch_id)

    await choose(office, quiet=None)
    await office.confirm(batch_id)

    assert len(await office.claim(batch_id)) == 1


async def stopped(office: Office, *people: Any) -> UUID:
    batch_id = await office.confirmed(*people)
    await office.decisions.cancel(batch_id, by=7)
    await office.decisions.cancel_people(batch_id)
    return batch_id


async def follow(office: Office, batch_id: UUID) -> UUID | None:
    following = PgFollowing(office.pool)
    left = await following.left(batch_id, "stopped", codes=())
    return await following.start(batch_id, ids.uuid7(), left)


async def test_a_follow_up_knows_where_its_people_are(office: Office) -> None:
    stop = await stopped(office, found(1, TALLINN), found(2, AUCKLAND))

    draft = await follow(office, stop)

    assert draft is not None
    zones = [person["zones"] for person in await people(office, draft)]
    assert zones == [" ".join(zones_of(number)) for number in (TALLINN, AUCKLAND)]


async def test_who_sleeps_keeps_nobody_waiting_whose_zones_were_not_kept(office: Office) -> None:
    await choose(office, quiet=night_in("Pacific/Auckland"))
    batch_id = await office.confirmed(found(1, TALLINN), found(2, AUCKLAND))
    await office.prove(batch_id)

    (claimed,) = await office.claim(batch_id)

    assert claimed.number == TALLINN
    _, other = await people(office, batch_id)
    assert other["not_before"] > datetime.now(UTC)


async def test_a_receipt_of_an_earlier_text_is_shown_though_the_next_one_was_left_out(
    office: Office,
) -> None:
    number = a_number()
    batch_id = await office.confirmed(found(1, number))
    (claimed,) = await office.claim(batch_id)
    await office.answer(claimed, state="unconfirmed")
    await office.sql("UPDATE recipients SET looking = false")
    assert await office.retry(batch_id, State.UNCONFIRMED) == 1
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (42, 'sms', %s, 'opted_out')",
        number,
    )
    assert await office.claim(batch_id) == []
    assert await office.states(batch_id) == {"skipped": 1}

    await office.tell(claimed, "delivered")

    assert await office.states(batch_id) == {"delivered": 1}
