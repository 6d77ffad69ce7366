"""A Twilio on loopback: creates, fetches and lists texts, and posts signed receipts.

It shares no line with the app or with Twilio's SDK, so that two implementations must agree.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from tests.simulators import twilio_outbox, twilio_prices, twilio_replies, twilio_senders
from tests.simulators.twilio_api import create, fetch, list_texts, lost
from tests.simulators.twilio_phonebook import Phonebook
from tests.simulators.twilio_texts import API
from tests.simulators.twilio_world import World

LOOK = 0.05  # so often, in seconds, it looks how late it is

NOT_SIMULATED = """\
Not simulated: real phones and carriers, how long and how much a sender queues,
XML answers, scheduling, media, templates, WhatsApp sessions,
Advanced Opt-Out, OAuth logins, subaccounts, webhook retries after this program ends."""


def create_twilio(
    *,
    account_sid: str = "AC" + "1" * 32,
    auth_token: str = "demo-auth-token-0123456789abcdef",
    api_keys: dict[str, str] | None = None,
    senders: Collection[str] = ("+37255500001",),
    messaging_services: Collection[str] = ("MG" + "2" * 32,),
    pace: float = 1.0,
    latency: float = 0,
    log: Path | None = None,
    rate: float = 0,
    digits: bool = True,
    callbacks: bool = True,
    inbound: str = "",
) -> Starlette:
    """The server; its `state.world` is what tests look at and turn.

    `pace` scales the delay of every receipt (0: at once); `rate` parts a second leave each sender
    (0: all at once). `digits` lets the last two digits of a
    number decide its fate. `inbound` is where a phone's reply is posted.
    """
    world = World(
        account_sid=account_sid,
        auth_token=auth_token,
        api_keys=api_keys or {},
        senders=senders,
        services=messaging_services,
        log=log,
    )
    world.inbound = inbound
    world.pace, world.latency, world.digits, world.callbacks = pace, latency, digits, callbacks
    world.rate = rate
    app = Starlette(routes=_routes(), lifespan=_lifespan, exception_handlers={HTTPException: lost})
    app.state.world = world
    return app


def _routes() -> list[Route]:
    messages = API + "/Accounts/{account}/Messages"
    return [
        Route(f"{messages}.json", create, methods=["POST"]),
        Route(f"{messages}.json", list_texts, methods=["GET"]),
        Route(messages + "/{sid}.json", fetch, methods=["GET"]),
        *twilio_senders.ROUTES,
        *twilio_prices.ROUTES,
        *twilio_outbox.ROUTES,
        *twilio_replies.ROUTES,
    ]


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    watching = asyncio.create_task(_watch_the_lag(app.state.world))
    yield
    watching.cancel()
    await app.state.world.poster.close()


async def _watch_the_lag(world: World) -> None:
    """On a busy machine a request is read later than it came."""
    while True:
        due = time.monotonic() + LOOK
        await asyncio.sleep(LOOK)
        world.lag = max(time.monotonic() - due, world.lag * 0.9)


# ---------------------------------------------------------------- as a program


def main(arguments: list[str] | None = None) -> None:
    """`python -m tests.simulators.twilio --port 8010`"""
    options = _options(arguments)
    app = create_twilio(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        api_keys=dict(key.split(":", 1) for key in options.api_key),
        senders=options.sender or ("+37255500001",),
        messaging_services=options.messaging_service or ("MG" + "2" * 32,),
        pace=options.pace,
        latency=options.latency,
        log=options.log,
        rate=options.rate,
        digits=options.digits,
        callbacks=options.callbacks,
        inbound=options.inbound,
    )
    world: World = app.state.world
    world.phonebook = Phonebook(options.phonebook)
    world.requests = deque(maxlen=1000)  # a long run must not fill the memory
    world.list_lag, world.lose = options.list_lag, options.lose
    world.price_lag = options.price_lag
    print(NOT_SIMULATED, flush=True)
    print(f"Twilio simulator on http://{options.host}:{options.port}/", flush=True)
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))  # uvicorn repeats the signal when it is done
    uvicorn.Server(config).run()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="twilio", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account-sid", default="AC" + "1" * 32)
    parser.add_argument("--auth-token", default="demo-auth-token-0123456789abcdef")
    parser.add_argument("--api-key", action="append", default=[], metavar="SK…:SECRET")
    parser.add_argument("--from", action="append", dest="sender", metavar="+E164")
    parser.add_argument("--messaging-service", action="append", metavar="MG…")
    parser.add_argument("--pace", type=float, default=1.0, help="scales the delay of receipts")
    parser.add_argument("--rate", type=float, default=0.0, help="parts a second of each sender")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per create")
    parser.add_argument("--list-lag", type=float, default=0.0, help="seconds until it is listed")
    parser.add_argument(
        "--price-lag", type=float, default=0.0, help="seconds until a sent text has a price"
    )
    parser.add_argument(
        "--lose", type=float, default=0.0, help="the share of receipts that is lost"
    )
    parser.add_argument("--log", type=Path, help="one JSON line per accepted text")
    parser.add_argument("--inbound", default="", help="where replies are posted")
    parser.add_argument("--phonebook", default="", help="where phones' names are asked for")
    parser.add_argument("--no-digits", dest="digits", action="store_false")
    parser.add_argument("--no-callbacks", dest="callbacks", action="store_false")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
