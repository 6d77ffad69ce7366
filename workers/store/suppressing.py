"""Writes who doesn't want texts, every change with its line in the audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.domain.keywords import Wish
from workers.domain.suppression import by_hash
from workers.ports.suppressions import Noted, Reply, Subject, Suppressed
from workers.store.database import Pool, again, one, rows, write

_WHO_HAS_THEM = """
SELECT b.company_id, coalesce(bool_or(a.sender = ANY(%(senders)s)), false) AS texted
FROM recipients r JOIN batches b ON b.id = r.batch_id
LEFT JOIN attempts a ON a.recipient_id = r.id AND a.account_sid = %(account_sid)s
WHERE r.number = %(number)s AND (a.id IS NOT NULL OR NOT EXISTS (
    SELECT FROM company_accounts c WHERE c.company_id = b.company_id AND c.role = 'sends'))
GROUP BY 1
"""

# A reply counts once, told as often as it may be: its line in the audit says that it was heard.
_HEARD = """
WITH heard AS (
    INSERT INTO audit (company_id, what, channel, number, why, message_sid)
    SELECT company_id, %(what)s, %(channel)s, %(number)s, %(why)s, %(sid)s
    FROM unnest(%(companies)s::bigint[]) AS told (company_id) ORDER BY company_id
    ON CONFLICT (company_id, message_sid) WHERE message_sid IS NOT NULL DO NOTHING
    RETURNING company_id, channel, number, why
)
"""
# Since when it is so stays, and so does how we learned it first.
_KEPT = """
ON CONFLICT (company_id, channel, number) DO UPDATE SET reason = 'opted_out',
    code = excluded.code, source = excluded.source, told_by = excluded.told_by,
    learned_at = excluded.learned_at
WHERE known_numbers.reason <> 'opted_out'
"""
_STOP = f"""
{_HEARD}
INSERT INTO known_numbers (company_id, channel, number, reason, code, source)
SELECT company_id, channel, number, 'opted_out', why, 'reply' FROM heard {_KEPT}
"""
_START = f"""
{_HEARD}
DELETE FROM known_numbers k USING heard
WHERE (k.company_id, k.channel) = (heard.company_id, heard.channel) AND k.reason = 'opted_out'
  AND (k.number = heard.number OR (k.company_id, k.number) IN (
    SELECT * FROM unnest(%(hash_companies)s::bigint[], %(hashes)s::text[])))
"""

_SUBJECT = """
SELECT r.id, r.batch_id, b.company_id, b.channel, r.name, r.number,
  ARRAY(SELECT DISTINCT e ->> 'number' FROM jsonb_array_elements(r.numbers) e
        WHERE e ->> 'number' IS NOT NULL ORDER BY 1) AS read
FROM recipients r JOIN batches b ON b.id = r.batch_id
WHERE r.id = %(recipient_id)s AND r.batch_id = %(batch_id)s
"""

_NOTE = """
INSERT INTO audit (company_id, user_id, what, channel, number, recipient_id, why)
SELECT %(company_id)s, %(by)s, %(what)s, %(channel)s, number, %(recipient_id)s, %(why)s
FROM unnest(%(numbers)s::text[]) AS about (number)
"""
_ADD = f"""
INSERT INTO known_numbers (company_id, channel, number, reason, source, told_by)
SELECT %(company_id)s, %(channel)s, number, 'opted_out', 'person', %(by)s
FROM unnest(%(numbers)s::text[]) AS about (number) ORDER BY number {_KEPT}
"""
_LIFT = """
DELETE FROM known_numbers WHERE company_id = %(company_id)s AND channel = %(channel)s
  AND number = ANY(%(known_as)s) AND reason = 'opted_out'
"""
_LOCK = (
    "SELECT id FROM recipients WHERE id = %(recipient_id)s AND state = ANY(%(sources)s) FOR UPDATE"
)
_OF_A_DRAFT = """
UPDATE batches SET seq = seq + 1, revision = revision + 1
WHERE id = %(batch_id)s AND confirmed_at IS NULL AND canceled_at IS NULL RETURNING seq
"""
_LEAVE_OUT = """
UPDATE recipients SET state = 'skipped', reason = 'opted_out', seq = %(seq)s, changed_at = now()
WHERE id = %(recipient_id)s AND state = ANY(%(sources)s)
"""

_OF = """
SELECT k.learned_at AS since, k.source, k.code, coalesce(i.user_name, '') AS by
FROM known_numbers k
LEFT JOIN installations i ON i.company_id = k.company_id AND i.user_id = k.told_by
WHERE k.company_id = %(company_id)s AND k.channel = %(channel)s AND k.number = ANY(%(known_as)s)
  AND k.reason = 'opted_out'
ORDER BY k.learned_at LIMIT 1
"""
_HISTORY = """
SELECT a.at, a.what, coalesce(i.user_name, '') AS by, a.why, a.message_sid IS NOT NULL AS by_reply
FROM audit a LEFT JOIN installations i ON i.company_id = a.company_id AND i.user_id = a.user_id
WHERE a.company_id = %(company_id)s AND a.number = ANY(%(numbers)s)
ORDER BY a.id DESC LIMIT %(limit)s
"""


class PgSuppressions:
    """Fulfils `ports.suppressions.Suppressions`; `keys` find the opt-outs that are hashed."""

    def __init__(self, pool: Pool, *, keys: Sequence[str]) -> None:
        self._pool = pool
        self._keys = keys

    async def who_has(self, reply: Reply) -> Mapping[int, bool]:
        """Companies that the reply may be for; True = it texted them from what was answered."""
        given = {"number": reply.number, "account_sid": reply.account_sid}
        async with self._pool.connection() as connection:
            found = await rows(connection, _WHO_HAS_THEM, **given, senders=list(reply.senders))
        return {row["company_id"]: row["texted"] for row in found}

    @again
    async def heard(self, company_ids: Collection[int], reply: Reply) -> None:
        """STOP adds, START takes away; without a keyword there is nothing to keep."""
        if reply.keyword is None:
            return
        stops = reply.keyword.wish is Wish.STOP
        given: dict[str, object] = {
            "what": "opted_out" if stops else "opted_in",
            "channel": reply.channel,
            "number": reply.number,
            "why": reply.keyword.word,
            "sid": reply.sid,
            "companies": sorted(company_ids),
        }
        if not stops:
            hashes = [(at, one) for at in company_ids for one in self._hashes(at, reply)]
            given |= {"hash_companies": [at for at, _ in hashes]}
            given |= {"hashes": [one for _, one in hashes]}
        async with self._pool.connection() as connection:
            await write(connection, _STOP if stops else _START, **given)

    def _hashes(self, company_id: int, reply: Reply) -> Collection[str]:
        return by_hash(self._keys, [reply.number], company_id=company_id, channel=reply.channel)

    async def subject(self, batch_id: UUID, recipient_id: int) -> Subject | None:
        """A person of a batch, with the number that their wish is about."""
        given = {"batch_id": batch_id, "recipient_id": recipient_id}
        async with self._pool.connection() as connection:
            row = await one(connection, _SUBJECT, **given)
        if row is None:
            return None
        numbers = (row["number"],) if row["number"] else tuple(row["read"])
        place = (row["company_id"], row["channel"], row["name"])
        return Subject(row["id"], row["batch_id"], *place, numbers)

    @again
    async def add(self, subject: Subject, *, by: int, note: str) -> None:
        """They are texted no more, and taken out of the draft they came from."""
        sources_ = sources(Cause.DRAFT, State.SKIPPED)
        given = self._given(subject, by=by)
        async with self._pool.connection() as connection, connection.transaction():
            if await one(connection, _LOCK, recipient_id=subject.recipient_id, sources=sources_):
                draft = await one(connection, _OF_A_DRAFT, batch_id=subject.batch_id)
                if draft is not None:
                    await write(
                        connection,
                        _LEAVE_OUT,
                        recipient_id=subject.recipient_id,
                        seq=draft["seq"],
                        sources=sources_,
                    )
            if await write(connection, _ADD, **given):
                await write(connection, _NOTE, **given, what="opted_out", why=note)

    @again
    async def lift(self, subject: Subject, *, by: int, note: str) -> bool:
        """They may be texted again; False where nothing stood against it."""
        given = self._given(subject, by=by)
        async with self._pool.connection() as connection, connection.transaction():
            if not await write(connection, _LIFT, **given):
                return False
            await write(connection, _NOTE, **given, what="lifted", why=note)
        return True

    async def reveal(self, subject: Subject, *, by: int) -> None:
        """Somebody looks at the number in full."""
        async with self._pool.connection() as connection:
            given = self._given(subject, by=by)
            await write(connection, _NOTE, **given, what="revealed", why="")

    async def of(self, subject: Subject) -> Suppressed | None:
        """Since when, and how we know; None = they may be texted."""
        async with self._pool.connection() as connection:
            row = await one(connection, _OF, **self._given(subject))
        return None if row is None else Suppressed(**row)

    async def history(self, subject: Subject, *, limit: int = 50) -> Sequence[Noted]:
        """What was noted of the person's numbers, newest first."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _HISTORY, **self._given(subject), limit=limit)
        return [Noted(**row) for row in found]

    def _given(self, subject: Subject, *, by: int | None = None) -> dict[str, object]:
        place = {"company_id": subject.company_id, "channel": subject.channel}
        numbers = list(subject.numbers)
        hashes = by_hash(
            self._keys, numbers, company_id=subject.company_id, channel=subject.channel
        )
        return {
            **place,
            "recipient_id": subject.recipient_id,
            "numbers": numbers,
            "known_as": [*numbers, *hashes],
            "by": by,
        }
