"""After a restore: batches are held, and their people's texts are bound before anybody goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
import uuid_utils.compat as ids

from workers.domain.delivery import Cause, State, sources
from workers.ports.restoring import Held, Taken, Waiting
from workers.store.database import Pool, Row, again, one, rows, write
from workers.store.incarnation import INCARNATION

LOOK = f"SELECT known, {INCARNATION} AS now FROM (SELECT) one LEFT JOIN incarnation ON true"
ADOPT = f"INSERT INTO incarnation (known) VALUES ({INCARNATION}) ON CONFLICT DO NOTHING"
DATABASE = "SELECT known FROM incarnation"
#: A copy of the disk shows by nothing but how far it is: somebody else has seen it further.
ADVANCE = "UPDATE incarnation SET mark = mark + 1 WHERE mark >= %(seen)s RETURNING mark"
LOCK = f"SELECT known, since, mark, {INCARNATION} AS now FROM incarnation FOR UPDATE"
KNOW = f"""UPDATE incarnation SET known = {INCARNATION}, since = clock_timestamp(),
  mark = greatest(mark, %(seen)s)"""

_WAITS = """refused_reason IS NULL AND canceled_at IS NULL AND (confirmed_at IS NULL OR EXISTS (
  SELECT FROM recipients r WHERE r.batch_id = batches.id AND r.state = 'ready'))"""
LOCK_WAITING = f"SELECT id FROM batches WHERE {_WAITS} ORDER BY id FOR UPDATE"
#: A draft may have been sent since, too: its people are looked up once it is confirmed.
HOLD = """
UPDATE batches SET restored_look_at = now() + %(wait)s, restored_cursor = 0, seq = seq + 1,
  paused_at = CASE WHEN confirmed_at IS NOT NULL THEN coalesce(paused_at, now()) END,
  paused_by = NULL, pause_reason = CASE WHEN confirmed_at IS NOT NULL THEN 'restored' END,
  pause_code = CASE WHEN confirmed_at IS NOT NULL THEN 'looking' END
WHERE id = ANY(%(ids)s) RETURNING confirmed_at
"""

#: A stopped one too: whom the stop seems to have kept the text from may have it.
DUE = """
UPDATE batches SET restored_look_at = now() + %(lease)s WHERE id = (
  SELECT id FROM batches WHERE pause_reason = 'restored' AND restored_look_at <= now()
    ORDER BY restored_look_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, company_id, body, created_at, now() AS now, restored_cursor
"""
PEOPLE = """
SELECT id, number, fields FROM recipients
WHERE batch_id = %(id)s AND state = ANY(%(sources)s) AND id > %(cursor)s
ORDER BY id LIMIT %(limit)s
"""

LOCK_PEOPLE = """
SELECT id, number FROM recipients WHERE id = ANY(%(ids)s) AND state = ANY(%(sources)s)
ORDER BY id FOR UPDATE
"""
#: Whoever is found was texted: too late for Undo.
NEXT_SEQ = """
UPDATE batches SET seq = seq + 1, first_claim_at = CASE WHEN %(anybody)s
  THEN coalesce(first_claim_at, now()) ELSE first_claim_at END
WHERE id = %(id)s RETURNING seq, channel
"""
BIND = """
INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender, number, body_hash,
  state, sid, next_look_at)
SELECT id, recipient_id, %(batch_id)s, %(company_id)s, account_sid, sender, number, body_hash,
  'unconfirmed', sid, now()
FROM unnest(%(ids)s::uuid[], %(recipients)s::bigint[], %(numbers)s::text[], %(hashes)s::bytea[],
  %(sids)s::text[], %(accounts)s::text[], %(senders)s::text[])
  AS new (id, recipient_id, number, body_hash, sid, account_sid, sender)
ON CONFLICT (sid) WHERE sid IS NOT NULL DO NOTHING RETURNING id, recipient_id
"""
FOUND = """
UPDATE recipients r SET state = 'unconfirmed', reason = NULL, looking = true, attempt_id = a.id,
  seq = %(seq)s, changed_at = now()
FROM attempts a WHERE a.id = ANY(%(ids)s) AND r.id = a.recipient_id
"""
TEXTED = """
INSERT INTO texted (company_id, channel, number, recipient_id)
SELECT company_id, %(channel)s, number, recipient_id FROM attempts WHERE id = ANY(%(ids)s)
ORDER BY number ON CONFLICT (company_id, channel, number)
DO UPDATE SET recipient_id = excluded.recipient_id, texted_at = now()
"""

ON = """
UPDATE batches SET restored_cursor = %(cursor)s, restored_look_at = now()
WHERE id = %(id)s AND restored_cursor = %(was)s
"""
#: Whoever is left is to be texted when a person says so; with nobody left nothing is held.
DONE = """
UPDATE batches b SET restored_look_at = NULL, seq = b.seq + 1,
  paused_at = CASE WHEN anybody THEN b.paused_at END,
  pause_reason = CASE WHEN anybody THEN 'restored' END,
  pause_code = CASE WHEN anybody THEN 'looked' END
FROM (SELECT EXISTS (SELECT FROM recipients WHERE batch_id = %(id)s AND state = 'ready')) left_over (anybody)
WHERE b.id = %(id)s AND b.pause_reason = 'restored' AND b.restored_cursor = %(was)s
"""
LATER = """
UPDATE batches SET restored_look_at = now() + make_interval(secs => %(seconds)s)
WHERE id = %(id)s AND restored_look_at IS NOT NULL
"""

SOURCES = sources(Cause.RESTORE, State.UNCONFIRMED)

log = structlog.get_logger()


class PgRestoring:
    """Notices, holds and binds; `wait`: how long Twilio's list may lag behind what it accepted."""

    def __init__(self, pool: Pool, *, wait: timedelta) -> None:
        self._pool = pool
        self._wait = wait

    async def notice(self) -> int | None:
        async with self._pool.connection() as connection:
            seen = await one(connection, LOOK)
            assert seen is not None
            if seen["known"] is None:
                await write(connection, ADOPT)
        if seen["known"] in {None, seen["now"]}:
            return None
        return await self._hold_if(lambda row: bool(row["known"] != row["now"]))

    async def database(self) -> str:
        async with self._pool.connection() as connection:
            row = await one(connection, DATABASE)
        return str(row["known"]) if row else ""

    async def advance(self, seen: int) -> int:
        while True:
            async with self._pool.connection() as connection:
                row = await one(connection, ADVANCE, seen=seen)
            if row is not None:
                return int(row["mark"])
            await self._hold_if(lambda row: bool(row["mark"] < seen), seen=seen)

    async def hold(self) -> int:
        return await self._hold_if(lambda row: True) or 0

    async def lost(self, made: datetime) -> int | None:
        return await self._hold_if(lambda row: bool(row["since"] < made))

    @again
    async def _hold_if(self, needed: Callable[[Row], bool], *, seen: int = 0) -> int | None:
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, ADOPT)
            known = await one(connection, LOCK)
            if known is None or not needed(known):
                return None  # somebody else was faster
            waiting = [row["id"] for row in await rows(connection, LOCK_WAITING)]
            held = await rows(connection, HOLD, ids=waiting, wait=self._wait)
            await write(connection, KNOW, seen=seen)
        batches = sum(row["confirmed_at"] is not None for row in held)
        log.warning("restored", batches=batches, drafts=len(held) - batches)
        return batches

    async def due(self, *, lease: timedelta, limit: int) -> Held | None:
        async with self._pool.connection() as connection:
            batch = await one(connection, DUE, lease=lease)
            if batch is None:
                return None
            cursor = batch["restored_cursor"]
            place = {"id": batch["id"], "cursor": cursor, "limit": limit}
            people = await rows(connection, PEOPLE, **place, sources=SOURCES)
        return Held(
            batch_id=batch["id"],
            company_id=batch["company_id"],
            template=batch["body"],
            created_at=batch["created_at"],
            now=batch["now"],
            cursor=cursor,
            people=[Waiting(row["id"], row["number"], row["fields"]) for row in people],
        )

    @again
    async def bind(self, held: Held, taken: Sequence[Taken]) -> Mapping[int, UUID]:
        wanted = {one_taken.recipient_id: one_taken for one_taken in taken}
        async with self._pool.connection() as connection, connection.transaction():
            people = await rows(
                connection,
                LOCK_PEOPLE,
                ids=list(wanted),
                sources=SOURCES,
            )
            batch = await one(connection, NEXT_SEQ, id=held.batch_id, anybody=bool(people))
            assert batch is not None
            bound = await rows(
                connection,
                BIND,
                batch_id=held.batch_id,
                company_id=held.company_id,
                accounts=[wanted[row["id"]].account.account_sid for row in people],
                senders=[wanted[row["id"]].account.origin for row in people],
                ids=[ids.uuid7() for _ in people],
                recipients=[row["id"] for row in people],
                numbers=[row["number"] for row in people],
                hashes=[wanted[row["id"]].body_hash for row in people],
                sids=[wanted[row["id"]].sid for row in people],
            )
            new = {row["recipient_id"]: row["id"] for row in bound}
            await write(connection, FOUND, ids=list(new.values()), seq=batch["seq"])
            await write(connection, TEXTED, ids=list(new.values()), channel=batch["channel"])
        return new

    async def looked_up(self, held: Held) -> None:
        async with self._pool.connection() as connection:
            if held.people:
                last = held.people[-1].recipient_id
                await write(connection, ON, id=held.batch_id, cursor=last, was=held.cursor)
            else:
                await write(connection, DONE, id=held.batch_id, was=held.cursor)

    async def later(self, held: Held, *, seconds: float) -> None:
        async with self._pool.connection() as connection:
            await write(connection, LATER, id=held.batch_id, seconds=seconds)
