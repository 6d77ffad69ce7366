"""A sender at work on a real ledger, with whatever Twilio a test wants."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT
from tests.office import Office
from workers.domain.errors import Away
from workers.marks import NoMarks
from workers.ports.outside import Account
from workers.ports.reading import BatchView
from workers.ports.restoring import Marks
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
                raise Away
            return await getattr(self.inner, name)(*args, **kwargs)

        return call


class _NobodyLost:
    """A sender also finds people whose ring was lost: not those that a test is just finding."""

    async def due(self, *, limit: int) -> list[UUID]:
        return []


@dataclass(slots=True)
class PostRoom:
    """The sender and what it asks of the ledger."""

    sender: Sender
    claims: Counted
    ledger: Counted
    task: asyncio.Task[None]


@contextlib.asynccontextmanager
async def a_post_room(
    office: Office,
    messenger: Any,
    *,
    account: Account | None = ACCOUNT,
    marks: Marks | None = None,
    **settings: Any,
) -> AsyncIterator[PostRoom]:
    """A sender that works until the block ends."""
    claims = Counted(office.claims, Counter())
    ledger = Counted(office.ledger, Counter())
    runtime = replace(
        a_runtime(Ledger(), Door(account=account), **settings),
        claims=claims,
        ledger=ledger,
        decisions=office.decisions,
        finding=_NobodyLost(),  # type: ignore[arg-type] # a sender asks nothing else
        restoring=office.restoring,
        marks=marks or NoMarks(),
        figures=PgFigures(office.pool),
        messenger=messenger,
    )
    sender = Sender(runtime)
    task = asyncio.get_running_loop().create_task(sender.run())
    try:
        yield PostRoom(sender, claims, ledger, task)
    finally:
        await sender.drain(seconds=30)
        await task


async def until_view(
    office: Office, batch_id: UUID, condition: Callable[[BatchView], object]
) -> BatchView:
    """The batch once `condition(view)`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 30
    while not condition(view := await office.view(batch_id)):
        assert loop.time() < end, f"still {view.life} {view.counts}"
        await asyncio.sleep(0.02)
    return view


async def until_states(office: Office, batch_id: UUID, wanted: dict[str, int]) -> None:
    """Returns once so many people of the batch are in these states, and nobody in others."""
    await until_view(office, batch_id, lambda view: view.counts.by_state == wanted)


async def until(condition: Callable[[], bool], *, seconds: float = 30) -> float:
    """How many seconds it took until `condition()`."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not condition():
        assert loop.time() - begun < seconds, "it did not happen in time"
        await asyncio.sleep(0.01)
    return loop.time() - begun
