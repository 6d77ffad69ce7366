"""Numbers that a company texts no more: opt-outs and landlines, the hashed ones too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workers.domain.suppression import by_hash, hashed
from workers.ports.suppressions import Suppressed
from workers.store.database import Connection, Row, rows, write

# The last row says that some are hashed: only companies that came back after they were forgotten
# have such, and only for them is anything hashed.
_KNOWN = """
SELECT number, reason FROM known_numbers
WHERE company_id = %(company_id)s AND channel = %(channel)s AND number = ANY(%(numbers)s)
UNION ALL
SELECT '', '' FROM companies WHERE company_id = %(company_id)s AND suppressions_hashed
"""

#: Why a skipped person `r` is not texted, for lists of people; NULL for everybody else.
SUPPRESSED = """
CASE WHEN r.state = 'skipped' AND r.reason = 'opted_out' THEN (
  SELECT jsonb_build_array(k.learned_at, k.source, k.code, coalesce(i.user_name, ''))
  FROM batches JOIN known_numbers k USING (company_id, channel)
  LEFT JOIN installations i ON i.company_id = k.company_id AND i.user_id = k.told_by
  WHERE batches.id = r.batch_id AND k.reason = 'opted_out' AND (k.number = r.number
    OR k.number IN (SELECT e ->> 'number' FROM jsonb_array_elements(r.numbers) e))
  ORDER BY k.learned_at LIMIT 1) END AS suppressed
"""

_SOME_PLAIN = """
SELECT channel, number FROM known_numbers
WHERE company_id = %(company_id)s AND reason = 'opted_out' AND number LIKE '+%%' LIMIT %(most)s
"""
# Said STOP, forgotten, and STOP again: the older day stays.
_HASH = """
WITH plain AS (
    DELETE FROM known_numbers k USING unnest(%(channels)s::text[], %(numbers)s::text[],
        %(hashes)s::text[]) AS given (channel, number, hash)
    WHERE k.company_id = %(company_id)s AND (k.channel, k.number) = (given.channel, given.number)
    RETURNING k.*, given.hash
), marked AS (
    UPDATE companies SET suppressions_hashed = true
    WHERE company_id = %(company_id)s AND NOT suppressions_hashed
)
INSERT INTO known_numbers (company_id, channel, number, reason, code, source, learned_at)
SELECT company_id, channel, hash, reason, code, source, learned_at FROM plain
ON CONFLICT (company_id, channel, number) DO NOTHING
"""


async def reasons_of(
    connection: Connection,
    keys: Sequence[str],
    numbers: Sequence[str],
    *,
    company_id: int,
    channel: str,
) -> dict[str, str]:
    """Those of `numbers` that are not texted, each with its reason: opted_out or landline."""
    place = {"company_id": company_id, "channel": channel}
    found = await rows(connection, _KNOWN, **place, numbers=list(numbers))
    known = {row["number"]: row["reason"] for row in found}
    if known.pop("", None) is None:
        return known
    number_of = by_hash(keys, numbers, company_id=company_id, channel=channel)
    for row in await rows(connection, _KNOWN, **place, numbers=list(number_of)):
        if row["number"]:
            known[number_of[row["number"]]] = row["reason"]
    return known


def suppressed_of(row: Row) -> Suppressed | None:
    """What the column `SUPPRESSED` says."""
    if row["suppressed"] is None:
        return None
    since, *rest = row["suppressed"]
    return Suppressed(datetime.fromisoformat(since), *rest)


async def hash_some(connection: Connection, company_id: int, *, key: str, most: int) -> int:
    """Makes opt-outs unreadable, `most` at a time; how many there were."""
    plain = await rows(connection, _SOME_PLAIN, company_id=company_id, most=most)
    if plain:
        await write(
            connection,
            _HASH,
            company_id=company_id,
            channels=[row["channel"] for row in plain],
            numbers=[row["number"] for row in plain],
            hashes=[hashed(key, row["number"], company_id=company_id, channel=row["channel"])
                    for row in plain],
        )  # fmt: skip
    return len(plain)
