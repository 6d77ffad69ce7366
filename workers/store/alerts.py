"""What somebody at a company should look at: kept once, and logged when it is new."""

from __future__ import annotations

from collections.abc import Sequence

import prometheus_client
import structlog

from workers.ports.alerts import Alert, What
from workers.store.database import Connection, Pool, one, rows

RAISED = prometheus_client.Counter("volley_alerts", "Alerts of companies that were new", ["what"])

_KEEP = """
INSERT INTO alerts AS a (company_id, what, about, size)
VALUES (%(company_id)s, %(what)s, %(about)s, %(size)s)
ON CONFLICT (company_id, what, about) DO UPDATE SET size = excluded.size, at = now()
  WHERE a.size <> excluded.size
RETURNING size
"""

_OF = """
SELECT what, about, size, at FROM alerts
WHERE company_id = %(company_id)s AND at > now() - interval '7 days' ORDER BY at DESC LIMIT 20
"""

log = structlog.get_logger()


class PgAlerts:
    """Fulfils `ports.alerts.Alerts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, company_id: int, what: What, *, about: str, size: int) -> None:
        async with self._pool.connection() as connection:
            await keep(connection, company_id, what, about=about, size=size)

    async def of(self, company_id: int) -> Sequence[Alert]:
        async with self._pool.connection() as connection:
            return [Alert(**row) for row in await rows(connection, _OF, company_id=company_id)]


async def keep(
    connection: Connection, company_id: int, what: What, *, about: str, size: int
) -> None:
    """The same, perhaps inside a transaction."""
    new = await one(connection, _KEEP, company_id=company_id, what=what, about=about, size=size)
    if new is not None:
        RAISED.labels(what).inc()
        log.warning(what, company=company_id, about=about, size=size)
