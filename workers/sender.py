"""The sender: one loop per worker process that claims, posts and records until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import socket
import time
from collections.abc import Sequence
from uuid import UUID

import psycopg
import structlog

from workers.boottime import boottime
from workers.grouping import Grouped
from workers.pace import Pace
from workers.ports.outside import Account
from workers.ports.runtime import Runtime
from workers.ports.sending import Answer, Claimed, Runnable
from workers.stages.resolve import resolve
from workers.stages.send import Outcome, post, write_text

#: Idle, the database is looked at this often: holds that ended, back-off, lost rings.
IDLE_SECONDS = 1.0
AT_ONCE = 50
RESOLVES_AT_ONCE = 4
NO_ACCOUNT = "no_account"
BROKEN_SECONDS = 30.0
#: The database is away, or was made read-only by a failover: the same answers are written again.
AWAY = (psycopg.OperationalError, psycopg.InternalError, OSError)
RECORD_AGAIN = (0.1, 0.3, 1.0, 2.0)  # then every 2 s: an answer is never dropped

log = structlog.get_logger()


class Sender:
    """Sends for every runnable batch, the one served least recently first."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wake = asyncio.Event()
        self._paces: dict[str, Pace] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self._resolves: dict[UUID, asyncio.Task[None]] = {}
        self._stopping = False
        self._answers: Grouped[Answer] = Grouped(self._record, seconds=0.05, most=50)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._resting: dict[int, float] = {}  # companies whose account wants a pause, until when
        self._ended = asyncio.Event()
        self._ended.set()
        self._looked_at = 0.0

    def wake(self) -> None:
        """There may be something to do (from the loop's own thread)."""
        self._wake.set()

    async def run(self) -> None:
        """Until `drain`."""
        self._ended.clear()
        try:
            while not self._stopping:
                self._wake.clear()
                if not await self._look():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), await self._idle_seconds())
        finally:
            self._ended.set()

    async def _look(self) -> bool:
        """Whether there may be more to do at once."""
        try:
            busy = await self._round()
            if time.monotonic() - self._looked_at >= IDLE_SECONDS:
                self._looked_at = time.monotonic()
                await self._runtime.figures.looked("sender")
                await self._resolve_lost()
        except Exception as error:  # the database is away: look again, whatever it was
            log.warning("sender_round_failed", error=type(error).__name__)
            return False
        return busy

    async def _idle_seconds(self) -> float:
        """Until the next look, or until a hold ends: after Undo's time the texts leave at once."""
        try:
            return await self._runtime.claims.next_hold(within=IDLE_SECONDS)
        except AWAY:
            return IDLE_SECONDS

    async def drain(self, *, seconds: float = 20) -> None:
        """Claims nothing more, lets what is on the wire be answered, records it."""
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):  # what is not recorded by then is looked up
            async with asyncio.timeout(seconds):
                # A claim that was being made becomes posts that are waited for.
                await self._ended.wait()
                if left := self._posts | set(self._resolves.values()):
                    await asyncio.wait(left)
                await self._answers.close()

    async def _round(self) -> bool:
        """One turn over the runnable batches; whether anybody was claimed."""
        busy = False
        now = time.monotonic()
        self._resting = {who: until for who, until in self._resting.items() if until > now}
        for runnable in await self._runtime.claims.runnable(resting=self._resting.keys()):
            if self._stopping:
                break
            busy = await self._serve_or_rest(runnable) or busy
        return busy

    async def _serve_or_rest(self, runnable: Runnable) -> bool:
        """A batch that breaks rests for a while: it must not keep all others waiting."""
        try:
            return await self._serve(runnable)
        except Exception as error:
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
        pace = self._pace(account)
        if pace.blocked_until > time.monotonic():
            self._resting[runnable.company_id] = pace.blocked_until
            return False
        free = min(AT_ONCE, pace.free(runnable.batch_id, time.monotonic()))
        if free < 1:
            return False
        # Before the commit, not after: a process may be stopped between the commit and its answer.
        committed_at = boottime()
        claimed = await self._runtime.claims.claim(
            runnable.batch_id,
            account_sid=account.account_sid,
            sender=account.origin,
            limit=free,
            worker=self._name,
            render=write_text,
        )
        pace.took(runnable.batch_id, len(claimed))
        for person in claimed:
            self._start(self._send(account, pace, person, committed_at))
        return bool(claimed)

    def _pace(self, account: Account) -> Pace:
        return self._paces.setdefault(
            account.account_sid, Pace(most=self._runtime.settings.in_flight)
        )

    def _start(self, sending: asyncio._CoroutineLike[None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._posts.add(task)
        task.add_done_callback(self._posted)

    def _posted(self, task: asyncio.Task[None]) -> None:
        self._posts.discard(task)
        if not task.cancelled() and task.exception() is not None:  # a bug; the watch looks it up
            log.error("post_crashed", error=type(task.exception()).__name__)

    async def _send(
        self, account: Account, pace: Pace, claimed: Claimed, committed_at: float
    ) -> None:
        try:
            outcome = await post(self._runtime, account, claimed, committed_at=committed_at)
        finally:
            pace.gave(claimed.batch_id)
        try:
            await self._heed(pace, outcome)
        finally:  # whatever became of the pause, the answer is kept
            await self._answers.add(outcome.answer)
        self._wake.set()

    async def _heed(self, pace: Pace, outcome: Outcome) -> None:
        batch_id = outcome.answer.batch_id
        if outcome.answer.sid is not None:
            pace.succeeded(batch_id)
            self._wake.set()
        elif outcome.slower and outcome.answer.stops is None:
            now = time.monotonic()
            was_blocked = pace.blocked_until > now
            seconds = pace.slower(batch_id, wait=outcome.wait, now=now)
            if not was_blocked:  # once per trouble, not once per text
                await self._runtime.claims.back_off(batch_id, seconds=seconds)

    async def _record(self, answers: Sequence[Answer]) -> None:
        """Durable, however long the database is away: nobody else knows these answers.

        Anything else is one that never can be written: `Grouped` tells its neighbours apart.
        """
        for turn in itertools.count():
            try:
                await self._runtime.ledger.answer(answers)
                return
            except AWAY as error:
                log.warning(
                    "answers_not_recorded", error=type(error).__name__, answers=len(answers)
                )
                await asyncio.sleep(RECORD_AGAIN[min(turn, len(RECORD_AGAIN) - 1)])

    async def _resolve_lost(self) -> None:
        """People whose ring was lost, or who had to wait, are found without one."""
        for batch_id in await self._runtime.finding.due(limit=RESOLVES_AT_ONCE):
            if batch_id not in self._resolves and len(self._resolves) < RESOLVES_AT_ONCE:
                finding = resolve(self._runtime, batch_id, stop=lambda: self._stopping)
                task = asyncio.get_running_loop().create_task(finding)
                self._resolves[batch_id] = task
                task.add_done_callback(functools.partial(self._resolved, batch_id))

    def _resolved(self, batch_id: UUID, task: asyncio.Task[None]) -> None:
        del self._resolves[batch_id]
        if not task.cancelled() and task.exception() is not None:  # its lease ends, then again
            log.error("resolve_crashed", error=type(task.exception()).__name__)
