"""The claim: a batch's gate, its people's attempts and the guard of their numbers in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import uuid_utils.compat as ids

from workers.domain.rules import Rules, chosen
from workers.ports.sending import Claimed, Render, Runnable
from workers.store import claim_rules
from workers.store.caps import KEEP, Granted, reserve, wait_for_tomorrow
from workers.store.claims_sql import (
    ATTEMPTS,
    BACK_OFF,
    GATE,
    HEAD,
    LEASE,
    LOCK,
    NEXT_HOLD,
    ON_THE_WIRE,
    RUNNABLE,
    SENDING,
    SETTLE,
    SKIP,
    STILL,
    TAKE,
    UNPROVEN,
)
from workers.store.database import Connection, Pool, Row, again, array, one, rows, write
from workers.store.suppressions import reasons_of
from workers.store.waits import defer, rest


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one claim came to; `asleep` = zones in which it is night, and when the day begins."""

    claimed: Sequence[Claimed] = ()
    left_out: int = 0
    asleep: Mapping[str | int, datetime] = field(default_factory=dict)
    is_empty: bool = False  # nobody was there to be taken
    spent: Granted | None = None  # the company's texts of the day are used up


class PgClaims:
    """Takes people for sending.

    `keys` are the secret keys, `rules` those of companies that chose none, the others settings.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        keys: Sequence[str],
        rules: Rules,
        guard_seconds: float,
        claim_seconds: float,
        send_within: timedelta,
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._defaults = rules
        self._guard = guard_seconds
        self._lease = claim_seconds
        self._send_within = send_within

    async def runnable(
        self, *, resting: Collection[int] = (), limit: int = 50
    ) -> Sequence[Runnable]:
        async with self._pool.connection() as connection:
            found = await rows(connection, RUNNABLE, limit=limit, resting=list(resting))
        return [Runnable(row["id"], row["company_id"]) for row in found]

    async def next_hold(self, *, within: float) -> float:
        async with self._pool.connection() as connection:
            found = await rows(connection, NEXT_HOLD, within=within)
        return float(found[0]["seconds"])

    async def back_off(self, batch_id: UUID, *, seconds: float) -> None:
        async with self._pool.connection() as connection:
            await write(connection, BACK_OFF, id=batch_id, seconds=seconds)

    async def lease(self, account_sid: str, *, seconds: float) -> float:
        async with self._pool.connection() as connection:
            (row,) = await rows(connection, LEASE, account_sid=account_sid, seconds=seconds)
        return 0.0 if row["is_leased"] else max(float(row["seconds"] or 0), 0.01)

    async def settle(self, account_sid: str, *, seconds: float) -> None:
        async with self._pool.connection() as connection:
            await write(connection, SETTLE, account_sid=account_sid, seconds=seconds)

    async def claim(
        self,
        batch_id: UUID,
        *,
        account_sid: str,
        sender: str,
        limit: int,
        worker: str,
        render: Render,
    ) -> Sequence[Claimed]:
        origin = (account_sid, sender, worker)
        while True:
            turn = await self._claim(batch_id, origin, limit, render)
            if turn.asleep or turn.is_empty or turn.spent:
                await self._wait(batch_id, turn)
            if turn.claimed or not (turn.left_out or turn.asleep):
                return list(turn.claimed)  # a whole group left out: the next one is tried at once

    async def still(
        self, batch_id: UUID, attempts: Sequence[UUID], *, within: float
    ) -> Collection[UUID]:
        given = {"id": batch_id, "attempts": array(attempts), "within": within}
        async with self._pool.connection() as connection:
            return {row["id"] for row in await rows(connection, STILL, **given)}

    @again
    async def _claim(
        self, batch_id: UUID, origin: tuple[str, str, str], limit: int, render: Render
    ) -> _Turn:
        """Two round trips; the batch's row is locked in the last only."""
        async with (
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            head, people = await self._take(connection, batch_id, limit)
            if head is None or not people:
                return _Turn(is_empty=head is not None)
            if head["proven_at"] is None:
                people = people[: await self._room(connection, batch_id)]
            rules = chosen(head["rules"], self._defaults)
            if head["test_of"] is not None:  # its rep is awake: they asked for it just now
                rules = replace(rules, quiet=None)
            windows = claim_rules.windows(people, rules, head["now"])
            asleep = claim_rules.asleep(people, windows, head["now"])
            if asleep or not people:  # a gate passed in vain would end the time for Undo
                return _Turn(asleep=asleep)
            reasons = claim_rules.ruled_out(people, windows, rules)
            reasons |= await self._known(connection, head, people)
            wanted = []
            for row in people:
                body, reason = render(head["body"], row["fields"])
                if reason or row["id"] in reasons:
                    reasons.setdefault(row["id"], reason or "")
                    continue
                seconds = claim_rules.seconds_left(head, windows[row["id"]])
                wanted.append(_claimed(batch_id, row, body, seconds))
            granted = await reserve(connection, batch_id, head, rules, len(wanted))
            if wanted and not granted.texts:
                return _Turn(spent=granted)
            wanted = wanted[: granted.texts]
            given = self._given(batch_id, head, wanted, origin)
            given |= {"cap_day": granted.day, "reserved": granted.texts}
            given |= {"left_out": array(reasons), "reasons": array(reasons.values())}
            given["hours"] = rules.guard_hours
            given["chosen"] = array(row["id"] for row in people if row["override"])
            await connection.execute(GATE, given)
            made = await connection.execute(ATTEMPTS, given)
            for sql in (SENDING, *([SKIP] if reasons else []), *([KEEP] if granted.day else [])):
                await connection.execute(sql, given)
        made_for = {row["recipient_id"] for row in await made.fetchall()}
        claimed = [person for person in wanted if person.recipient_id in made_for]
        return _Turn(claimed, left_out=len(people) - len(claimed))

    @again
    async def _wait(self, batch_id: UUID, turn: _Turn) -> None:
        """Puts people to sleep where it is night, or the batch where nobody may be texted now."""
        within = self._send_within
        async with self._pool.connection() as connection, connection.transaction():
            if turn.asleep:
                await defer(connection, batch_id, turn.asleep, send_within=within)
            elif turn.spent:
                await wait_for_tomorrow(connection, batch_id, turn.spent, send_within=within)
            else:
                await rest(connection, batch_id)

    async def _take(
        self, connection: Connection, batch_id: UUID, limit: int
    ) -> tuple[Row | None, Sequence[Row]]:
        found = await connection.execute(HEAD, {"id": batch_id})
        people = await rows(connection, TAKE, id=batch_id, limit=limit)
        return await found.fetchone(), people

    async def _room(self, connection: Connection, batch_id: UUID) -> int:
        """How many may be taken before the account has taken one; of all claims one at a time."""
        await connection.execute(LOCK, {"id": batch_id})
        wire = await one(connection, ON_THE_WIRE, id=batch_id)
        return max(0, UNPROVEN - (wire["n"] if wire else 0))

    async def _known(
        self, connection: Connection, head: Row, people: Sequence[Row]
    ) -> dict[int, str]:
        """Who must not be texted after all: opted out, or a landline."""
        if all(row["known"] != "" for row in people):
            return {row["id"]: row["known"] for row in people if row["known"]}
        place = {"company_id": head["company_id"], "channel": head["channel"]}
        numbers = [row["number"] for row in people]
        known = await reasons_of(connection, self._keys, numbers, **place)
        return {row["id"]: known[row["number"]] for row in people if row["number"] in known}

    def _given(
        self, batch_id: UUID, head: Row, wanted: Sequence[Claimed], origin: tuple[str, str, str]
    ) -> dict[str, object]:
        """What the statements from the gate on need."""
        account_sid, sender, worker = origin
        hashes = (hashlib.sha256(person.body.encode()).hexdigest() for person in wanted)
        return {
            "id": batch_id,
            "company_id": head["company_id"],
            "confirmed_at": head["confirmed_at"],
            "proven_at": head["proven_at"],
            "recipients": array(person.recipient_id for person in wanted),
            "ids": array(person.attempt_id for person in wanted),
            "numbers": array(person.number for person in wanted),
            "hashes": array(hashes),
            "account_sid": account_sid,
            "sender": sender,
            "worker": worker,
            "guard": self._guard,
            "lease": self._lease,
        }


def _claimed(batch_id: UUID, row: Row, body: str, seconds: float) -> Claimed:
    return Claimed(
        recipient_id=row["id"],
        batch_id=batch_id,
        attempt_id=ids.uuid7(),
        number=row["number"],
        body=body,
        seconds_left=seconds,
    )
