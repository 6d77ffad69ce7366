"""When what Twilio says of some people pauses the batch for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from workers.domain.reasons import code_of, stops_batch
from workers.store.database import Connection, Row, one, write
from workers.store.news import News

#: Of fewer people a share says nothing.
FEWEST_TRIED = 5

STOP = """
UPDATE batches SET paused_at = now(), pause_reason = 'account', pause_code = %(code)s,
  paused_by = NULL, proven_at = NULL, seq = seq + 1
WHERE id = %(id)s AND confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL
"""

#: Only texts of this run count: a person who said go on knew what came before.
SHARE = """
SELECT count(*) AS tried,
  count(*) FILTER (WHERE r.state IN ('failed', 'undelivered') AND r.reason = %(code)s) AS refused
FROM recipients r JOIN attempts a ON a.id = r.attempt_id JOIN batches b ON b.id = r.batch_id
WHERE r.batch_id = %(id)s AND r.state NOT IN ('pending', 'ready', 'skipped', 'canceled')
  AND a.started_at >= coalesce(b.resumed_at, '-infinity')
"""


async def stop_batches(connection: Connection, known: Sequence[Row]) -> None:
    """Pauses the batches of attempts that just learned a fault which others would meet too.

    `known` are attempts as they were, each with its `news` and what it `becomes`.
    """
    faults = {}
    for row in known:
        new: News = row["news"]
        if row["becomes"] == row["attempt_state"] or not row["of_this_run"]:
            continue
        if new.stops or (new.error_code and code_of(new.error_code).stop == "many"):
            faults[row["batch_id"], new.stops or new.error_code or ""] = new.stops is not None
    for (batch_id, code), surely in sorted(faults.items()):
        if surely or await _share_stops(connection, batch_id, code):
            await write(connection, STOP, id=batch_id, code=code)


async def _share_stops(connection: Connection, batch_id: UUID, code: str) -> bool:
    share = await one(connection, SHARE, id=batch_id, code=code)
    if share is None or share["tried"] < FEWEST_TRIED:
        return False
    return stops_batch(code, refused=share["refused"], tried=share["tried"])
