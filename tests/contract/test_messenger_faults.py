"""Our Twilio adapter when the answer or the connection breaks: sent, perhaps sent, or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.contract.messenger_parts import (
    MESSAGE,
    Reader,
    Twilio,
    Writer,
    a_server,
    error_of,
    hold,
    messenger_at,
    simulator,
    whole_request,
)
from tests.fakes_twilio import ACCOUNT
from tests.servers import free_port
from tests.simulators.twilio_world import World
from workers.domain.errors import (
    Unavailable,
    Unconfirmed,
)
from workers.providers.twilio import TwilioMessenger
from workers.providers.twilio_transport import TwilioTransport, boottime


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with simulator() as running:
        yield running


# ---------------------------------------------------------------- nobody knows

FAULTS: dict[str, Callable[[World], None]] = {
    "hangs after taking it": lambda world: world.hang_next(),
    "resets after taking it": lambda world: world.reset_next(),
    "503 after taking it": lambda world: world.error_after_accept(),
    "500 after taking it": lambda world: world.error_after_accept(status=500),
    "closes after taking it": lambda world: world.cut_answer_at(0),
    "503 of a gateway": lambda world: world.fail_next(503, body="<html>"),
    "502": lambda world: world.fail_next(502),
    "408": lambda world: world.fail_next(408),
    "a redirect": lambda world: world.fail_next(307, headers={"Location": "/elsewhere"}),
    "a 201 that is no JSON": lambda world: world.fail_next(201, body="<html>OK</html>"),
    "a 201 that is empty": lambda world: world.fail_next(201, body=""),
    "a 201 without a SID": lambda world: world.fail_next(201, body="{}"),
    "a 200 that is a list": lambda world: world.fail_next(200, body="[]"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
async def test_an_unclear_answer_is_unconfirmed_and_never_repeated(
    twilio: Twilio, fault: str
) -> None:
    FAULTS[fault](twilio.world)
    async with messenger_at(twilio.url, seconds=2) as messenger:
        error = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert type(error) is Unconfirmed
    assert len(twilio.world.requests) == 1
    assert len(twilio.world.accepted) <= 1


@pytest.mark.anyio
async def test_a_server_error_keeps_twilios_reference(twilio: Twilio) -> None:
    twilio.world.error_after_accept()
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert error.code == "20503"
    assert error.request_id.startswith("RQ")


@pytest.mark.anyio
async def test_an_answer_cut_at_any_byte_is_unconfirmed(twilio: Twilio) -> None:
    """Whatever arrives of it is either the whole answer or no answer; each text is asked for once."""
    tried, whole = 0, 0
    async with messenger_at(twilio.url) as messenger:
        while not whole and tried < 3000:
            twilio.world.cut_answer_at(tried)
            tried += 1
            try:
                await messenger.send(ACCOUNT, MESSAGE)
            except Unconfirmed:
                continue
            whole = tried
    assert whole > 600
    assert len(twilio.world.requests) == len(twilio.world.accepted) == tried


# ---------------------------------------------------------------- certainly not sent


@pytest.mark.anyio
async def test_nobody_listening_means_not_sent() -> None:
    async with messenger_at(f"http://127.0.0.1:{free_port()}") as messenger:
        assert type(await error_of(messenger.send(ACCOUNT, MESSAGE))) is Unavailable


@pytest.mark.anyio
async def test_an_unknown_host_means_not_sent() -> None:
    async with messenger_at("http://nowhere.invalid") as messenger:
        assert type(await error_of(messenger.send(ACCOUNT, MESSAGE))) is Unavailable


@pytest.mark.anyio
async def test_a_failed_handshake_means_not_sent(twilio: Twilio) -> None:
    async with messenger_at(twilio.url.replace("http:", "https:")) as messenger:
        assert type(await error_of(messenger.send(ACCOUNT, MESSAGE))) is Unavailable
    assert not twilio.world.requests


@pytest.mark.anyio
async def test_a_handshake_that_hangs_means_not_sent() -> None:
    async with a_server(hold) as url, messenger_at(url, seconds=2) as messenger:
        secure = TwilioMessenger(TwilioTransport(url=url.replace("http:", "https:"), timeout=2))
        assert type(await error_of(secure.send(ACCOUNT, MESSAGE))) is Unavailable
        assert type(await error_of(messenger.send(ACCOUNT, MESSAGE))) is Unconfirmed
        await secure.aclose()


@pytest.mark.anyio
async def test_no_free_connection_means_not_sent(twilio: Twilio) -> None:
    twilio.world.hang_next()
    async with messenger_at(twilio.url, seconds=2, connections=1) as messenger:
        first, second = await asyncio.gather(
            error_of(messenger.send(ACCOUNT, MESSAGE)), error_of(messenger.send(ACCOUNT, MESSAGE))
        )
    assert {type(first), type(second)} == {Unconfirmed, Unavailable}
    assert len(twilio.world.requests) == 1


@pytest.mark.anyio
async def test_a_claim_that_grew_old_is_not_written(twilio: Twilio) -> None:
    """A worker that was stopped while it connected and woke later must not send."""
    late = replace(MESSAGE, post_before=boottime() - 0.001)
    async with messenger_at(twilio.url) as messenger:
        assert type(await error_of(messenger.send(ACCOUNT, late))) is Unavailable
        assert not twilio.world.requests
        await messenger.send(ACCOUNT, replace(MESSAGE, post_before=boottime() + 60))
        await messenger.send(ACCOUNT, MESSAGE)
    assert len(twilio.world.accepted) == 2


# ---------------------------------------------------------------- connections that are kept

ANSWER = b'{"sid": "SM' + b"a" * 32 + b'", "status": "queued"}'
YES = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


@pytest.mark.anyio
@pytest.mark.parametrize("reset", ["reset", "close"])
async def test_a_kept_connection_that_dies_under_a_text_is_unconfirmed(reset: str) -> None:
    """aiohttp repeats GETs then (RFC 9112 §9.3.1), but must never repeat a POST."""
    asked: list[bytes] = []

    async def once(reader: Reader, writer: Writer) -> None:
        asked.append(await whole_request(reader))
        writer.write(YES)
        asked.append(await whole_request(reader))
        if reset == "reset":
            writer.transport.abort()

    async with a_server(once) as url, messenger_at(url) as messenger:
        await messenger.send(ACCOUNT, MESSAGE)
        assert type(await error_of(messenger.send(ACCOUNT, MESSAGE))) is Unconfirmed
    assert len(asked) == 2


@pytest.mark.anyio
async def test_a_kept_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    asked: list[bytes] = []
    closed = asyncio.Event()

    async def once(reader: Reader, writer: Writer) -> None:
        asked.append(await whole_request(reader))
        writer.write(YES)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with a_server(once) as url, messenger_at(url) as messenger:
        for _ in range(3):
            closed.clear()
            assert (await messenger.send(ACCOUNT, MESSAGE)).sid
            await closed.wait()
            for _ in range(20):  # rounds of the loop in which the client sees the end
                await asyncio.sleep(0)
    assert len(asked) == 3


@pytest.mark.anyio
async def test_many_texts_share_few_connections() -> None:
    opened = 0

    async def serve_on(reader: Reader, writer: Writer) -> None:
        nonlocal opened
        opened += 1
        while await whole_request(reader):
            writer.write(YES)

    async with a_server(serve_on) as url, messenger_at(url, connections=4) as messenger:
        for _ in range(5):
            await asyncio.gather(*(messenger.send(ACCOUNT, MESSAGE) for _ in range(20)))
    assert opened <= 4
