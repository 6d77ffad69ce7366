"""A worker that dies at one named point: `dramatiq tests.chaos.worker_at:broker`.

Production holds no such points. This entry wraps the ports that the real sender works with, and the
real sender, ledger and messenger do the rest.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import dramatiq
import uvloop
from dramatiq.middleware import Middleware

from workers.actors import declare
from workers.broker import WorkerLife, make_broker
from workers.logs import configure
from workers.ports.outside import Account, Fields, Message, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Answer, Claimed
from workers.runtime import open_runtime
from workers.settings import Settings


@dataclass(slots=True)
class Fate:
    """Which point, at which time it is reached; a note says whom it hit. `""` = a long life."""

    point: str
    left: int
    notes: str

    def reach(self, point: str, attempts: Sequence[UUID] = ()) -> None:
        """Ends the whole group, Dramatiq's master too, as kill -9 does."""
        if point != self.point:
            return
        self.left -= 1
        if self.left <= 0:
            with open(self.notes, "a") as notes:
                notes.write("".join(f"{point} {attempt}\n" for attempt in attempts))
            os.killpg(0, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A port, with points around one of its methods; the rest is the port's own."""

    inner: Any
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Claims(Wrapped):
    """before_claim · claim_open (in the transaction) · claimed (behind its commit)."""

    async def claim(self, batch_id: UUID, *, render: Any, **given: Any) -> Sequence[Claimed]:
        def open_render(body: str, fields: Fields) -> tuple[str, str | None]:
            self.fate.reach("claim_open")
            return render(body, fields)  # type: ignore[no-any-return]  # the sender's own

        self.fate.reach("before_claim")
        claimed: Sequence[Claimed] = await self.inner.claim(batch_id, render=open_render, **given)
        if claimed:
            self.fate.reach("claimed", [one.attempt_id for one in claimed])
        return claimed


class Messenger(Wrapped):
    """before_post · answered."""

    async def send(self, account: Account, message: Message) -> Report:
        self.fate.reach("before_post", [message.attempt_id])
        report: Report = await self.inner.send(account, message)
        self.fate.reach("answered", [message.attempt_id])
        return report


class Ledger(Wrapped):
    """before_record · recorded."""

    async def answer(self, answers: Sequence[Answer]) -> None:
        attempts = [answer.attempt_id for answer in answers if answer.sid]
        self.fate.reach("before_record", attempts)
        await self.inner.answer(answers)
        self.fate.reach("recorded", attempts)


class Rings(Middleware):
    """rung · before_ack."""

    def __init__(self, fate: Fate) -> None:
        self.fate = fate

    def before_process_message(self, *_: object) -> None:
        self.fate.reach("rung")

    def after_process_message(self, *_: object, **__: object) -> None:
        self.fate.reach("before_ack")


def opening(fate: Fate) -> Callable[[Settings], contextlib.AbstractAsyncContextManager[Runtime]]:
    """The real runtime with points in it."""

    @contextlib.asynccontextmanager
    async def open_at(settings: Settings) -> AsyncIterator[Runtime]:
        async with open_runtime(settings) as real:
            yield replace(
                real,
                claims=Claims(real.claims, fate),
                messenger=Messenger(real.messenger, fate),
                ledger=Ledger(real.ledger, fate),
            )

    return open_at


uvloop.install()
settings = Settings()
configure(settings.log_level)
fate = Fate(os.environ["POINT"], int(os.environ["POINT_HIT"]), os.environ["POINT_NOTES"])
life = WorkerLife(settings, opening(fate))
broker = make_broker(settings, life)
broker.add_middleware(Rings(fate))
dramatiq.set_broker(broker)
actors = declare(broker, life.crew)
