"""How many of a batch's people are in which state, and who of them waits for what."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from workers.domain.batch import Counts
from workers.domain.delivery import State
from workers.store.database import Connection, Row, rows

#: By state, by their morning, and whom look-ups ask about. An index answers the first two without a
#: look at people's rows; whom look-ups may ask about are few while most are still ready or delivered.
COUNTS = """
SELECT batch_id, state, NULL::timestamptz AS opens, count(*) AS people
FROM recipients WHERE batch_id = ANY(%(ids)s) GROUP BY 1, 2
UNION ALL
SELECT batch_id, NULL, not_before, count(*) FROM recipients
WHERE batch_id = ANY(%(ids)s) AND state = 'ready' AND not_before IS NOT NULL GROUP BY 1, 3
UNION ALL
SELECT batch_id, NULL, NULL, count(*) FROM recipients
WHERE batch_id = ANY(%(ids)s) AND state IN ('accepted', 'sent', 'unconfirmed') AND looking GROUP BY 1
"""


def counts_of(found: Sequence[Row]) -> Counts:
    """People by state of one batch."""
    by_state = {State(row["state"]): row["people"] for row in found if row["state"]}
    deferred = {row["opens"]: row["people"] for row in found if row["opens"]}
    looking = sum(row["people"] for row in found if not row["state"] and not row["opens"])
    return Counts(by_state, looking, deferred)


class CountsBySeq:
    """The counts that this process read last; whatever changes them also raises the batch's seq."""

    def __init__(self, *, most: int = 1_000) -> None:
        self._most = most
        self._known: dict[UUID, tuple[int, Counts]] = {}

    async def of(self, connection: Connection, batch_id: UUID, seq: int) -> Counts:
        """The counts at `seq`, which the caller's snapshot shows."""
        known = self._known.get(batch_id)
        if known is not None and known[0] == seq:
            return known[1]
        counts = counts_of(await rows(connection, COUNTS, ids=[batch_id]))
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[batch_id] = (seq, counts)
        return counts
