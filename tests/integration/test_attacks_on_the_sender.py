"""Attacks on the sender: one broken batch, one broken answer and one lost pause harm nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.office import Office, an_office, found
from tests.post_room import a_post_room, until, until_states
from workers.boottime import boottime
from workers.domain.errors import Away, ProviderError, Throttled
from workers.ports.outside import Account, Message, Report

pytestmark = pytest.mark.anyio


class Twilio:
    """Answers what it was told to, then yes."""

    def __init__(self, *answers: str | ProviderError) -> None:
        self._answers = list(answers)
        self.asked = 0
        self.seconds_left: list[float] = []

    async def send(self, account: Account, message: Message) -> Report:
        self.asked += 1
        self.seconds_left.append(message.post_before - boottime())
        answer = self._answers.pop(0) if self._answers else f"SM{self.asked:032x}"
        if isinstance(answer, ProviderError):
            raise answer
        return Report(answer, "accepted", "queued", http_status=201)


class NoPause:
    """Claims that lose their database whenever a pause is to be written."""

    def __init__(self, claims: Any) -> None:
        self._claims = claims

    def __getattr__(self, name: str) -> Any:
        return getattr(self._claims, name)

    async def back_off(self, *_: object, **__: object) -> None:
        raise Away("ConnectionError")


class LateNews(NoPause):
    """Claims whose commit is heard of late, as by a process that was stopped meanwhile."""

    async def claim(self, *args: Any, **kwargs: Any) -> Any:
        claimed = await self._claims.claim(*args, **kwargs)
        await asyncio.sleep(0.1)
        return claimed


class Stuck(NoPause):
    """Claims whose commit is heard of when the test says so, and later than a text may wait."""

    def __init__(self, claims: Any) -> None:
        super().__init__(claims)
        self.go = asyncio.Event()

    async def claim(self, *args: Any, **kwargs: Any) -> Any:
        claimed = await self._claims.claim(*args, **kwargs)
        await self.go.wait()
        await asyncio.sleep(1.2)
        return claimed


class Slow(NoPause):
    """Claims of a database that takes longer than a text may wait, always."""

    async def claim(self, *args: Any, **kwargs: Any) -> Any:
        claimed = await self._claims.claim(*args, **kwargs)
        await asyncio.sleep(1.2)
        return claimed


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def test_a_batch_that_breaks_keeps_no_other_waiting(office: Office) -> None:
    broken = await office.confirmed(2)
    await office.sql("UPDATE batches SET body = %s WHERE id = %s", "{% for %}{{", broken)
    good = await office.confirmed(2)
    async with a_post_room(office, Twilio()) as room:
        await until_states(office, good, {"accepted": 2})
        assert room.claims.calls["back_off"] == 1
    assert await office.states(broken) == {"ready": 2}


async def test_what_was_not_sent_is_known_also_when_its_pause_was_lost(office: Office) -> None:
    batch_id = await office.confirmed(1)
    async with a_post_room(office, Twilio(Throttled(0.1, "20429", ""))) as room:
        room.claims.inner = NoPause(room.claims.inner)
        await until_states(office, batch_id, {"accepted": 1})


async def test_an_answer_that_cannot_be_written_takes_no_other_along(office: Office) -> None:
    batch_id = await office.confirmed(3)
    twilio = Twilio("SM\0")
    async with a_post_room(office, twilio):
        await until(lambda: twilio.asked == 3)
        await until_states(office, batch_id, {"accepted": 2, "sending": 1})


async def test_the_time_to_post_runs_from_before_the_commit(office: Office) -> None:
    twilio = Twilio()
    async with a_post_room(office, twilio) as room:
        room.claims.inner = LateNews(room.claims.inner)
        for n in range(1, 6):
            draft = await office.draft(found(n))
            assert await office.confirm(draft) == "confirmed"
            await until_states(office, draft, {"accepted": 1})
    assert min(twilio.seconds_left) <= 0.9  # who was too late on a busy machine is claimed anew


async def test_over_a_database_that_is_always_slow_everybody_is_texted_slowly(
    office: Office,
) -> None:
    twilio = Twilio()
    draft = await office.draft(*(found(n) for n in range(1, 11)))
    async with a_post_room(office, twilio) as room:
        room.claims.inner = Slow(room.claims.inner)
        assert await office.confirm(draft) == "confirmed"
        await until_states(office, draft, {"accepted": 10})
    assert twilio.asked == 10


async def test_a_pause_pressed_while_a_slow_database_claims_keeps_its_second(
    office: Office,
) -> None:
    twilio = Twilio()
    draft = await office.draft(*(found(n) for n in range(1, 4)))
    async with a_post_room(office, twilio) as room:
        room.claims.inner = stuck = Stuck(room.claims.inner)
        assert await office.confirm(draft) == "confirmed"
        await until_states(office, draft, {"sending": 3})
        await office.decisions.pause(draft, by=7, reason="person")
        stuck.go.set()
        await until_states(office, draft, {"ready": 3})
    assert twilio.asked == 0
