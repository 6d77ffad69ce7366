"""One text per number, whoever reaches for it: the guard and what was learned, at the claim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.office import Office, a_number, an_office, found

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def test_of_two_batches_that_reach_for_one_number_at_once_one_gets_it(
    office: Office,
) -> None:
    pairs = []
    for _ in range(25):
        numbers = [a_number() for _ in range(4)]
        pairs.append(
            [
                await office.confirmed(*(found(n, number) for n, number in enumerate(order, 1)))
                for order in (numbers, list(reversed(numbers)))
            ]
        )
    for first, second in pairs:
        claimed = await asyncio.gather(office.claim(first), office.claim(second))
        numbers = [person.number for group in claimed for person in group]
        assert len(numbers) == len(set(numbers)) == 4
        states = [await office.states(batch_id) for batch_id in (first, second)]
        assert (states[0] + states[1]) == {"sending": 4, "skipped": 4}


async def test_whom_another_batch_just_texted_is_left_out_with_that_reason(office: Office) -> None:
    number = a_number()
    await office.claim(await office.confirmed(found(1, number)))
    batch_id = await office.confirmed(found(1, number))

    assert await office.claim(batch_id) == []

    assert await office.reasons(batch_id) == {1: "texted_recently"}


async def test_after_the_guard_time_the_number_is_free_again(office: Office) -> None:
    number = a_number()
    await office.claim(await office.confirmed(found(1, number)))
    await office.sql(
        "UPDATE texted SET texted_at = now() - interval '61 s' WHERE number = %s", number
    )

    assert len(await office.claim(await office.confirmed(found(1, number)))) == 1


async def test_the_guard_does_not_stop_a_person_from_being_tried_again(office: Office) -> None:
    batch_id = await office.confirmed(1)
    for _ in range(3):
        claimed = await office.claim(batch_id)
        assert len(claimed) == 1
        await office.answer(*claimed, state="not_sent")


@pytest.mark.parametrize("reason", ["opted_out", "landline"])
async def test_what_was_learned_after_confirming_counts_at_the_claim(
    office: Office, reason: str
) -> None:
    person = found(1)
    batch_id = await office.confirmed(person)
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason) VALUES (42, 'sms', %s, %s)",
        person.number,
        reason,
    )

    assert await office.claim(batch_id) == []

    assert await office.reasons(batch_id) == {1: reason}
    assert not await office.sql("SELECT 1 FROM texted WHERE number = %s", person.number)


async def test_what_one_company_learned_of_a_number_is_not_known_to_another(
    office: Office,
) -> None:
    person = found(1)
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (43, 'sms', %s, 'opted_out')",
        person.number,
    )

    assert len(await office.claim(await office.confirmed(person))) == 1
