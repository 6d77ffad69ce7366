"""Our Twilio adapter over a real socket: asking what became of a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.messenger_parts import (
    BODY,
    MESSAGE,
    NUMBER,
    Twilio,
    error_of,
    from_number,
    messenger_at,
    sids,
    simulator,
)
from tests.fakes_twilio import ACCOUNT
from workers.domain.errors import (
    Rejected,
    Unavailable,
)


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with simulator() as running:
        yield running


@pytest.mark.anyio
async def test_a_text_is_fetched_as_it_stands(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        sid = (await messenger.send(ACCOUNT, MESSAGE)).sid
        twilio.world.texts[sid].move("undelivered", 30003)
        report = await messenger.fetch(ACCOUNT, sid)
    assert (report.sid, report.state, report.error_code) == (sid, "undelivered", "30003")


@pytest.mark.anyio
async def test_a_text_that_twilio_doesnt_have_is_rejected(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.fetch(ACCOUNT, "SM" + "0" * 32))
    assert (type(error), error.code) == (Rejected, "20404")


@pytest.mark.anyio
@pytest.mark.parametrize("on", ["fetch", "list"])
@pytest.mark.parametrize("body", [None, "<html>", "{}", "[]"])
@pytest.mark.parametrize("status", [200, 503])
async def test_asking_may_be_tried_again(
    twilio: Twilio, on: str, body: str | None, status: int
) -> None:
    twilio.world.fail_next(status, body=body, on=on)
    async with messenger_at(twilio.url) as messenger:
        asks = messenger.fetch(ACCOUNT, "SM" + "0" * 32) if on == "fetch" else sids(messenger)
        assert type(await error_of(asks)) is Unavailable


@pytest.mark.anyio
async def test_a_hanging_question_ends(twilio: Twilio) -> None:
    twilio.world.hang_next(on="list")
    async with messenger_at(twilio.url, seconds=0.4) as messenger:
        assert type(await error_of(sids(messenger))) is Unavailable


@pytest.mark.anyio
async def test_a_lost_text_is_found_queued_or_sent(twilio: Twilio) -> None:
    twilio.world.error_after_accept(times=2)
    async with messenger_at(twilio.url) as messenger:
        for account in (ACCOUNT, from_number(ACCOUNT)):
            await error_of(messenger.send(account, MESSAGE))
        queued, sent = (line["sid"] for line in twilio.world.accepted)
        twilio.world.texts[sent].move("sent", None)
        assert await sids(messenger) == [queued]
        assert await sids(messenger, account=from_number(ACCOUNT)) == [sent]


@pytest.mark.anyio
async def test_only_the_same_text_to_the_same_number_is_found(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        await messenger.send(ACCOUNT, replace(MESSAGE, body=BODY + "."))
        await messenger.send(ACCOUNT, replace(MESSAGE, to="+37251234124"))
        await messenger.send(from_number(ACCOUNT), MESSAGE)
        assert await sids(messenger) == []
        twins = [(await messenger.send(ACCOUNT, MESSAGE)).sid for _ in range(2)]
        assert sorted(await sids(messenger)) == sorted(twins)


@pytest.mark.anyio
async def test_asked_without_a_sender_the_same_text_is_found_whatever_sent_it(
    twilio: Twilio,
) -> None:
    async with messenger_at(twilio.url) as messenger:
        sent = [
            (await messenger.send(account, MESSAGE)).sid
            for account in (ACCOUNT, from_number(ACCOUNT))
        ]
        assert sorted(await sids(messenger, account=from_number(ACCOUNT, ""))) == sorted(sent)


@pytest.mark.anyio
async def test_a_trial_account_puts_words_before_the_text(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        sid = (await messenger.send(ACCOUNT, MESSAGE)).sid
        twilio.world.texts[sid].body = f"Sent from your Twilio trial account - {BODY}"
        assert await sids(messenger) == [sid]


@pytest.mark.anyio
async def test_only_texts_of_the_time_in_question_are_found(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        sid = (await messenger.send(ACCOUNT, MESSAGE)).sid
        made = datetime.fromtimestamp(twilio.world.texts[sid].created, UTC)
        assert await sids(messenger, since=made, until=made) == [sid]
        later, earlier = made + timedelta(seconds=2), made - timedelta(seconds=2)
        assert await sids(messenger, since=later) == []
        assert await sids(messenger, until=earlier) == []


@pytest.mark.anyio
async def test_more_than_a_page_is_read_and_never_without_end(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        first = (await messenger.send(ACCOUNT, MESSAGE)).sid
        texts = twilio.world.by_number[NUMBER]
        texts += [replace(texts[0], sid=f"SM{n:032x}", body="another") for n in range(700)]
        assert await sids(messenger) == [first]
        texts += [replace(texts[0], sid=f"SM{n:032x}", body="another") for n in range(9_000)]
        asked = len(twilio.world.requests)
        assert await sids(messenger) == []
    assert len(twilio.world.requests) - asked <= 10


@pytest.mark.anyio
@pytest.mark.parametrize("direction", ["inbound", "outbound-reply", "outbound-call"])
async def test_a_text_that_the_api_did_not_make_is_not_ours(twilio: Twilio, direction: str) -> None:
    async with messenger_at(twilio.url) as messenger:
        sid = (await messenger.send(ACCOUNT, MESSAGE)).sid
        listed = twilio.world.texts[sid].resource({}) | {"direction": direction}
        twilio.world.fail_next(200, times=2, on="list", body=json.dumps({"messages": [listed]}))
        assert await sids(messenger) == []
        assert await sids(messenger) == [sid]
