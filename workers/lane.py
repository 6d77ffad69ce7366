"""One account's lane in one process: claimed people wait for a free hand, and hands post."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from workers.boottime import boottime
from workers.pace import Pace
from workers.ports.outside import Account
from workers.ports.runtime import Runtime
from workers.ports.sending import Claimed
from workers.stages.send import CLAIM_SECONDS, Outcome, post, unposted

#: Who waited so long for a hand goes back and is claimed again: the account got slower. What is left
#: of the time to post is for a connection, whose delay would count as trouble of the account's.
WAIT_SECONDS = 0.75
#: A claim that took longer is looked at once more: a database that is always slow would have
#: everybody go back, again and again, and nobody would ever be texted.
SLOW_SECONDS = 0.5

log = structlog.get_logger()


class Lane:
    """Hands are tasks that post one person after the other, so that none is made per person.

    `answered` keeps an outcome; it must not raise.
    """

    def __init__(
        self, runtime: Runtime, pace: Pace, answered: Callable[[Pace, Outcome], Awaitable[None]]
    ) -> None:
        self.pace = pace
        self.parts_each = 1.0  # of the texts claimed last
        self.hands: set[asyncio.Task[None]] = set()
        self._runtime = runtime
        self._answered = answered
        self._waiting: deque[tuple[Account, Claimed, float]] = deque()

    async def take(
        self, account: Account, claimed: Sequence[Claimed], *, committed_at: float
    ) -> None:
        """These are posted as soon as hands are free; `committed_at` of CLOCK_BOOTTIME."""
        if claimed and boottime() - committed_at > SLOW_SECONDS:
            committed_at = boottime()  # what the database says is true from here on
            claimed = await self._still(claimed)
        self._waiting.extend((account, person, committed_at) for person in claimed)
        loop = asyncio.get_running_loop()
        for _ in range(min(len(self._waiting), int(self.pace.limit) - len(self.hands))):
            hand = loop.create_task(self._work())
            self.hands.add(hand)
            hand.add_done_callback(self.hands.discard)

    async def _still(self, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
        """Who may be posted as if claimed just now; the others go back."""
        attempts = [person.attempt_id for person in claimed]
        try:
            still = await self._runtime.claims.still(
                claimed[0].batch_id, attempts, within=CLAIM_SECONDS
            )
        except Exception as error:  # the database is away, whatever it was
            log.warning("claim_not_looked_at", error=type(error).__name__)
            still = ()
        for person in claimed:
            if person.attempt_id not in still:
                await self._give(unposted(person))
        return [person for person in claimed if person.attempt_id in still]

    async def put_back(self, *, after: float = WAIT_SECONDS) -> None:
        """Who has waited longer is not posted this time."""
        while self._waiting and boottime() - self._waiting[0][2] >= after:
            _, claimed, _ = self._waiting.popleft()
            await self._give(unposted(claimed))

    async def _work(self) -> None:
        while self._waiting and len(self.hands) <= self.pace.limit:
            account, claimed, committed_at = self._waiting.popleft()
            begun = time.monotonic()
            is_old = boottime() - committed_at >= WAIT_SECONDS  # it may have been stopped since
            if is_old or begun < self.pace.blocked_until:
                await self._give(unposted(claimed))
                continue
            try:
                outcome = await post(self._runtime, account, claimed, committed_at=committed_at)
            except Exception as error:  # a bug; its attempt is looked up
                self.pace.gave(claimed.batch_id)
                log.error("post_crashed", error=type(error).__name__)
                continue
            if outcome.answer.sid is not None:
                self.pace.succeeded(claimed.batch_id, seconds=time.monotonic() - begun)
            await self._give(outcome)

    async def _give(self, outcome: Outcome) -> None:
        self.pace.gave(outcome.answer.batch_id)
        await self._answered(self.pace, outcome)
