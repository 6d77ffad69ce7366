"""What became of attempts: answers and reports move an attempt, then its recipient, forward only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import Counter

from workers.domain.delivery import State, strongest
from workers.ports.outside import Report
from workers.ports.sending import Answer, Told
from workers.store.database import Connection, Pool, Row, again, one, rows, write
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
from workers.store.stops import stop_batches

UNKNOWN = Counter("volley_receipts_unknown", "Receipts with a valid k for attempts we do not have")

#: Recipients are locked first, in id order, everywhere: groups that meet cannot deadlock. The
#: attempt is locked too: whoever waited would otherwise read its state from before the wait.
LOCK = """
SELECT a.id AS attempt_id, a.state AS attempt_state, a.sid, a.number, a.company_id,
  r.id AS recipient_id, r.state, r.attempt_id AS current, b.id AS batch_id, b.channel,
  a.started_at >= coalesce(b.resumed_at, '-infinity') AS of_this_run
FROM recipients r JOIN attempts a ON a.recipient_id = r.id JOIN batches b ON b.id = r.batch_id
WHERE a.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE OF r, a
"""

LOCK_BATCHES = "SELECT id FROM batches WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

NEXT_SEQ = """
UPDATE batches SET seq = seq + 1,
  proven_at = CASE WHEN id = ANY(%(proven)s) THEN coalesce(proven_at, now()) ELSE proven_at END
WHERE id = ANY(%(ids)s) RETURNING id, seq
"""

MOVE = """
UPDATE recipients r SET state = new.state, reason = new.reason, looking = new.looking,
  seq = new.seq, changed_at = now()
FROM unnest(%(ids)s::bigint[], %(attempts)s::uuid[], %(sources)s::text[], %(states)s::text[],
  %(reasons)s::text[], %(looking)s::boolean[], %(seqs)s::bigint[])
  AS new (id, attempt_id, source, state, reason, looking, seq)
WHERE r.id = new.id AND r.state = new.source AND r.attempt_id = new.attempt_id
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

RELEASE = """
DELETE FROM texted t USING unnest(%(companies)s::bigint[], %(channels)s::text[], %(numbers)s::text[],
  %(recipients)s::bigint[]) AS gone (company_id, channel, number, recipient_id)
WHERE (t.company_id, t.channel, t.number) = (gone.company_id, gone.channel, gone.number)
  AND t.recipient_id = gone.recipient_id
"""

LEARN = """
INSERT INTO known_numbers (company_id, channel, number, reason, code)
VALUES (%(company_id)s, %(channel)s, %(number)s, %(reason)s, %(code)s)
ON CONFLICT (company_id, channel, number) DO NOTHING
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

COMPANY = "SELECT company_id FROM attempts WHERE id = %(id)s"


class PgLedger:
    """Writes groups of answers and reports."""

    def __init__(
        self, pool: Pool, *, lookups: Sequence[timedelta], silence: Sequence[timedelta]
    ) -> None:
        self._pool = pool
        self._lookup = lookups[0] if lookups else timedelta()
        self._silence = silence[0] if silence else timedelta()

    async def company_of(self, attempt_id: UUID) -> int | None:
        async with self._pool.connection() as connection:
            found = await one(connection, COMPANY, id=attempt_id)
        return found["company_id"] if found else None

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
        return await self._write(news, told)

    @again
    async def _write(self, news: dict[UUID, News], told: Sequence[Told]) -> set[UUID]:
        if not news:
            return set()
        async with self._pool.connection() as connection, connection.transaction():
            if told:
                await write(connection, KEEP_RECEIPTS, **receipt_columns(told))
            known = await rows(connection, LOCK, ids=list(news))
            seqs = await self._stamp(connection, known, news)
            changed = await self._move(connection, known, news, seqs)
            await self._learn(connection, known, news)
            await stop_batches(connection, changed, news)
        found = {row["attempt_id"] for row in known}
        UNKNOWN.inc(len({one_told.attempt_id for one_told in told} - found))
        return found

    async def _stamp(
        self, connection: Connection, known: Sequence[Row], news: dict[UUID, News]
    ) -> dict[UUID, int]:
        batches = sorted({row["batch_id"] for row in known})
        proven = {row["batch_id"] for row in known if "accepted" in news[row["attempt_id"]].states}
        await rows(connection, LOCK_BATCHES, ids=batches)
        found = await rows(connection, NEXT_SEQ, ids=batches, proven=list(proven))
        return {row["id"]: row["seq"] for row in found}

    async def _move(
        self,
        connection: Connection,
        known: Sequence[Row],
        news: dict[UUID, News],
        seqs: dict[UUID, int],
    ) -> list[Row]:
        """Moves attempts and people; the attempts that are not what they were."""
        states = {
            row["attempt_id"]: strongest(row["attempt_state"], *news[row["attempt_id"]].states)
            for row in known
        }
        moved = []
        for row in known:
            new = news[row["attempt_id"]]
            to = recipient_state(states[row["attempt_id"]])
            if row["attempt_id"] == row["current"] and may_move(new.cause, State(row["state"]), to):
                reason = new.code_of.get(states[row["attempt_id"]]) or None
                moved.append((row, to, reason))
        await write(
            connection,
            MOVE,
            ids=[row["recipient_id"] for row, _, _ in moved],
            attempts=[row["attempt_id"] for row, _, _ in moved],
            sources=[row["state"] for row, _, _ in moved],
            states=[to.value for _, to, _ in moved],
            reasons=[reason for _, _, reason in moved],
            looking=[to.value in LOOKED_AT for _, to, _ in moved],
            seqs=[seqs[row["batch_id"]] for row, _, _ in moved],
        )
        await write(connection, ATTEMPT, **self._attempts(known, news, states))
        # A late "not sent" of an earlier attempt must not release the number of a later one.
        gone = [row for row, to, _ in moved if to is State.READY]
        if gone:
            await write(connection, RELEASE, **number_columns(gone))
        return [row for row in known if states[row["attempt_id"]] != row["attempt_state"]]

    def _attempts(
        self, known: Sequence[Row], news: dict[UUID, News], states: dict[UUID, str]
    ) -> dict[str, object]:
        new = [news[row["attempt_id"]] for row in known]
        return {
            "ids": [row["attempt_id"] for row in known],
            "states": [states[row["attempt_id"]] for row in known],
            "sids": [one_new.sid for one_new in new],
            "https": [one_new.http_status for one_new in new],
            "codes": [one_new.error_code for one_new in new],
            "requests": [one_new.request_id for one_new in new],
            "looks": [
                next_look(row["attempt_state"], states[row["attempt_id"]], news[row["attempt_id"]])
                for row in known
            ],
            "lookup": self._lookup,
            "silence": self._silence,
        }

    async def _learn(
        self, connection: Connection, known: Sequence[Row], news: dict[UUID, News]
    ) -> None:
        for row in sorted(known, key=lambda row: row["number"]):
            new = news[row["attempt_id"]]
            if new.learned:
                place = {"company_id": row["company_id"], "channel": row["channel"]}
                code = new.error_code or ""
                await write(
                    connection, LEARN, **place, number=row["number"], reason=new.learned, code=code
                )
