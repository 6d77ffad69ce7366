"""A company's login is tried and its senders are read, against the simulated Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from yarl import URL

from tests.contract.messenger_parts import Reader, Writer, a_server, error_of, hold
from tests.counter import KEY, NUMBER, SERVICE
from tests.fakes_twilio import ACCOUNT
from tests.servers import serve
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_world import World
from workers.domain.errors import Misconfigured, Rejected, Throttled, Unavailable
from workers.providers.twilio_setup import TwilioSetup
from workers.providers.twilio_transport import MESSAGING, TWILIO, TwilioTransport

pytestmark = pytest.mark.anyio
BY_KEY = replace(ACCOUNT, username=KEY[0], password=KEY[1])


class Desk:
    """The adapter and the world behind it."""

    def __init__(self, setup: TwilioSetup, world: World) -> None:
        self.setup, self.world = setup, world


@pytest.fixture
async def twilio() -> AsyncIterator[Desk]:
    app = create_twilio(api_keys=dict([KEY]))
    with serve(app) as url:
        transport = TwilioTransport(url=url, timeout=5)
        yield Desk(TwilioSetup(transport), app.state.world)
        await transport.aclose()


@pytest.mark.parametrize("account", [ACCOUNT, BY_KEY])
async def test_a_right_login_is_verified_by_reading_one_text(twilio: Desk, account: object) -> None:
    await twilio.setup.verify(account)  # type: ignore[arg-type]  # made with keywords of two types
    [asked] = twilio.world.requests
    assert asked["query"] == {"PageSize": "1"}
    assert asked["path"].endswith("/Messages.json")


async def test_a_wrong_login_is_misconfigured(twilio: Desk) -> None:
    error = await error_of(twilio.setup.verify(replace(ACCOUNT, password="wrong")))
    assert (type(error), error.code) == (Misconfigured, "20003")


async def test_a_key_of_another_account_is_rejected(twilio: Desk) -> None:
    error = await error_of(twilio.setup.verify(replace(BY_KEY, account_sid="AC" + "9" * 32)))
    assert (type(error), error.code) == (Rejected, "20404")


async def test_a_busy_twilio_is_throttled(twilio: Desk) -> None:
    twilio.world.throttle(on="list")
    assert type(await error_of(twilio.setup.verify(ACCOUNT))) is Throttled


async def test_senders_are_services_with_names_and_numbers_that_text(twilio: Desk) -> None:
    twilio.world.senders = (NUMBER, "+37255500002")
    twilio.world.voice_only = {"+37255500002"}
    senders = await twilio.setup.senders(ACCOUNT)
    assert senders.services == ((SERVICE, "Customers 1"),)
    assert (senders.numbers, senders.unread) == ((NUMBER,), ())


@pytest.mark.parametrize("closed", [{"services"}, {"numbers"}, {"services", "numbers"}])
async def test_a_list_that_is_not_ours_to_read_is_named(twilio: Desk, closed: set[str]) -> None:
    twilio.world.closed = closed
    assert set((await twilio.setup.senders(ACCOUNT)).unread) == closed


async def test_a_list_that_is_cut_short_is_named(twilio: Desk) -> None:
    twilio.world.senders = tuple(f"+3725550{n:04}" for n in range(101))
    senders = await twilio.setup.senders(ACCOUNT)
    assert (len(senders.numbers), senders.unread) == (100, ("numbers",))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"messages": 1}', b'{"messages": [1]}'])
async def test_a_yes_that_is_not_twilios_is_no_verified_login(body: bytes) -> None:
    async def answer(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async with a_server(answer) as url:
        transport = TwilioTransport(url=url, timeout=5)
        error = await error_of(TwilioSetup(transport).verify(ACCOUNT))
        await transport.aclose()
    assert type(error) is Unavailable


async def test_nobody_waits_long_for_a_silent_twilio() -> None:
    async with a_server(hold) as url:
        transport = TwilioTransport(url=url, timeout=30)
        error = await error_of(TwilioSetup(transport, seconds=0.2).verify(ACCOUNT))
        await transport.aclose()
    assert type(error) is Unavailable


async def test_a_login_goes_to_twilios_own_hosts_only() -> None:
    real, served = TwilioTransport(), TwilioTransport(url="http://127.0.0.1:9")
    cases = {
        f"{TWILIO}/x": f"{TWILIO}/x",
        f"{MESSAGING}/v1/Services?a=1": f"{MESSAGING}/v1/Services?a=1",
        "https://messaging.twilio.com.evil.test/x": f"{TWILIO}/x",
        "https://messaging.twilio.com@evil.test/x": f"{TWILIO}/x",
        "http://messaging.twilio.com/x": f"{TWILIO}/x",
        "/x": f"{TWILIO}/x",
    }
    assert {uri: str(real.address(uri)) for uri in cases} == cases
    assert {served.address(uri).origin() for uri in cases} == {URL("http://127.0.0.1:9")}
