"""Companies that nobody uses the app in any more: after a while what we know of them goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from workers.store.database import Connection, Pool, again, one, rows, write
from workers.store.suppressions import hash_some

# `refreshed_at` of a row without usable tokens is when they went. Nobody of the company has the
# app, and the last of them left long enough ago; installing again makes this untrue at once.
#
# A grant that only lapsed is no goodbye: no DELETE came, and perhaps everybody is away. It counts
# after twice the time, and not while anybody still looks (a session ends after 7 idle days) or has
# sent or written a text in the usual time.
_IS_GONE = """
EXISTS (SELECT FROM installations i WHERE i.company_id = c.company_id)
AND NOT EXISTS (
    SELECT FROM installations i WHERE i.company_id = c.company_id
    AND CASE WHEN i.access_token IS NULL THEN i.refreshed_at > now() - %(after)s
        ELSE NOT i.reauth_required OR i.refreshed_at > now() - 2 * %(after)s
          OR EXISTS (SELECT FROM session_identities s JOIN sessions USING (id_hash)
                     WHERE s.company_id = i.company_id AND s.user_id = i.user_id
                       AND sessions.seen_at > now() - interval '7 days')
          OR EXISTS (SELECT FROM batches b
                     WHERE b.company_id = i.company_id AND b.user_id = i.user_id
                       AND greatest(b.created_at, b.confirmed_at) > now() - %(after)s) END)
"""

_GONE = f"SELECT c.company_id FROM companies c WHERE {_IS_GONE} ORDER BY 1 LIMIT %(most)s"

# Installing writes the company's row first, so who comes back waits for us or stops us. A second
# statement looks, for the first one's snapshot may be older than its lock.
_LOCK = "SELECT 1 FROM companies WHERE company_id = %(company_id)s FOR UPDATE"
_STILL = f"SELECT 1 FROM companies c WHERE c.company_id = %(company_id)s AND {_IS_GONE}"

_SOME_PEOPLE = """
WITH people AS (
    SELECT r.id FROM recipients r JOIN batches b ON b.id = r.batch_id
    WHERE b.company_id = %(company_id)s LIMIT %(most)s
), tried AS (
    DELETE FROM attempts USING people WHERE attempts.recipient_id = people.id RETURNING attempts.id, attempts.sid
), heard AS (
    DELETE FROM receipts USING tried WHERE receipts.attempt_id = tried.id
), paid AS (
    DELETE FROM charges USING tried WHERE charges.sid = tried.sid
)
DELETE FROM recipients USING people WHERE recipients.id = people.id
"""

_OF = "company_id = %(company_id)s"

# Whoever said STOP stays known, by a hash. The company's id and its first day stay too: the operator's own
# Twilio account belongs to the company that came first, and must not pass to the second.
_THE_REST = (
    f"DELETE FROM links USING batches WHERE links.batch_id = batches.id AND batches.{_OF}",
    f"DELETE FROM selected_records s USING batches b WHERE s.batch_id = b.id AND b.{_OF}",
    f"DELETE FROM batches WHERE {_OF}",
    f"DELETE FROM bills WHERE {_OF}",
    f"DELETE FROM texted WHERE {_OF}",
    f"DELETE FROM daily_texts WHERE {_OF}",
    f"DELETE FROM known_numbers WHERE {_OF} AND reason <> 'opted_out'",
    f"DELETE FROM audit WHERE {_OF}",
    f"DELETE FROM alerts WHERE {_OF}",
    f"DELETE FROM history_questions WHERE {_OF}",
    f"DELETE FROM saved_texts WHERE {_OF}",
    f"DELETE FROM account_facts WHERE {_OF}",
    f"DELETE FROM company_accounts WHERE {_OF}",
    f"DELETE FROM pipedrive_pace WHERE {_OF}",
    f"DELETE FROM pipedrive_budgets WHERE {_OF}",
    f"DELETE FROM session_identities WHERE {_OF}",
    f"DELETE FROM departures WHERE {_OF}",
    f"DELETE FROM installations WHERE {_OF}",
    f"""
UPDATE companies SET rules = '{{}}', name = '', domain = '', country = '', chosen_country = '',
    ask_participants = true, support_users = '{{}}'
WHERE {_OF}
""",
)


# Uninstalling closed them; whoever still looked for their people has stopped by its lease's end.
_DRAFTS = """
WITH drafts AS (
    SELECT b.id FROM batches b
    JOIN installations i ON i.company_id = b.company_id AND i.user_id = b.user_id
    WHERE i.access_token IS NULL AND b.canceled_at IS NOT NULL AND b.confirmed_at IS NULL
      AND b.first_claim_at IS NULL AND (b.resolve_until IS NULL OR b.resolve_until < now())
)
"""
_PEOPLE_OF_DRAFTS = f"""
{_DRAFTS}
DELETE FROM recipients WHERE id IN (
    SELECT r.id FROM recipients r JOIN drafts ON r.batch_id = drafts.id LIMIT %(most)s)
"""
_EMPTY_DRAFTS = f"""
{_DRAFTS}, linked AS (DELETE FROM links USING drafts WHERE links.batch_id = drafts.id),
listed AS (DELETE FROM selected_records s USING drafts WHERE s.batch_id = drafts.id)
DELETE FROM batches USING drafts WHERE batches.id = drafts.id
"""


class PgLeaving:
    """Fulfils `ports.identities.Leaving`; `key` hashes what must be known again."""

    def __init__(self, pool: Pool, *, key: str) -> None:
        self._pool = pool
        self._key = key

    @again
    async def forget_drafts(self, *, most: int = 2_000) -> bool:
        """One bite of what users had begun to write who uninstalled; False when nothing is left."""
        async with self._pool.connection() as connection, connection.transaction():
            if await write(connection, _PEOPLE_OF_DRAFTS, most=most):
                return True
            await write(connection, _EMPTY_DRAFTS)
        return False

    async def gone(self, *, after: timedelta, most: int = 10) -> Sequence[int]:
        """Companies that nobody has the app in, since longer than `after`."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _GONE, after=after, most=most)
        return [row["company_id"] for row in found]

    @again
    async def forget(self, company_id: int, *, after: timedelta, most: int = 2_000) -> bool:
        """One bite of a company's history; False when nothing is left, or somebody came back.

        Bites are short: who installs again waits for the company's row.
        """
        who = {"company_id": company_id}
        async with self._pool.connection() as connection, connection.transaction():
            await one(connection, _LOCK, **who)
            if await one(connection, _STILL, **who, after=after) is None:
                return False
            if await write(connection, _SOME_PEOPLE, **who, most=most):
                return True
            if await hash_some(connection, company_id, key=self._key, most=most):
                return True
            await _forget_the_rest(connection, company_id)
        return False


async def _forget_the_rest(connection: Connection, company_id: int) -> None:
    for sql in _THE_REST:
        await write(connection, sql, company_id=company_id)
