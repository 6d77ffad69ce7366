"""Reps of one company who reach for the same people: one text, or an explicit yes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.desk import COLLEAGUE
from tests.office import Office, a_number, an_office, found
from workers.domain.rules import Rules
from workers.ports.outside import Fields
from workers.ports.rails import Choice, Crossing
from workers.store.rails import PgGuarding

pytestmark = pytest.mark.anyio
RULES = Rules(quiet=None, guard_hours=4)


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url, rules=RULES) as office:
        for user, name in ((7, "Rep Rebane"), (COLLEAGUE.user_id, "Ann")):
            await office.sql(
                "INSERT INTO installations (company_id, user_id, user_name, api_domain)"
                " VALUES (42, %s, %s, '') ON CONFLICT DO NOTHING",
                user,
                name,
            )
        yield office


async def by_ann(office: Office, batch_id: UUID) -> UUID:
    await office.sql("UPDATE batches SET user_id = %s WHERE id = %s", COLLEAGUE.user_id, batch_id)
    return batch_id


async def texted_by_ann(office: Office, *numbers: str, hours_ago: float = 0) -> UUID:
    """Ann's text to these numbers, which Twilio has taken."""
    people = (found(n, number) for n, number in enumerate(numbers, 1))
    batch_id = await by_ann(office, await office.confirmed(*people))
    await office.prove(batch_id)
    await office.answer(*await office.claim(batch_id))
    ago = f"now() - interval '{hours_ago} hours'"
    for number in numbers:
        await office.sql(f"UPDATE texted SET texted_at = {ago} WHERE number = %s", number)
        await office.sql(f"UPDATE attempts SET started_at = {ago} WHERE number = %s", number)
    return batch_id


async def crossings(office: Office, batch_id: UUID, rules: Rules = RULES) -> Any:
    return await PgGuarding(office.pool).crossings(batch_id, rules)


async def decide(office: Office, batch_id: UUID, choice: Choice) -> None:
    revision = (await office.view(batch_id)).revision
    decided = await PgGuarding(office.pool).decide(batch_id, RULES, choice, revision=revision)
    assert decided == revision + 1


def other_text(body: str, fields: Fields) -> tuple[str, str | None]:
    return "Another text.", None


async def test_a_draft_names_who_was_texted_when_and_by_whom(office: Office) -> None:
    numbers = [a_number() for _ in range(3)]
    await texted_by_ann(office, *numbers[:2], hours_ago=2)
    draft = await office.draft(*(found(n, number) for n, number in enumerate(numbers, 1)))

    (crossing,) = await crossings(office, draft)

    assert (crossing.kind, crossing.user_name, crossing.people) == ("texted", "Ann", 2)
    now = (await office.view(draft)).now
    assert 7190 < (now - crossing.at).total_seconds() < 7210


async def test_a_draft_names_whose_running_text_they_are_in(office: Office) -> None:
    number = a_number()
    await by_ann(office, await office.confirmed(found(1, number)))
    draft = await office.draft(found(1, number), found(2))

    assert await crossings(office, draft) == [
        Crossing("running", COLLEAGUE.user_id, "Ann", 1, None)
    ]


async def test_the_same_text_within_a_day_is_named_and_another_text_is_not(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number, hours_ago=20)
    draft = await office.draft(found(1, number))
    assert await crossings(office, draft) == []

    await office.sql("UPDATE batches SET body = 'We open at nine.' WHERE id = %s", draft)

    (crossing,) = await crossings(office, draft)
    assert (crossing.kind, crossing.people) == ("same", 1)


@pytest.mark.parametrize("state", ["failed", "undelivered"])
async def test_whoever_could_not_be_reached_was_not_texted(office: Office, state: str) -> None:
    number = a_number()
    batch_id = await texted_by_ann(office, number, hours_ago=1)
    await office.sql("UPDATE recipients SET state = %s WHERE batch_id = %s", state, batch_id)
    await office.sql("UPDATE attempts SET state = %s WHERE batch_id = %s", state, batch_id)

    again = await office.draft(found(1, number))
    assert await crossings(office, again) == []
    assert await office.confirm(again) == "confirmed"
    assert len(await office.claim(again)) == 1


async def test_another_company_and_another_time_are_nobodys_business(office: Office) -> None:
    number, early = a_number(), a_number()
    await texted_by_ann(office, early, hours_ago=5)
    elsewhere = await office.draft(found(1, number), company_id=43)
    await office.confirm(elsewhere)
    await office.claim(elsewhere)
    draft = await office.draft(found(1, number), found(2, early))

    assert await crossings(office, draft) == []


async def test_one_click_leaves_them_out_with_the_reason(office: Office) -> None:
    numbers = [a_number(), a_number()]
    await texted_by_ann(office, numbers[0], hours_ago=1)
    await by_ann(office, await office.confirmed(found(1, numbers[1])))
    draft = await office.draft(found(1, numbers[0]), found(2, numbers[1]), found(3))

    await decide(office, draft, "leave_out")

    assert await office.reasons(draft) == {1: "texted_recently", 2: "in_another", 3: None}
    assert await crossings(office, draft) == []


async def test_one_click_texts_them_all_the_same(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number, hours_ago=1)
    draft = await office.draft(found(1, number))

    await decide(office, draft, "text")

    assert await crossings(office, draft) == []
    assert await office.confirm(draft) == "confirmed"
    assert len(await office.claim(draft)) == 1


async def test_a_draft_changed_elsewhere_decides_nothing(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number, hours_ago=1)
    draft = await office.draft(found(1, number))

    assert await PgGuarding(office.pool).decide(draft, RULES, "text", revision=99) is None

    assert len(await crossings(office, draft)) == 1


async def test_who_was_texted_between_the_page_and_the_claim_is_left_out(office: Office) -> None:
    number = a_number()
    mine = await office.confirmed(found(1, number))
    await texted_by_ann(office, number, hours_ago=3)

    assert await office.claim(mine, render=other_text) == []

    assert await office.reasons(mine) == {1: "texted_recently"}


async def test_the_same_text_within_a_day_is_not_sent_and_another_is(office: Office) -> None:
    same, other = a_number(), a_number()
    await texted_by_ann(office, same, other, hours_ago=20)
    first, second = [await office.confirmed(found(1, number)) for number in (same, other)]

    assert await office.claim(first) == []
    assert len(await office.claim(second, render=other_text)) == 1

    assert await office.reasons(first) == {1: "same_text"}


async def test_a_text_in_between_does_not_hide_the_same_one(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number, hours_ago=20)
    between = await office.confirmed(found(1, number))
    await office.answer(*await office.claim(between, render=other_text))
    await office.sql(
        "UPDATE texted SET texted_at = now() - interval '5 hours' WHERE number = %s", number
    )
    again = await office.confirmed(found(1, number))

    assert await office.claim(again) == []

    assert await office.reasons(again) == {1: "same_text"}


async def test_not_even_an_explicit_yes_texts_somebody_twice_in_a_minute(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number)
    draft = await office.draft(found(1, number))
    await decide(office, draft, "text")
    await office.confirm(draft)

    assert await office.claim(draft) == []

    assert await office.reasons(draft) == {1: "texted_recently"}


async def test_a_company_that_wants_no_guard_has_the_one_of_a_minute(office: Office) -> None:
    number = a_number()
    await texted_by_ann(office, number, hours_ago=1)
    draft = await office.draft(found(1, number))
    stored = '{"guard_hours": 0, "quiet": "off"}'
    await office.sql("UPDATE companies SET rules = %s WHERE company_id = 42", stored)

    assert await crossings(office, draft, Rules(guard_hours=0)) == []
    await office.confirm(draft)
    assert len(await office.claim(draft)) == 1

    await office.sql("UPDATE companies SET rules = '{}' WHERE company_id = 42")


async def test_two_reps_race_over_overlapping_selections_and_nobody_gets_two(
    office: Office,
) -> None:
    for turn in range(50):
        shared = [a_number() for _ in range(4)]
        ours, theirs = [
            await office.draft(found(9), *(found(n, number) for n, number in enumerate(order, 1)))
            for order in (shared, shared[::-1])
        ]
        await by_ann(office, theirs)
        if turn % 2:  # every other time one of them says yes
            await office.sql("UPDATE recipients SET override = true WHERE batch_id = %s", theirs)
        await asyncio.gather(office.confirm(ours), office.confirm(theirs))
        for batch_id in (ours, theirs):
            await office.prove(batch_id)

        claimed = await asyncio.gather(
            *(office.claim(batch_id, 2) for batch_id in (ours, theirs) * 4)
        )

        texts = Counter(person.number for group in claimed for person in group)
        assert set(shared) <= set(texts)
        assert set(texts.values()) == {1}
