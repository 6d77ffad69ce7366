"""Support's question "they say they never got it", on the real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.office import BODY, Office, an_office, found

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("zoë", []), ("ZOË TA", []), ("+372 5551", ["+37255510000"]), ("4711", []), ("SM-of-zoe", [])],
)
async def test_a_person_is_found_by_name_number_id_or_sid(
    office: Office, query: str, numbers: list[str]
) -> None:
    batch_id = await office.confirmed(
        found(4711, "+37255510000", name="Zoë Tamm"), found(4712, name="Somebody Else")
    )
    zoe = next(one for one in await office.claim(batch_id) if one.number == "+37255510000")
    await office.tell(zoe, "sent", sid="SM-of-zoe")
    await office.tell(zoe, "undelivered", sid="SM-of-zoe", code="30003")

    (history,) = await office.support.find(42, query=query, numbers=numbers)

    assert (history.row.person_id, history.body, history.batch_id) == (4711, BODY, batch_id)
    (attempt,) = history.attempts
    assert (attempt.state, attempt.sid, attempt.error_code) == ("undelivered", "SM-of-zoe", "30003")
    assert [receipt[1:] for receipt in attempt.receipts] == [
        ("sent", "", "callback"),
        ("undelivered", "30003", "callback"),
    ]


@pytest.mark.parametrize(
    ("query", "numbers"), [("Zoë", []), ("", ["+37255510000"]), ("1", []), ("SM-of-zoe", [])]
)
async def test_another_company_finds_nothing(
    office: Office, query: str, numbers: list[str]
) -> None:
    batch_id = await office.confirmed(found(1, "+37255510000", name="Zoë"))
    (one,) = await office.claim(batch_id)
    await office.tell(one, "sent", sid="SM-of-zoe")

    assert await office.support.find(43, query=query, numbers=numbers) == []


@pytest.mark.parametrize("query", ["", "   ", "9" * 40, "\x00", "%", "_", "٣"])
async def test_a_query_that_says_nothing_finds_nobody(office: Office, query: str) -> None:
    await office.confirmed(found(1, name="Zoë"))

    assert await office.support.find(42, query=query, numbers=[]) == []


async def test_every_try_is_told_in_its_order(office: Office) -> None:
    batch_id = await office.confirmed(found(1, name="Zoë"))
    (first,) = await office.claim(batch_id)
    await office.answer(first, state="not_sent", error_code="429")
    (second,) = await office.claim(batch_id)
    (sid,) = await office.answer(second)

    (history,) = await office.support.find(42, query="Zoë", numbers=[])

    assert [(one.state, one.sid) for one in history.attempts] == [
        ("not_sent", None),
        ("accepted", sid),
    ]


async def test_no_more_people_than_asked_for_the_newest_first(office: Office) -> None:
    await office.draft(*(found(n, name="Zoë") for n in range(1, 9)))

    got = await office.support.find(42, query="Zoë", numbers=[], limit=3)

    assert [history.row.person_id for history in got] == [8, 7, 6]
