"""The texts that a company may send a day: reserved at the claim, given back where none was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import prometheus_client

from workers.domain.delivery import RANK
from workers.domain.rules import Rules, day_of
from workers.store.alerts import keep
from workers.store.claims_sql import LOCK
from workers.store.database import Connection, Row, one, write

REACHED = prometheus_client.Counter(
    "volley_daily_caps_reached", "Claims that met a spent daily cap"
)

#: One row a company and day, locked until the claim has ended: whoever comes at the same time
#: waits and sees what is left. It comes behind the batch and before `texted` in the lock order.
RESERVE = """
INSERT INTO daily_texts AS d (company_id, day, texts, granted)
SELECT %(company_id)s, %(day)s, least(%(wanted)s, %(cap)s), least(%(wanted)s, %(cap)s)
ON CONFLICT (company_id, day) DO UPDATE
  SET granted = least(%(wanted)s, %(cap)s - d.texts),
    texts = d.texts + least(%(wanted)s, %(cap)s - d.texts)
  WHERE d.texts < %(cap)s
RETURNING granted
"""

#: What was reserved and not used is free for others.
KEEP = """
UPDATE daily_texts
SET texts = texts - (%(reserved)s - (SELECT count(*) FROM attempts WHERE id = ANY(%(ids)s::uuid[])))
WHERE company_id = %(company_id)s AND day = %(cap_day)s
"""

CHANGE = """
UPDATE daily_texts SET texts = greatest(0, texts + %(more)s)
WHERE company_id = %(company_id)s AND day = %(day)s
"""

USED = "SELECT texts FROM daily_texts WHERE company_id = %(company_id)s AND day = %(day)s"

#: Whoever waits for another day is not too late then; a test would come when its rep has gone.
STOP = """
UPDATE batches SET seq = seq + 1, waits_for = 'cap', waits_until = %(until)s,
  served_at = clock_timestamp(), send_by = CASE WHEN test_of IS NULL
    THEN greatest(send_by, %(until)s + %(send_within)s) ELSE send_by END
WHERE id = %(id)s AND confirmed_at IS NOT NULL RETURNING company_id
"""


@dataclass(frozen=True, slots=True)
class Granted:
    """How many may be texted; `day` is None where the company has no cap."""

    texts: int
    day: date | None = None
    until: datetime | None = None  # when the next day begins
    a_day: int = 0  # the cap


async def reserve(
    connection: Connection, batch_id: UUID, head: Row, rules: Rules, wanted: int
) -> Granted:
    """As many of `wanted` as the day has left; in the claim's transaction, which ends with `KEEP`."""
    if rules.texts_a_day is None or wanted < 1:
        return Granted(wanted)
    await connection.execute(LOCK, {"id": batch_id})
    day, until = day_of(rules.zone, head["now"])
    row = await one(
        connection,
        RESERVE,
        company_id=head["company_id"],
        day=day,
        wanted=wanted,
        cap=rules.texts_a_day,
    )
    if row is None:
        REACHED.inc()
    return Granted(row["granted"] if row else 0, day, until, rules.texts_a_day)


async def wait_for_tomorrow(
    connection: Connection, batch_id: UUID, spent: Granted, *, send_within: timedelta
) -> None:
    """The batch waits for the next day of its company, whose support is told once a day."""
    waits = await one(connection, STOP, id=batch_id, until=spent.until, send_within=send_within)
    if waits is not None:
        about, company_id = str(spent.day), waits["company_id"]
        await keep(connection, company_id, "daily_cap_reached", about=about, size=spent.a_day)


async def give_back(connection: Connection, known: Sequence[Row]) -> None:
    """A text that was certainly not sent does not count.

    `known` are attempts as they were, each with the state that it `becomes`.
    """
    more: Counter[tuple[int, date]] = Counter()
    for row in known:
        if row["cap_day"] is not None:
            was, now = (_counts(it) for it in (row["attempt_state"], row["becomes"]))
            more[row["company_id"], row["cap_day"]] += now - was
    for (company_id, day), change in sorted(more.items()):
        if change:
            await write(connection, CHANGE, company_id=company_id, day=day, more=change)


def _counts(state: str) -> int:
    return int(RANK[state] != RANK["not_sent"])
