"""Pipedrive's limits, kept for all processes by single statements and the database's clock."""

from __future__ import annotations

from dataclasses import asdict

from workers.domain.errors import Throttled
from workers.ports.budget import Budget, Call, Day, Meter
from workers.store.database import Pool, one, write

#: RATE counts calls over a rolling window of so many seconds.
WINDOW = 2
#: This part of a window's calls may go at once: that reads 1,000 picked people on most plans. The
#: rest follow evenly while it lasts, so no window sees more than all of them. A bigger part makes
#: long lists slower: what went at once leaves less for every later second.
AT_ONCE = 1 / 8
#: A turn takes _TURN / calls seconds, and whoever is so many seconds ahead of theirs may go.
_TURN = WINDOW / (1 - AT_ONCE)
_AHEAD = AT_ONCE * _TURN
#: Whoever would wait longer for their turn comes back later instead.
LONGEST_TURN = 5
#: What Pipedrive said of the day's tokens is believed so long, and never past midnight UTC: the
#: page names no zone for its midnight, so an ended budget is asked about at least hourly.
BELIEVED = 3600
#: One call asks anew; the others wait so long for its answer.
ASKING = 60

# What is written here is kept by the next commit that waits for the disk. A database that dies a
# moment before forgets a few calls, and half of a plan's limit is left for such.
_SOON = "set_config('synchronous_commit', 'off', true)"

_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_MIDNIGHT = "date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
_IS_BELIEVED = f"""coalesce(told_at >= greatest(now() - make_interval(secs => {BELIEVED}),
  {_MIDNIGHT}), false)"""

# `free_at` moves on by a turn for each call.
_TAKE = f"""
WITH spent AS (
  INSERT INTO pipedrive_budgets AS b (company_id) VALUES (%(company_id)s)
  ON CONFLICT (company_id) DO UPDATE
  SET tokens_left = b.tokens_left - %(tokens)s, asked_at = now()
  WHERE b.tokens_left IS NULL
    OR b.tokens_left - %(tokens)s >= coalesce(b.tokens_a_day, 0) * %(reserve)s::float8
    OR (NOT {_IS_BELIEVED.replace("told_at", "b.told_at")}
        AND b.asked_at < now() - make_interval(secs => {ASKING}))
  RETURNING company_id
), turn AS (
  INSERT INTO pipedrive_pace AS p (company_id, user_id, free_at)
  SELECT company_id, %(user_id)s, clock_timestamp() + make_interval(secs => {_TURN} / 20) FROM spent
  ON CONFLICT (company_id, user_id) DO UPDATE
  SET free_at = greatest(p.free_at, clock_timestamp()) + make_interval(secs => {_TURN} / p.calls)
  WHERE p.free_at < clock_timestamp() + make_interval(secs => {_AHEAD + LONGEST_TURN})
  RETURNING free_at
)
SELECT EXISTS (SELECT FROM spent) AS is_affordable,
  (SELECT extract(epoch FROM free_at - clock_timestamp())::float8 - {_AHEAD} FROM turn) AS wait,
  (SELECT extract(epoch FROM free_at - clock_timestamp())::float8 - {_AHEAD} FROM pipedrive_pace
   WHERE company_id = %(company_id)s AND user_id = %(user_id)s) AS queue,
  (SELECT CASE WHEN {_IS_BELIEVED} THEN extract(epoch FROM least(
     told_at + make_interval(secs => {BELIEVED}), {_MIDNIGHT} + interval '1 day') - now())::float8 END
   FROM pipedrive_budgets WHERE company_id = %(company_id)s) AS believed,
  (SELECT tokens_left FROM pipedrive_budgets WHERE company_id = %(company_id)s) AS left,
  {_SOON}
"""

# Without headers, old numbers are forgotten and not believed again.
_HEARD = f"""
WITH told AS (
  INSERT INTO pipedrive_budgets AS b (company_id, day, used, tokens_a_day, tokens_left, told_at)
  VALUES (%(company_id)s, {_TODAY}, %(charged)s, %(tokens_a_day)s::bigint, %(tokens_left)s::bigint,
    CASE WHEN %(tokens_left)s::bigint IS NOT NULL THEN now() END)
  ON CONFLICT (company_id) DO UPDATE SET day = {_TODAY},
    used = CASE WHEN b.day = {_TODAY} THEN b.used ELSE 0 END + %(charged)s,
    tokens_a_day = coalesce(%(tokens_a_day)s::bigint, b.tokens_a_day),
    tokens_left = CASE WHEN %(tokens_left)s::bigint IS NOT NULL THEN %(tokens_left)s::bigint
      WHEN {_IS_BELIEVED.replace("told_at", "b.told_at")} THEN b.tokens_left END,
    told_at = CASE WHEN %(tokens_left)s::bigint IS NOT NULL THEN now() ELSE b.told_at END
  RETURNING company_id
)
UPDATE pipedrive_pace p SET calls = coalesce(%(calls)s::int, calls),
  free_at = CASE WHEN %(pause)s::float8 > 0
    THEN greatest(free_at, now() + make_interval(secs => {_AHEAD} + %(pause)s::float8))
    ELSE free_at END
FROM told WHERE p.company_id = told.company_id AND p.user_id = %(user_id)s
RETURNING {_SOON}
"""

_OF_DAY = f"""
SELECT CASE WHEN day = {_TODAY} THEN used ELSE 0 END AS used, tokens_a_day, tokens_left
FROM pipedrive_budgets WHERE company_id = %(company_id)s
"""


class PgBudget(Budget):
    """Fulfils `ports.budget.Budget`; `reserve` percent of a day's tokens are for other apps."""

    def __init__(self, pool: Pool, *, reserve: float) -> None:
        self._pool = pool
        self._reserve = reserve / 100

    async def take(self, call: Call) -> float:
        async with self._pool.connection() as connection:
            row = await one(connection, _TAKE, **asdict(call), reserve=self._reserve)
        assert row is not None
        if not row["is_affordable"]:
            wait = ASKING if row["believed"] is None else max(row["believed"], 1.0)
            if row["left"] is not None and row["left"] >= call.tokens:
                raise Throttled(wait, "reserve", "the rest of the day's tokens is for other apps")
            raise Throttled(wait, "budget", "the day's tokens are used up")
        if row["wait"] is None:
            raise Throttled(max(row["queue"] or 0.0, 1.0), "turn", "many calls wait already")
        return max(float(row["wait"]), 0.0)

    async def heard(self, call: Call, meter: Meter) -> None:
        limit = meter.burst_limit
        async with self._pool.connection() as connection:
            await write(
                connection,
                _HEARD,
                company_id=call.company_id,
                user_id=call.user_id,
                charged=call.tokens if meter.is_charged else 0,
                tokens_a_day=meter.tokens_a_day,
                tokens_left=meter.tokens_left,
                calls=None if limit is None else max(limit // 2, 1),
                pause=meter.pause,
            )

    async def today(self, company_id: int) -> Day:
        async with self._pool.connection() as connection:
            row = await one(connection, _OF_DAY, company_id=company_id)
        return Day() if row is None else Day(**row)
