"""The sender: one loop per worker process that claims, posts and records until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import time
from collections.abc import Sequence

import structlog

from workers.boottime import boottime
from workers.domain.errors import Away
from workers.domain.segments import count
from workers.domain.speed import ceiling
from workers.grouping import Grouped
from workers.lane import Lane
from workers.lost_rings import LostRings
from workers.pace import Pace
from workers.ports.outside import Account
from workers.ports.runtime import Runtime
from workers.ports.sending import Answer, Claimed, Runnable
from workers.stages.restore import notice
from workers.stages.send import Outcome, write_text
from workers.turns import Turns

#: Idle, the database is looked at this often: holds that ended, back-off, lost rings.
IDLE_SECONDS = 1.0
AT_ONCE = 100
#: Recording takes as long as a claim: of a slow database the groups must be large enough to keep up.
ANSWERS_AT_ONCE = 250
#: Under a ceiling of parts a second so much of it is leased at once: what is leased leaves at once.
LEASE_SECONDS = 0.25
NO_ACCOUNT = "no_account"
BROKEN_SECONDS = 30.0
RECORD_AGAIN = (0.1, 0.3, 1.0, 2.0)  # then every 2 s: an answer is never dropped

log = structlog.get_logger()


class Sender:
    """Sends for every runnable batch, the one served least recently first."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wake = asyncio.Event()
        self._lanes: dict[str, Lane] = {}  # by account
        self._stopping = False
        self._lost = LostRings(runtime, stop=lambda: self._stopping)
        self._turns = Turns(runtime.claims)
        self._answers: Grouped[Answer] = Grouped(self._record, seconds=0.05, most=ANSWERS_AT_ONCE)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._resting: dict[int, float] = {}  # companies whose account wants a pause, until when
        self._ended = asyncio.Event()
        self._ended.set()
        self._looked_at = 0.0

    def wake(self) -> None:
        """There may be something to do (from the loop's own thread)."""
        self._turns.forget()
        self._wake.set()

    async def run(self) -> None:
        """Until `drain`."""
        self._ended.clear()
        try:
            while not self._stopping:
                self._wake.clear()
                if not await self._look():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(
                            self._wake.wait(), await self._turns.idle_seconds(IDLE_SECONDS)
                        )
        finally:
            self._ended.set()

    async def _look(self) -> bool:
        """Whether there may be more to do at once."""
        try:
            if not self._looked_at:  # at the start, and behind an outage: this may be a copy
                await notice(self._runtime)
            busy = await self._round()
            if time.monotonic() - self._looked_at >= IDLE_SECONDS:
                self._looked_at = time.monotonic()
                await self._runtime.figures.looked("sender")
                await self._runtime.restoring.notice()
                await self._lost.look()
                for lane in self._lanes.values():
                    await lane.put_back()
        except Exception as error:  # the database is away: look again, whatever it was
            log.warning("sender_round_failed", error=type(error).__name__)
            self._looked_at = 0.0
            return False
        return busy

    async def drain(self, *, seconds: float = 20) -> None:
        """Claims nothing more, lets what is on the wire be answered, records it."""
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):  # what is not recorded by then is looked up
            async with asyncio.timeout(seconds):
                await self._ended.wait()  # a claim may be on its way
                for lane in self._lanes.values():
                    await lane.put_back(after=0)
                hands = [hand for lane in self._lanes.values() for hand in lane.hands]
                if left := [*hands, *self._lost.tasks]:
                    await asyncio.wait(left)
                await self._answers.close()

    async def _round(self) -> bool:
        """One turn over the runnable batches; whether anybody was claimed."""
        busy = False
        now = time.monotonic()
        self._resting = {who: until for who, until in self._resting.items() if until > now}
        for runnable in await self._turns.next(resting=self._resting.keys()):
            if self._stopping:
                break
            busy = await self._serve_or_rest(runnable) or busy
        return busy

    async def _serve_or_rest(self, runnable: Runnable) -> bool:
        """A batch that breaks rests for a while: it must not keep all others waiting."""
        try:
            return await self._serve(runnable)
        except Exception as error:
            self._turns.forget()
            batch = str(runnable.batch_id)
            log.error("batch_not_served", batch=batch, error=type(error).__name__)
            await self._runtime.claims.back_off(runnable.batch_id, seconds=BROKEN_SECONDS)
            return False

    async def _serve(self, runnable: Runnable) -> bool:
        account = await self._runtime.accounts.of(runnable.company_id)
        if account is None:
            decisions = self._runtime.decisions
            await decisions.pause(runnable.batch_id, by=None, reason="account", code=NO_ACCOUNT)
            return False
        lane = self._lane(account)
        now = time.monotonic()
        if lane.pace.blocked_until > now:
            self._resting[runnable.company_id] = lane.pace.blocked_until
            return False
        wanted = min(AT_ONCE, lane.pace.wanted(runnable.batch_id, now))
        wanted, leased = await self._leased(lane, account, runnable, wanted)
        if not wanted:
            return False
        # Before the commit, not after: a process may be stopped between the commit and its answer.
        committed_at = boottime()
        claimed = await self._runtime.claims.claim(
            runnable.batch_id,
            account_sid=account.account_sid,
            sender=account.origin,
            limit=wanted,
            worker=self._name,
            render=write_text,
        )
        lane.pace.took(runnable.batch_id, len(claimed))
        await lane.take(account, claimed, committed_at=committed_at)
        if leased:
            await self._settle(lane, account, claimed, leased)
        if len(claimed) < wanted:  # it has nobody left, or was stopped
            self._turns.forget()
        return len(claimed) == wanted and lane.pace.wanted(runnable.batch_id, now) > 0

    async def _leased(
        self, lane: Lane, account: Account, runnable: Runnable, wanted: int
    ) -> tuple[int, float]:
        """How many may be claimed under the account's ceiling, and the seconds leased for them."""
        a_second = self._ceiling(account)
        if not wanted or not a_second:
            return wanted, 0.0
        wanted = min(wanted, max(1, int(a_second * LEASE_SECONDS / lane.parts_each)))
        seconds = wanted * lane.parts_each / a_second
        wait = await self._runtime.claims.lease(account.account_sid, seconds=seconds)
        if not wait:
            return wanted, seconds
        await self._runtime.claims.back_off(runnable.batch_id, seconds=wait)
        self._resting[runnable.company_id] = time.monotonic() + wait
        asyncio.get_running_loop().call_later(wait + 0.01, self._wake.set)
        return 0, 0.0

    async def _settle(
        self, lane: Lane, account: Account, claimed: Sequence[Claimed], leased: float
    ) -> None:
        parts = sum(count(person.body).segments for person in claimed)
        if claimed:
            lane.parts_each = parts / len(claimed)
        more = parts / self._ceiling(account) - leased
        await self._runtime.claims.settle(account.account_sid, seconds=more)

    def _ceiling(self, account: Account) -> float:
        most = self._runtime.settings.twilio_parts_a_second
        return ceiling(agreed=account.parts_a_second, most=most)

    def _lane(self, account: Account) -> Lane:
        lane = self._lanes.get(account.account_sid)
        if lane is None:
            pace = Pace(most=self._runtime.settings.in_flight)
            lane = self._lanes[account.account_sid] = Lane(self._runtime, pace, self._answered)
        return lane

    async def _answered(self, pace: Pace, outcome: Outcome) -> None:
        """Keeps the answer, whatever becomes of the rest."""
        answer, now = outcome.answer, time.monotonic()
        self._answers.put(answer, is_urgent=pace.is_first(answer.batch_id))
        is_silent = answer.state == "unconfirmed" and pace.lose()
        if is_silent or (outcome.slower and answer.stops is None):
            await self._slow_down(pace, outcome, now)
        if pace.wanted(answer.batch_id, now):
            self._wake.set()

    async def _slow_down(self, pace: Pace, outcome: Outcome, now: float) -> None:
        was_blocked = pace.blocked_until > now
        batch_id, wait = outcome.answer.batch_id, outcome.wait
        seconds = pace.slower(batch_id, wait=wait, concurrent=outcome.concurrent, now=now)
        if was_blocked:
            return  # once per trouble, not once per text
        try:
            await self._runtime.claims.back_off(batch_id, seconds=seconds)
        except Away as error:  # the page does not say why people wait, and that is all
            log.warning("back_off_not_told", error=str(error))

    async def _record(self, answers: Sequence[Answer]) -> None:
        """Durable, however long the database is away: nobody else knows these answers.

        Anything else is one that never can be written: `Grouped` tells its neighbours apart.
        """
        for turn in itertools.count():
            try:
                await self._runtime.ledger.answer(answers)
                self._wake.set()  # the first answer of a batch lets more of it out
                return
            except Away as error:
                log.warning("answers_not_recorded", error=str(error), answers=len(answers))
                await asyncio.sleep(RECORD_AGAIN[min(turn, len(RECORD_AGAIN) - 1)])
