"""What Twilio teaches of a number: no texts for landlines, none after STOP."""

from __future__ import annotations

from collections.abc import Sequence

from workers.store.database import Connection, Row, write
from workers.store.news import News

#: Unless the person said START, or an admin took it back, after the text that Twilio refused.
LEARN = """
WITH learned AS (
  INSERT INTO known_numbers (company_id, channel, number, reason, code)
  SELECT %(company_id)s, %(channel)s, %(number)s, %(reason)s, %(code)s
  WHERE NOT EXISTS (
    SELECT FROM audit WHERE company_id = %(company_id)s AND number = %(number)s
    AND channel = %(channel)s AND what IN ('opted_in', 'lifted') AND at > (SELECT started_at FROM attempts WHERE id = %(attempt_id)s))
  ON CONFLICT (company_id, channel, number) DO UPDATE
    SET reason = excluded.reason, code = excluded.code, learned_at = now()
    WHERE known_numbers.reason <> 'opted_out' AND excluded.reason = 'opted_out'
  RETURNING company_id, channel, number, reason, code
)
INSERT INTO audit (company_id, what, channel, number, why)
SELECT company_id, reason, channel, number, code FROM learned WHERE reason = 'opted_out'
"""


async def learn(connection: Connection, known: Sequence[Row]) -> None:
    """`known` are attempts as they were, each with its `news`."""
    for row in sorted(known, key=lambda row: row["number"]):
        new: News = row["news"]
        if new.learned:
            place = {key: row[key] for key in ("company_id", "channel", "number", "attempt_id")}
            code = new.error_code or ""
            await write(connection, LEARN, **place, reason=new.learned, code=code)
