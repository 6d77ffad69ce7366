"""What was read of accounts' prices and senders, and what is wanted next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from workers.domain.cost import Tariff, tariff_from_json, tariff_to_json
from workers.domain.senders import Pool as SenderPool
from workers.domain.senders import pool_from_json, pool_to_json
from workers.ports.tariffs import Unread
from workers.store.database import Pool, one, rows, write

DAY = timedelta(days=1)

KNOWN = """
SELECT about, known FROM account_facts
WHERE account_sid = %(account_sid)s AND about = ANY(%(abouts)s) AND known IS NOT NULL
"""

#: A page that polls writes once an hour at most.
WANT = """
INSERT INTO account_facts (account_sid, about, company_id)
SELECT %(account_sid)s, about, %(company_id)s FROM unnest(%(abouts)s::text[]) AS wanted (about)
ORDER BY about
ON CONFLICT (account_sid, about) DO UPDATE SET wanted_at = now(), company_id = excluded.company_id
  WHERE account_facts.wanted_at < now() - interval '1 hour'
"""

DUE = """
UPDATE account_facts f SET due_at = now() + interval '2 minutes'
FROM (
  SELECT account_sid, about FROM account_facts
  WHERE due_at <= now() AND wanted_at > now() - interval '1 day'
  ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) due
WHERE f.account_sid = due.account_sid AND f.about = due.about
RETURNING f.company_id, f.account_sid, f.about
"""

KEEP = """
UPDATE account_facts SET known = coalesce(%(known)s, known), due_at = now() + %(after)s
WHERE account_sid = %(account_sid)s AND about = %(about)s
"""

FORGET = "DELETE FROM account_facts WHERE wanted_at < now() - %(after)s"

NEWEST = "SELECT max(seq) AS seq FROM recipients WHERE batch_id = %(id)s"
NUMBERS = """
SELECT min(number) AS number, count(*) AS people FROM recipients
WHERE batch_id = %(id)s AND state = 'ready' GROUP BY left(number, 8)
"""


class PgTariffs:
    """Fulfils `ports.tariffs.Tariffs`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted: dict[UUID, tuple[int, Sequence[tuple[str, int]]]] = {}

    async def prices(self, account_sid: str, countries: Collection[str]) -> Mapping[str, Tariff]:
        found = await self._known(account_sid, [f"price {country}" for country in countries])
        return {about.removeprefix("price "): tariff_from_json(it) for about, it in found.items()}

    async def pool(self, account_sid: str, origin: str) -> SenderPool | None:
        found = await self._known(account_sid, [f"pool {origin}"])
        return next((pool_from_json(known) for known in found.values()), None)

    async def _known(self, account_sid: str, abouts: list[str]) -> dict[str, Mapping[str, object]]:
        async with self._pool.connection() as connection:
            found = await rows(connection, KNOWN, account_sid=account_sid, abouts=abouts)
        return {row["about"]: row["known"] for row in found}

    async def want(self, company_id: int, account_sid: str, abouts: Collection[str]) -> None:
        async with self._pool.connection() as connection:
            await write(
                connection,
                WANT,
                company_id=company_id,
                account_sid=account_sid,
                abouts=sorted(abouts),
            )

    async def due(self, *, limit: int = 5) -> Sequence[Unread]:
        async with self._pool.connection() as connection:
            return [Unread(**row) for row in await rows(connection, DUE, limit=limit)]

    async def keep_tariff(self, unread: Unread, tariff: Tariff) -> None:
        await self._keep(unread, Jsonb(tariff_to_json(tariff)), DAY)

    async def keep_pool(self, unread: Unread, pool: SenderPool) -> None:
        await self._keep(unread, Jsonb(pool_to_json(pool)), DAY)

    async def ask_again(self, unread: Unread, *, after: timedelta) -> None:
        await self._keep(unread, None, after)

    async def forget_old(self, after: timedelta) -> None:
        async with self._pool.connection() as connection:
            await write(connection, FORGET, after=after)

    async def _keep(self, unread: Unread, known: Jsonb | None, after: timedelta) -> None:
        place = {"account_sid": unread.account_sid, "about": unread.about}
        async with self._pool.connection() as connection:
            await write(connection, KEEP, **place, known=known, after=after)

    async def numbers(self, batch_id: UUID) -> Sequence[tuple[str, int]]:
        async with self._pool.connection() as connection:
            newest = await one(connection, NEWEST, id=batch_id)
            seq = (newest and newest["seq"]) or 0
            known = self._counted.get(batch_id)
            if known is not None and known[0] == seq:
                return known[1]
            found = await rows(connection, NUMBERS, id=batch_id)
        counted = [(row["number"], row["people"]) for row in found]
        if len(self._counted) >= 500:
            self._counted.clear()
        self._counted[batch_id] = (seq, counted)
        return counted
