"""What became of attempts: answers and reports move an attempt, then its recipient, forward only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import Counter

from workers.domain.delivery import State, strongest
from workers.ports.outside import Report
from workers.ports.sending import Answer, Told
from workers.store.caps import give_back
from workers.store.database import Connection, Pool, Row, again, array, rows, write
from workers.store.learning import learn
from workers.store.mistaken import take_back
from workers.store.news import (
    LOOKED_AT,
    News,
    may_move,
    merged,
    next_look,
    number_columns,
    of_answer,
    of_report,
    receipt_columns,
    recipient_state,
)
from workers.store.releasing import RELEASE
from workers.store.stops import stop_batches
from workers.store.together import Together
from workers.store.waits import AWAKEN

UNKNOWN = Counter("volley_receipts_unknown", "Receipts with a valid k for attempts we do not have")

#: Recipients are locked first, in id order, everywhere: groups that meet cannot deadlock. The
#: attempt is locked too: whoever waited would otherwise read its state from before the wait. Ids of
#: ours are told by their place: psycopg makes a UUID of 16 bytes in Python.
LOCK = """
SELECT given.place, a.state AS attempt_state, a.sid, a.number, a.company_id, a.cap_day,
  r.id AS recipient_id, r.state, a.id = r.attempt_id AS is_current, b.id::text AS batch_id, b.channel,
  a.started_at >= coalesce(b.resumed_at, '-infinity') AS of_this_run
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS given (id, place)
  JOIN attempts a ON a.id = given.id JOIN recipients r ON r.id = a.recipient_id
  JOIN batches b ON b.id = r.batch_id
ORDER BY r.id FOR UPDATE OF r, a
"""

LOCK_BATCHES = "SELECT id FROM batches WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

NEXT_SEQ = """
UPDATE batches SET seq = seq + 1,
  proven_at = CASE WHEN id = ANY(%(proven)s) THEN coalesce(proven_at, now()) ELSE proven_at END
WHERE id = ANY(%(ids)s)
"""

MOVE = """
UPDATE recipients r SET state = new.state, reason = new.reason, looking = new.looking,
  seq = b.seq, changed_at = now()
FROM unnest(%(ids)s::bigint[], %(attempts)s::uuid[], %(sources)s::text[], %(states)s::text[],
  %(reasons)s::text[], %(looking)s::boolean[])
  AS new (id, attempt_id, source, state, reason, looking), batches b
WHERE r.id = new.id AND r.state = new.source AND r.attempt_id = new.attempt_id AND b.id = r.batch_id
"""

ATTEMPT = """
UPDATE attempts a SET state = new.state,
  -- a SID that a look-up gave to somebody else by mistake must not make this unwritable
  sid = coalesce(a.sid, CASE WHEN NOT EXISTS (SELECT FROM attempts o WHERE o.sid = new.sid)
    THEN new.sid END),
  http_status = coalesce(new.http_status, a.http_status),
  error_code = coalesce(new.error_code, a.error_code),
  request_id = coalesce(new.request_id, a.request_id),
  answered_at = coalesce(a.answered_at, now()),
  looks = CASE WHEN new.look = 'restart' THEN 0 ELSE a.looks END,
  next_look_at = CASE new.look
    WHEN 'restart' THEN CASE WHEN new.state = 'unconfirmed' THEN a.started_at + %(lookup)s
      ELSE now() + %(silence)s END
    WHEN 'now' THEN now() WHEN 'stop' THEN NULL ELSE a.next_look_at END
FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(sids)s::text[], %(https)s::int[],
  %(codes)s::text[], %(requests)s::text[], %(looks)s::text[])
  AS new (id, state, sid, http_status, error_code, request_id, look)
WHERE a.id = new.id
"""

KEEP_RECEIPTS = """
INSERT INTO receipts (attempt_id, sid, status, error_code, source, carrier_time)
SELECT * FROM unnest(%(attempts)s::uuid[], %(sids)s::text[], %(statuses)s::text[], %(codes)s::text[],
  %(sources)s::text[], %(times)s::text[])
ON CONFLICT (sid, status, error_code) DO NOTHING
"""

HINT = """
UPDATE attempts SET next_look_at = now(), sid = coalesce(sid, CASE WHEN NOT EXISTS (
  SELECT FROM attempts o WHERE o.sid = %(sid)s) THEN %(sid)s END)
WHERE id = %(id)s
"""
BOUND = "SELECT sid FROM attempts WHERE sid = ANY(%(sids)s)"

COMPANIES = "SELECT id, company_id FROM attempts WHERE id = ANY(%(ids)s)"


class PgLedger:
    """Writes groups of answers and reports."""

    def __init__(
        self, pool: Pool, *, lookups: Sequence[timedelta], silence: Sequence[timedelta]
    ) -> None:
        self._pool = pool
        self._lookup = lookups[0] if lookups else timedelta()
        self._silence = silence[0] if silence else timedelta()
        self._companies = Together(self._companies_of)

    async def company_of(self, attempt_id: UUID) -> int | None:
        return await self._companies.get(attempt_id)

    async def _companies_of(self, attempt_ids: Sequence[UUID]) -> dict[UUID, int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, COMPANIES, ids=array(attempt_ids))
        return {row["id"]: row["company_id"] for row in found}

    async def hint(self, attempt_id: UUID, report: Report) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            await write(
                connection, KEEP_RECEIPTS, **receipt_columns([Told(attempt_id, report, "hint")])
            )
            await write(connection, HINT, id=attempt_id, sid=report.sid)

    async def bound(self, sids: Sequence[str]) -> set[str]:
        async with self._pool.connection() as connection:
            return {row["sid"] for row in await rows(connection, BOUND, sids=list(sids))}

    async def answer(self, answers: Sequence[Answer]) -> None:
        news = {answer.attempt_id: of_answer(answer) for answer in answers}
        await self._write(news, ())

    async def tell(self, told: Sequence[Told]) -> set[UUID]:
        news: dict[UUID, News] = {}
        for one_told in told:
            new = of_report(one_told)
            old = news.get(one_told.attempt_id)
            news[one_told.attempt_id] = new if old is None else merged(old, new)
        known = await self._write(news, told)
        held = {row["attempt_id"]: row["sid"] for row in known}
        await self._correct([one for one in told if one.report.sid != held.get(one.attempt_id)])
        return set(held)

    @again
    async def _correct(self, told: Sequence[Told]) -> None:
        """A receipt posted to an attempt's own address knows better than a look-up."""
        if told := [one for one in told if one.source == "callback"]:
            async with self._pool.connection() as connection, connection.transaction():
                await take_back(connection, told)

    @again
    async def _write(self, news: dict[UUID, News], told: Sequence[Told]) -> Sequence[Row]:
        if not news:
            return []
        # Two round trips: while a batch's row is locked nobody waits for this process.
        async with (
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            if told:
                await connection.execute(KEEP_RECEIPTS, receipt_columns(told))
            known = _beside(news, await rows(connection, LOCK, ids=array(news)))
            await self._stamp(connection, known)
            await self._move(connection, known)
            await learn(connection, known)
            await stop_batches(connection, known)
        found = {row["attempt_id"] for row in known}
        UNKNOWN.inc(len({one_told.attempt_id for one_told in told} - found))
        return known

    async def _stamp(self, connection: Connection, known: Sequence[Row]) -> None:
        batches = sorted({row["batch_id"] for row in known})
        proven = {
            row["batch_id"]
            for row in known
            if row["of_this_run"] and "accepted" in row["news"].states
        }
        if len(batches) > 1:  # an update alone would lock them in any order
            await connection.execute(LOCK_BATCHES, {"ids": array(batches)})
        await connection.execute(NEXT_SEQ, {"ids": array(batches), "proven": array(proven)})

    async def _move(self, connection: Connection, known: Sequence[Row]) -> None:
        """Moves attempts and people."""
        moved = []
        for row in known:
            to = recipient_state(row["becomes"])
            if row["is_current"] and may_move(row["news"].cause, State(row["state"]), to):
                reason = row["news"].code_of.get(row["becomes"]) or None
                moved.append((row, to, reason))
        columns = {
            "ids": array(row["recipient_id"] for row, _, _ in moved),
            "attempts": array(row["attempt_id"] for row, _, _ in moved),
            "sources": array(row["state"] for row, _, _ in moved),
            "states": array(to.value for _, to, _ in moved),
            "reasons": array(reason for _, _, reason in moved),
            "looking": array(to.value in LOOKED_AT for _, to, _ in moved),
        }
        await connection.execute(MOVE, columns)
        await connection.execute(ATTEMPT, self._attempts(known))
        await give_back(connection, known)
        # A late "not sent" of an earlier attempt must not release the number of a later one.
        gone = [row for row, to, _ in moved if to is State.READY]
        if gone:
            ids = array(sorted({row["batch_id"] for row in gone}))
            await connection.execute(AWAKEN, {"ids": ids})
            await connection.execute(RELEASE, number_columns(gone))

    def _attempts(self, known: Sequence[Row]) -> dict[str, object]:
        new: Sequence[News] = [row["news"] for row in known]
        return {
            "ids": array(row["attempt_id"] for row in known),
            "states": array(row["becomes"] for row in known),
            "sids": array(one_new.sid for one_new in new),
            "https": array(one_new.http_status for one_new in new),
            "codes": array(one_new.error_code for one_new in new),
            "requests": array(one_new.request_id for one_new in new),
            "looks": array(
                next_look(row["attempt_state"], row["becomes"], row["news"]) for row in known
            ),
            "lookup": self._lookup,
            "silence": self._silence,
        }


def _beside(news: Mapping[UUID, News], known: Sequence[Row]) -> Sequence[Row]:
    """Each locked row with its attempt, what is new of it, and what that makes of the attempt."""
    given = tuple(news.items())
    for row in known:
        row["attempt_id"], row["news"] = given[row["place"] - 1]
        row["becomes"] = strongest(row["attempt_state"], *row["news"].states)
    return known
