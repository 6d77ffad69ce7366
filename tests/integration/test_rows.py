"""A batch's people on the page: pages are exact, and the poll's cursor never skips anybody."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from tests.office import Office, an_office, found
from workers.domain.delivery import State
from workers.ports.reading import RecipientRow
from workers.store.changes import PgChanges

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def all_states(office: Office) -> UUID:
    """Sixty people spread over every state."""
    batch_id = await office.confirmed(60)
    states = [state.value for state in State]
    await office.sql(
        "UPDATE recipients SET state = (%s::text[])[1 + id %% 12] WHERE batch_id = %s",
        states,
        batch_id,
    )
    return batch_id


async def paged(office: Office, batch_id: UUID, **given: object) -> list[RecipientRow]:
    got: list[RecipientRow] = []
    cursor: str | None = ""
    while cursor is not None:
        page, cursor = await office.rows.page(batch_id, cursor=cursor, **given)  # type: ignore[arg-type]  # states or a query
        got += page
    return got


@pytest.mark.parametrize("limit", [1, 7, 60, 100])
async def test_pages_hold_everybody_once_those_needing_attention_first(
    office: Office, limit: int
) -> None:
    batch_id = await all_states(office)

    people = await paged(office, batch_id, limit=limit)

    assert len({row.id for row in people}) == len(people) == 60
    order = list(dict.fromkeys(row.state for row in people))
    assert order[0] is State.UNCONFIRMED
    assert set(order[1:3]) == {State.FAILED, State.UNDELIVERED}
    assert set(order[-2:]) == {State.DELIVERED, State.READ}


async def test_the_figures_are_what_the_rows_say(office: Office) -> None:
    batch_id = await all_states(office)
    await office.sql(
        "UPDATE recipients SET looking = state IN ('accepted', 'sent', 'unconfirmed') AND id %% 5 > 0,"
        " not_before = CASE WHEN id %% 7 > 0 THEN timestamptz '2026-03-01' + id / 12 %% 2 * interval '1 h' END"
        " WHERE batch_id = %s",
        batch_id,
    )
    other = await office.confirmed(3)  # of another batch nothing is counted

    counts = (await office.view(batch_id)).counts

    rows = await office.sql("SELECT * FROM recipients WHERE batch_id = %s", batch_id)
    assert counts.by_state == Counter(State(row["state"]) for row in rows)
    assert counts.looking == sum(row["looking"] for row in rows) > 0
    asleep = (row["not_before"] for row in rows if row["state"] == "ready" and row["not_before"])
    assert counts.deferred == Counter(asleep)
    assert len(counts.deferred) == 2
    assert (await office.view(other)).counts.people == 3


async def test_a_list_of_some_states_holds_exactly_those(office: Office) -> None:
    batch_id = await all_states(office)

    people = await paged(office, batch_id, states=[State.FAILED, State.READY], limit=3)

    assert {row.state for row in people} == {State.FAILED, State.READY}
    assert len(people) == 10


@pytest.mark.parametrize(
    "cursor",
    ["rubbish", "ÿ", "MTIz", "MS4x" * 20, "-1.5", "\x00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"],
)
async def test_a_cursor_that_is_none_does_no_harm(office: Office, cursor: str) -> None:
    batch_id = await office.draft(found(1))

    people, _ = await office.rows.page(batch_id, cursor=cursor)
    snapshot = await PgChanges(office.pool).changed(batch_id, cursor)

    assert len(people) <= 1
    assert snapshot is not None


async def test_people_are_found_by_a_part_of_their_name_or_number(office: Office) -> None:
    batch_id = await office.draft(
        found(1, "+37255512345", name="Zoë 100% Tamm"),
        found(2, "+37255599999", name="Zoe_Mets"),
        found(3, "+4479460000001", name="O'Neill \\ Sons"),
    )

    async def ids(query: str) -> list[int | None]:
        people, _ = await office.rows.page(batch_id, query=query)
        return [row.person_id for row in people]

    assert await ids("zoë") == [1]
    assert await ids("%") == [1]
    assert await ids("_") == [2]
    assert await ids("\\") == [3]
    assert await ids("o'ne") == [3]
    assert await ids("55 512-345") == [1]
    assert await ids("07946") == [3]  # as it is dialled at home
    assert await ids("12") == []  # two digits are in half of all numbers
    assert await ids("Zoë\x00") == [1]
    assert await ids("nobody") == []


async def everything_changed(
    office: Office, batch_id: UUID, writing: Callable[[], bool], limit: int
) -> dict[int, str]:
    """Who polls until all is written: everybody's last state as the poll told it."""
    seen: dict[int, str] = {}
    since = ""
    for _ in range(2_000):
        last = not writing()
        snapshot = await PgChanges(office.pool).changed(batch_id, since, limit=limit)
        assert snapshot is not None
        assert snapshot.view.counts.people == snapshot.view.total
        seen |= {row.id: row.state.value for row in snapshot.changed}
        if last and not snapshot.changed:
            return seen
        since = snapshot.next_since
        await asyncio.sleep(0)
    raise AssertionError("the poll never comes to its end")


@pytest.mark.parametrize("limit", [3, 200])
async def test_a_poll_during_many_writes_skips_nobody_and_every_sum_is_right(
    office: Office, limit: int
) -> None:
    batch_id = await office.confirmed(80)
    await office.prove(batch_id)

    async def worker() -> None:
        while claimed := await office.claim(batch_id, 3):
            await office.answer(*claimed)
            for one in claimed:
                await office.tell(one, "delivered", sid=f"SM{one.attempt_id.hex}")

    work = asyncio.gather(*(worker() for _ in range(4)))
    told = await everything_changed(office, batch_id, lambda: not work.done(), limit)
    await work

    stored = await office.sql("SELECT id, state FROM recipients WHERE batch_id = %s", batch_id)
    assert told == {row["id"]: row["state"] for row in stored}
    assert set(told.values()) == {"delivered"}


@pytest.mark.parametrize("limit", [1, 7, 50, 200])
async def test_a_group_that_is_longer_than_a_poll_is_told_whole_and_once(
    office: Office, limit: int
) -> None:
    batch_id = await office.draft(*(found(n) for n in range(1, 51)))
    told: list[int] = []
    since = ""
    while len(told) < 50:
        snapshot = await PgChanges(office.pool).changed(batch_id, since, limit=limit)
        assert snapshot is not None
        assert snapshot.changed
        told += [row.id for row in snapshot.changed]
        since = snapshot.next_since
        assert snapshot.more or len(told) == 50

    assert len(set(told)) == 50


async def test_every_write_is_seen_by_the_poll_that_follows_it(office: Office) -> None:
    batch_id = await office.confirmed(3)
    first = await PgChanges(office.pool).changed(batch_id, "")
    assert first is not None
    assert len(first.changed) == 3
    since = first.next_since
    (one, two, three) = await office.claim(batch_id)
    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: office.answer(one, state="not_sent"),
        lambda: office.answer(two, state="failed", error_code="30003"),
        lambda: office.tell(three, "sent"),
        lambda: office.retry(batch_id, State.FAILED),
        lambda: office.tell(three, "delivered"),
    ]
    for step in [lambda: asyncio.sleep(0), *steps]:  # first: the claim itself
        await step()
        snapshot = await PgChanges(office.pool).changed(batch_id, since)
        assert snapshot is not None
        assert snapshot.changed
        counts = snapshot.view.counts.by_state
        stored = await office.sql("SELECT state FROM recipients WHERE batch_id = %s", batch_id)
        assert Counter(counts) == Counter(row["state"] for row in stored)
        since = snapshot.next_since
    again = await PgChanges(office.pool).changed(batch_id, since)
    assert again is not None
    assert (again.changed, again.next_since) == ((), since)


async def test_a_batch_that_is_not_there_has_no_news(office: Office) -> None:
    assert await PgChanges(office.pool).changed(UUID(int=1), "") is None
    assert await office.rows.page(UUID(int=1)) == ([], None)


async def test_samples_include_those_with_the_longest_values(office: Office) -> None:
    people = [found(n) for n in range(1, 30)]
    longest = found(30, fields={"person": {"first_name": "Wolfeschlegelsteinhausen"}})
    batch_id = await office.draft(*people, longest)

    samples = await office.rows.samples(batch_id, limit=5)

    assert {1, 5, 30} <= {row.person_id for row, _ in samples}
    assert len({row.id for row, _ in samples}) == len(samples)


async def test_empty_fields_are_counted_over_everybody_who_is_ready(office: Office) -> None:
    nameless = {"person": {"first_name": ""}}
    batch_id = await office.draft(
        found(1), found(2, fields=nameless), found(3, fields=nameless, reason="landline")
    )

    empty = await office.rows.empty_fields(batch_id, ["person.first_name", "organization.name"])

    assert empty == {"person.first_name": 1, "organization.name": 2}
