"""Opt-outs of a company that was forgotten and came back: unreadable, and still kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.office import DAY, KEYS, NO_RULES, Office, a_number, an_office, found
from workers.store.claims import PgClaims
from workers.store.suppressions import hash_some

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def a_forgotten_stop(office: Office, *, key: str = KEYS[0], company_id: int = 42) -> str:
    """A number that said STOP to a company which was forgotten afterwards."""
    number = a_number()
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (%s, 'sms', %s, 'opted_out')",
        company_id,
        number,
    )
    async with office.pool.connection() as connection:
        while await hash_some(connection, company_id, key=key, most=1):
            pass
    return number


async def test_they_are_left_out_at_the_claim(office: Office) -> None:
    stopped, other = await a_forgotten_stop(office), a_number()
    batch_id = await office.confirmed(found(1, stopped), found(2, other))

    claimed = await office.claim(batch_id)

    assert [person.number for person in claimed] == [other]
    assert (await office.reasons(batch_id))[1] == "opted_out"


async def test_they_are_left_out_when_people_are_found(office: Office) -> None:
    stopped = [await a_forgotten_stop(office) for _ in range(3)]
    known = await office.finding.known(42, "sms", [*stopped, a_number()])
    assert known == dict.fromkeys(stopped, "opted_out")


async def test_what_an_older_key_hashed_is_known_while_the_key_is_in_rotation(
    office: Office,
) -> None:
    number = await a_forgotten_stop(office, key=KEYS[1])
    assert await office.finding.known(42, "sms", [number]) == {number: "opted_out"}


async def test_no_number_can_be_read_any_more(office: Office) -> None:
    number = await a_forgotten_stop(office)
    (row,) = await office.sql("SELECT * FROM known_numbers")
    assert number[4:] not in str(row)


async def test_a_key_that_is_not_ours_learns_nothing(office: Office) -> None:
    number = await a_forgotten_stop(office)
    stranger = PgClaims(
        office.pool,
        keys=("x" * 32,),
        rules=NO_RULES,
        guard_seconds=60,
        claim_seconds=40,
        send_within=DAY,
    )
    office.claims = stranger
    assert len(await office.claim(await office.confirmed(found(1, number)))) == 1


async def test_another_company_and_another_channel_know_nothing_of_it(office: Office) -> None:
    number = await a_forgotten_stop(office)
    await a_forgotten_stop(office, company_id=43)
    assert await office.finding.known(43, "sms", [number]) == {}
    assert await office.finding.known(42, "whatsapp", [number]) == {}


async def test_who_says_stop_again_is_hashed_again_and_known_once(office: Office) -> None:
    number = await a_forgotten_stop(office)
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (42, 'sms', %s, 'opted_out')",
        number,
    )
    async with office.pool.connection() as connection:
        assert await hash_some(connection, 42, key=KEYS[0], most=9) == 1
    assert len(await office.sql("SELECT * FROM known_numbers")) == 1
    assert await office.finding.known(42, "sms", [number]) == {number: "opted_out"}


async def test_a_company_that_was_never_forgotten_has_nothing_hashed(office: Office) -> None:
    number = await a_forgotten_stop(office)
    await office.sql("UPDATE companies SET suppressions_hashed = false")
    assert await office.finding.known(42, "sms", [number]) == {}
