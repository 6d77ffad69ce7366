"""What companies choose for themselves: their country, their rules and who is support."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from psycopg.types.json import Jsonb

from workers.domain.rules import Rules, chosen, rules_to_json
from workers.ports.company import Choices, Colleague
from workers.store.database import Pool, again, one, rows, write
from workers.store.waits import wake

_CHOICES = """
SELECT chosen_country AS country, country AS pipedrive_country, ask_participants
FROM companies WHERE company_id = %(company_id)s
"""

_COLLEAGUES = """
SELECT user_id, user_name AS name, is_admin, user_id = ANY(support_users) AS is_support
FROM installations JOIN companies USING (company_id)
WHERE company_id = %(company_id)s AND access_token IS NOT NULL
ORDER BY user_name, user_id
"""

_SET_COUNTRY = """
UPDATE companies SET chosen_country = %(country)s WHERE company_id = %(company_id)s
"""

# Whoever is named must be of this company: ids come from a form.
_SET_SUPPORT = """
UPDATE companies SET support_users = ARRAY(
    SELECT user_id FROM installations
    WHERE installations.company_id = companies.company_id AND user_id = ANY(%(user_ids)s)
    ORDER BY user_id
) WHERE company_id = %(company_id)s
"""

_SET_ASK = """
UPDATE companies SET ask_participants = %(answer)s WHERE company_id = %(company_id)s
"""

_RULES = "SELECT rules FROM companies WHERE company_id = %(company_id)s"

_SET_RULES = "UPDATE companies SET rules = %(rules)s WHERE company_id = %(company_id)s"


class PgCompanies:
    """Fulfils `ports.company.Companies`."""

    def __init__(self, pool: Pool, *, rules: Rules) -> None:
        self._pool = pool
        self._defaults = rules

    async def choices(self, company_id: int) -> Choices:
        """What the company chose; nothing, where it is unknown."""
        async with self._pool.connection() as connection:
            row = await one(connection, _CHOICES, company_id=company_id)
        return Choices() if row is None else Choices(**row)

    async def rules(self, company_id: int) -> Rules:
        """The company's own, with the operator's where it chose none."""
        async with self._pool.connection() as connection:
            row = await one(connection, _RULES, company_id=company_id)
        return chosen(row and row["rules"], self._defaults)

    @again
    async def set_rules(self, company_id: int, rules: Rules) -> None:
        """They count from now on, also for people who wait; what was sent stays sent."""
        async with self._pool.connection() as connection, connection.transaction():
            stored = Jsonb(rules_to_json(rules))
            await write(connection, _SET_RULES, company_id=company_id, rules=stored)
            await wake(connection, company_id)

    async def colleagues(self, company_id: int) -> Sequence[Colleague]:
        """Everybody who installed the app, by name."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _COLLEAGUES, company_id=company_id)
        return [Colleague(**row) for row in found]

    async def set_country(self, company_id: int, country: str) -> None:
        """The country of numbers without a country code; "" = the one that Pipedrive tells."""
        await self._write(_SET_COUNTRY, company_id=company_id, country=country)

    async def set_support(self, company_id: int, user_ids: Collection[int]) -> None:
        """Those of `user_ids` who installed the app are support from now on, and no others."""
        await self._write(_SET_SUPPORT, company_id=company_id, user_ids=list(user_ids))

    async def set_ask_participants(self, company_id: int, answer: bool) -> None:
        """Whether reps are asked for everyone on a deal."""
        await self._write(_SET_ASK, company_id=company_id, answer=answer)

    @again
    async def _write(self, sql: str, **values: object) -> None:
        async with self._pool.connection() as connection:
            await write(connection, sql, **values)
