"""A sender at work on a real ledger, with whatever Twilio a test wants."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT
from tests.office import Office
from workers.ports.outside import Account
from workers.sender import Sender
from workers.store.figures import PgFigures


@dataclass(slots=True)
class Counted:
    """One of the sender's ports; counts what is asked of it, and fails when told to."""

    inner: Any
    calls: Counter[str]
    failing: int = 0

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            if self.failing:
                self.failing -= 1
                raise ConnectionError
            return await getattr(self.inner, name)(*args, **kwargs)

        return call


@dataclass(slots=True)
class PostRoom:
    """The sender and what it asks of the ledger."""

    sender: Sender
    claims: Counted
    ledger: Counted
    task: asyncio.Task[None]


@contextlib.asynccontextmanager
async def a_post_room(
    office: Office, messenger: Any, *, account: Account | None = ACCOUNT, **settings: Any
) -> AsyncIterator[PostRoom]:
    """A sender that works until the block ends."""
    claims = Counted(office.claims, Counter())
    ledger = Counted(office.ledger, Counter())
    runtime = replace(
        a_runtime(Ledger(), Door(account=account), **settings),
        claims=claims,
        ledger=ledger,
        decisions=office.decisions,
        finding=office.finding,
        figures=PgFigures(office.pool),
        messenger=messenger,
    )
    sender = Sender(runtime)
    task = asyncio.get_running_loop().create_task(sender.run())
    try:
        yield PostRoom(sender, claims, ledger, task)
    finally:
        await sender.drain(seconds=5)
        await task


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> float:
    """How many seconds it took until `condition()`."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not condition():
        assert loop.time() - begun < seconds, "it did not happen in time"
        await asyncio.sleep(0.01)
    return loop.time() - begun
