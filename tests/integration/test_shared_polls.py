"""What polls share between viewers never shows anybody more than is theirs, nor an old state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.desk import a_desk, install
from tests.viewers import ADMIN, Viewers, some_viewers

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def viewers(module_database_url: str) -> AsyncIterator[Viewers]:
    async with some_viewers(module_database_url) as viewers:
        yield viewers


@pytest.mark.parametrize("first", ["owner", "support"])
async def test_whoever_asks_first_the_owner_sees_numbers_and_support_sees_them_masked(
    viewers: Viewers, first: str
) -> None:
    await asyncio.sleep(1.1)  # nothing is shared any more
    await viewers.numbers(getattr(viewers, first))

    full, masked = await asyncio.gather(
        viewers.numbers(viewers.owner), viewers.numbers(viewers.support)
    )

    assert len(masked) == len(full) > 0
    assert not any("•" in number for number in full)
    assert all("•" in number for number in masked)


async def test_the_parts_of_the_page_are_masked_too(viewers: Viewers) -> None:
    address = f"{viewers.batch}/progress?since=0.0&state=ready"
    full = (await viewers.owner.get(address)).json()["html"]["rows"]
    masked = (await viewers.support.get(address)).json()["html"]["rows"]

    assert "•" not in full
    assert "•" in masked


async def test_what_was_just_told_to_its_owner_is_not_there_for_others(viewers: Viewers) -> None:
    await viewers.numbers(viewers.owner)
    asked = [viewers.colleague, viewers.stranger, viewers.nobody]

    answers = [await desk.get(f"{viewers.batch}/progress?since=0.0") for desk in asked]

    assert [answer.status_code for answer in answers] == [404, 404, 401]
    assert all("changed" not in answer.json() for answer in answers)


async def test_who_signed_out_a_moment_ago_is_told_nothing(viewers: Viewers) -> None:
    async with a_desk(viewers.line) as leaving:
        await viewers.numbers(leaving)
        await leaving.post("/logout")

        answer = await leaving.get(f"{viewers.batch}/progress?since=0.0")

    assert answer.status_code == 401


async def test_a_changed_person_is_seen_within_a_second_however_many_ask(viewers: Viewers) -> None:
    since = (await viewers.owner.progress(viewers.batch))["next_since"]
    address = f"{viewers.batch}/progress?since={since}"
    for _ in range(30):  # a crowd
        await asyncio.gather(viewers.owner.get(address), viewers.support.get(address))
    await viewers.sql(
        "WITH mine AS (UPDATE batches SET seq = seq + 1 WHERE id = %(id)s RETURNING id, seq) "
        "UPDATE recipients r SET state = 'failed', reason = '30003', seq = mine.seq "
        "FROM mine WHERE r.id = (SELECT min(id) FROM recipients WHERE batch_id = mine.id)"
    )
    await asyncio.sleep(1.05)

    told: dict[str, Any] = (await viewers.owner.get(address)).json()

    assert [row["state"] for row in told["changed"]] == ["failed"]
    assert told["counts"]["failed"] == 1
    assert "1" in told["html"]["tabs"]


async def test_crowds_with_different_pasts_are_all_told_every_change(viewers: Viewers) -> None:
    """Within a moment they share one view: who changed after it must come with a later poll."""
    told: list[dict[int, str]] = [{}, {}, {}]
    pasts = ["0.0", "0.1", "1.0"]
    for turn in range(12):
        if turn < 6:
            await viewers.sql(
                "WITH mine AS (UPDATE batches SET seq = seq + 1 WHERE id = %(id)s RETURNING id, seq) "
                f"UPDATE recipients r SET name = 'Turn {turn}', seq = mine.seq FROM mine "
                "WHERE r.id = (SELECT max(id) FROM recipients WHERE batch_id = mine.id)"
            )
        for n, past in enumerate(pasts):
            poll = await viewers.owner.progress(viewers.batch, past)
            told[n] |= {row["id"]: row["name"] for row in poll["changed"]}
            pasts[n] = poll["next_since"]
        await asyncio.sleep(0.2)
    last = await viewers.owner.progress(viewers.batch)

    assert pasts == [last["next_since"]] * 3
    changed = max(row["id"] for row in last["changed"])
    assert [names.get(changed) for names in told] == ["Turn 5"] * 3


async def test_polls_that_are_looked_up_together_are_each_answered_for_who_asks(
    viewers: Viewers,
) -> None:
    desks = [viewers.owner, viewers.support, viewers.colleague, viewers.stranger, viewers.nobody]
    async with a_desk(viewers.line) as leaving:
        await leaving.post("/logout")
        polls = [desk.get(f"{viewers.batch}/progress?since=0.0") for desk in (*desks, leaving)]
        answers = await asyncio.gather(*polls)

    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 401, 401]
    full, masked = (answer.json()["changed"][0]["number"] for answer in answers[:2])
    assert ("•" in full, "•" in masked) == (False, True)


async def test_signing_out_everywhere_counts_at_the_next_poll_of_every_browser(
    viewers: Viewers,
) -> None:
    leaver = replace(ADMIN, user_id=12, name="Lea Leaver")
    await install(viewers.line, leaver)
    address = f"{viewers.batch}/progress?since=0.0"
    async with a_desk(viewers.line, leaver) as here, a_desk(viewers.line, leaver) as there:
        before = await there.get(address)
        await here.post("/logout", everywhere="1")

        assert (before.status_code, (await there.get(address)).status_code) == (200, 401)


async def test_a_batch_that_nobody_wrote_is_not_modified_and_what_is_written_is_told(
    viewers: Viewers,
) -> None:
    """A wait is written without a seq: it is the row's version that tells."""
    told = await viewers.owner.get(f"{viewers.batch}/progress?since=0.0")
    address = f"{viewers.batch}/progress?since={told.json()['next_since']}"
    headers = {"accept": "application/json", "if-none-match": told.headers["etag"]}
    await asyncio.sleep(1.1)  # nothing is shared any more
    same = await viewers.owner.get(address, headers)
    await viewers.sql(
        "UPDATE batches SET paused_at = now(), pause_reason = 'person' WHERE id = %(id)s"
    )
    await asyncio.sleep(1.1)

    other = await viewers.owner.get(address, headers)

    assert (same.status_code, other.status_code) == (304, 200)
    assert other.json()["phase"] == "paused"
