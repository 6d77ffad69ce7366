"""What the tests of our Twilio adapter share: an account, a text, a simulator and raw servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.contract.openapi_check import DESCRIPTION, Request, assert_valid_request
from tests.fakes_twilio import ACCOUNT
from tests.servers import serve
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_world import World
from workers.domain.callback import callback_url
from workers.domain.errors import ProviderError
from workers.ports.outside import Account, Message
from workers.providers.twilio import TwilioMessenger
from workers.providers.twilio_transport import TwilioTransport

ATTEMPT = UUID("0198c5a2-7f00-7000-8000-000000000001")
NUMBER, BODY = "+37251234123", "Hi Zoë & co, 100 % 😀\nBye + bye"
MESSAGE = Message(
    attempt_id=ATTEMPT,
    to=NUMBER,
    body=BODY,
    status_callback=callback_url("https://volley.example", ATTEMPT, "k" * 32),
    validity_seconds=14_400,
)
SENDER = "+15005550006"
KEY = "SK" + "3" * 32
Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


@dataclass(frozen=True, slots=True)
class Twilio:
    """The simulator's address and its knobs."""

    url: str
    world: World


@contextmanager
def simulator() -> Iterator[Twilio]:
    """A simulator whose texts stay as they are and whose numbers have no fates."""
    app = create_twilio(callbacks=False, digits=False, api_keys={KEY: "key-secret"}, pace=1000)
    with serve(app) as url:
        yield Twilio(url, app.state.world)
    _are_as_described(app.state.world.requests)


def _are_as_described(requests: Sequence[Request]) -> None:
    """Whatever a test asked, it asked as Twilio's description says (where that is at hand)."""
    if DESCRIPTION.exists():
        for request in {repr(request): request for request in requests}.values():
            assert_valid_request(request)


@asynccontextmanager
async def messenger_at(
    url: str, *, seconds: float = 30, connections: int = 10
) -> AsyncIterator[TwilioMessenger]:
    """A messenger that talks to `url` and is closed afterwards."""
    transport = TwilioTransport(url=url, timeout=seconds, connections=connections)
    messenger = TwilioMessenger(transport)
    try:
        yield messenger
    finally:
        await messenger.aclose()


async def error_of(wait: Awaitable[object]) -> ProviderError:
    """The error that a call ends with."""
    with pytest.raises(ProviderError) as caught:
        await wait
    return caught.value


def from_number(account: Account, sender: str = SENDER) -> Account:
    """The account without its Messaging Service."""
    return replace(account, messaging_service_sid="", sender=sender)


async def sids(
    messenger: TwilioMessenger,
    *,
    account: Account = ACCOUNT,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[str]:
    """What a look-up of our text finds."""
    now = datetime.now(UTC)
    reports = await messenger.find(
        account,
        to=NUMBER,
        body=BODY,
        since=since or now - timedelta(minutes=1),
        until=until or now + timedelta(minutes=1),
    )
    return [report.sid for report in reports]


@asynccontextmanager
async def a_server(
    answers: Callable[[Reader, Writer], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that treats each connection as it is told and then closes it."""

    async def treat(reader: Reader, writer: Writer) -> None:
        try:
            await answers(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(treat, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def hold(reader: Reader, writer: Writer) -> None:
    """Reads for ever and says nothing."""
    while await reader.read(1024):
        pass


async def whole_request(reader: Reader) -> bytes:
    """One request with its body; b"" at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return head + await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return b""
