"""The statements of a claim, in the order in which it makes them.

They must not get slower with the tables: each is written so that PostgreSQL can only look rows up,
also with a plan made for any parameters while the tables were small.
"""

from __future__ import annotations

from workers.domain.delivery import Cause, State, sources
from workers.domain.reason import Reason
from workers.store.incarnation import SAME
from workers.store.releasing import MAY_HAVE

(READY,) = sources(Cause.CLAIM, State.SENDING)
#: In the order of `ix_recipients_batch_state` and, compared as rows, by no other index: walking
#: the primary key past everybody else looks as cheap while there is one batch.
_WAITING = f"""(batch_id, state, id) > ({{batch}}, '{READY}', 0)
  AND (batch_id, state, id) < ({{batch}}, '{READY}', {2**63 - 1}){{awake}}
ORDER BY batch_id, state, id LIMIT {{limit}}"""

OPEN = """confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL
  AND not_before <= now() AND now() < send_by"""

#: Some of every company: many texts of one, whose account is slow, must not fill the list while
#: another's waits behind it.
RUNNABLE = f"""
SELECT id, company_id FROM (
  SELECT id, company_id, served_at FROM batches b
  WHERE {OPEN} AND coalesce(back_off_until, '-infinity') <= now()
    AND (coalesce(waits_until, '-infinity') <= now()
      -- a cap may be raised, or a text come back as certainly not sent
      OR waits_for = 'cap' AND served_at < now() - interval '1 minute')
    AND NOT company_id = ANY(%(resting)s)
    AND (SELECT true FROM recipients WHERE {_WAITING.format(batch="b.id", awake="", limit=1)})
  ORDER BY row_number() OVER (PARTITION BY company_id ORDER BY served_at NULLS FIRST),
    served_at NULLS FIRST LIMIT %(limit)s
) first ORDER BY served_at NULLS FIRST
"""

#: A hold, or a night, that ends before the next look, in seconds from now.
NEXT_HOLD = """
SELECT coalesce(extract(epoch FROM min(at) - now()), %(within)s) AS seconds
FROM batches, unnest(ARRAY[not_before, waits_until]) AS at
WHERE confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL AND now() < send_by
  AND at > now() AND at < now() + make_interval(secs => %(within)s)
"""

#: What is claimed for; the gate makes sure that it still is so.
HEAD = f"""
SELECT company_id, channel, body, test_of, confirmed_at, proven_at, now() AS now,
  extract(epoch FROM send_by - now()) AS seconds_left,
  (SELECT rules FROM companies c WHERE c.company_id = batches.company_id) AS rules
FROM batches WHERE id = %(id)s AND {OPEN} AND {SAME}
"""

_AWAKE = " AND coalesce(not_before, '-infinity') <= now()"
#: `known` is why a number is not texted after all; empty where the company has numbers that are
#: known by their hash only, so that these have to be asked for.
TAKE = f"""
SELECT id, number, fields, zones, override, coalesce((
    SELECT reason FROM known_numbers k
    WHERE k.company_id = (SELECT company_id FROM batches WHERE id = %(id)s)
      AND k.channel = (SELECT channel FROM batches WHERE id = %(id)s)
      AND k.number = recipients.number), (
    SELECT '' FROM companies
    WHERE company_id = (SELECT company_id FROM batches WHERE id = %(id)s) AND suppressions_hashed
  )) AS known
FROM recipients
WHERE {_WAITING.format(batch="%(id)s", awake=_AWAKE, limit="%(limit)s")} FOR UPDATE SKIP LOCKED
"""

#: Until the account has taken one text of the batch, no more than this many are on the wire.
UNPROVEN = 4
LOCK = "SELECT FROM batches WHERE id = %(id)s FOR UPDATE"
ON_THE_WIRE = "SELECT count(*) AS n FROM attempts WHERE batch_id = %(id)s AND state = 'sending'"

#: All that follows happens only where it passed: then the row's version is this transaction's own.
GATE = f"""
UPDATE batches SET seq = seq + 1, first_claim_at = coalesce(first_claim_at, now()),
  served_at = clock_timestamp(), back_off_until = NULL
WHERE id = %(id)s AND {OPEN} AND {SAME} AND confirmed_at = %(confirmed_at)s
  AND proven_at IS NOT DISTINCT FROM %(proven_at)s
"""
OURS = "xmin = pg_current_xact_id()::xid"
PASSED = f"JOIN batches b ON b.id = %(id)s AND b.{OURS}"

#: The upsert is the guard: of two batches that reach for one number at once, one gets no row back,
#: and no attempt. Within %(guard)s seconds nothing helps; within %(hours)s hours, or for the same text
#: within a day, the rep's explicit yes does (%(chosen)s). Who could not be reached was not texted. A
#: test goes to its rep alone, who may want another at once.
ATTEMPTS = f"""
WITH passed AS (
  SELECT b.company_id, b.channel, b.test_of IS NOT NULL AS is_test
  FROM (VALUES (1)) AS one {PASSED}
), granted AS (
  INSERT INTO texted AS t (company_id, channel, number, recipient_id, body_hash, texted_at)
  SELECT company_id, channel, number, wanted.id, decode(hash, 'hex'), now()
  FROM passed, unnest(%(numbers)s::text[], %(recipients)s::bigint[], %(hashes)s::text[])
    AS wanted (number, id, hash)
  WHERE NOT is_test ORDER BY number
  ON CONFLICT (company_id, channel, number) DO UPDATE
    SET recipient_id = excluded.recipient_id, texted_at = now(), body_hash = excluded.body_hash
    WHERE t.recipient_id = excluded.recipient_id
      OR t.texted_at <= now() - make_interval(secs => %(guard)s) AND (
        %(hours)s = 0 OR excluded.recipient_id = ANY(%(chosen)s::bigint[])
        OR t.texted_at <= now() - greatest(make_interval(hours => %(hours)s), interval '24 hours')
        OR (t.texted_at <= now() - make_interval(hours => %(hours)s) OR EXISTS (
            SELECT 1 FROM recipients r
            WHERE r.id = t.recipient_id AND r.state IN ('failed', 'undelivered')))
          -- the row knows the last text only: one that failed may have come after one that did not
          AND NOT EXISTS (
            SELECT 1 {MAY_HAVE} AND a.recipient_id <> excluded.recipient_id
              AND (a.started_at > now() - make_interval(hours => %(hours)s)
                OR a.body_hash = excluded.body_hash
                  AND a.started_at > now() - interval '24 hours')))
  RETURNING recipient_id
)
INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender, number, body_hash,
  state, started_at, claimed_until, worker, cap_day)
SELECT new.id, recipient_id, %(id)s, company_id, %(account_sid)s, %(sender)s, new.number,
  decode(body_hash, 'hex'), 'sending', now(), now() + make_interval(secs => %(lease)s), %(worker)s,
  %(cap_day)s::date
FROM passed, unnest(%(ids)s::uuid[], %(recipients)s::bigint[], %(numbers)s::text[], %(hashes)s::text[])
  AS new (id, recipient_id, number, body_hash)
WHERE is_test OR recipient_id IN (SELECT recipient_id FROM granted)
RETURNING recipient_id
"""

#: Who got no attempt was texted a short while ago, or else with the same text.
SENDING = f"""
UPDATE recipients r SET seq = b.seq, changed_at = now(),
  state = CASE WHEN a.id IS NULL THEN 'skipped' ELSE 'sending' END,
  attempt_id = coalesce(a.id, r.attempt_id), looking = a.id IS NULL AND r.looking,
  reason = CASE WHEN a.id IS NOT NULL THEN NULL WHEN EXISTS (
      SELECT FROM texted t
      WHERE t.company_id = b.company_id AND t.channel = b.channel AND t.number = r.number
        AND t.texted_at > now()
          - greatest(make_interval(hours => %(hours)s), make_interval(secs => %(guard)s)))
    THEN '{Reason.TEXTED_RECENTLY}' ELSE '{Reason.SAME_TEXT}' END
FROM unnest(%(recipients)s::bigint[], %(ids)s::uuid[]) AS new (id, attempt_id) {PASSED}
  LEFT JOIN attempts a ON a.id = new.attempt_id
WHERE r.id = new.id AND r.state = '{READY}'
"""

SKIP = f"""
UPDATE recipients r SET state = 'skipped', reason = new.reason, seq = b.seq, changed_at = now()
FROM unnest(%(left_out)s::bigint[], %(reasons)s::text[]) AS new (id, reason) {PASSED}
WHERE r.id = new.id AND r.state = '{READY}'
"""

#: What was claimed and may be posted, as the database sees it at this moment.
STILL = f"""
SELECT id FROM attempts
WHERE id = ANY(%(attempts)s::uuid[]) AND state = 'sending'
  AND claimed_until > now() + make_interval(secs => %(within)s)
  AND EXISTS (SELECT FROM batches WHERE id = %(id)s AND {OPEN} AND {SAME})
"""

BACK_OFF = """UPDATE batches SET back_off_until = now() + make_interval(secs => %(seconds)s), seq = seq + 1
WHERE id = %(id)s"""

#: One lease at a time: what was leased before must have had its time, whoever leased it.
LEASE = """
WITH leased AS (
  INSERT INTO part_leases AS l (account_sid, free_at)
  VALUES (%(account_sid)s, clock_timestamp() + make_interval(secs => %(seconds)s))
  ON CONFLICT (account_sid) DO UPDATE
    SET free_at = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE l.free_at <= clock_timestamp()
  RETURNING free_at
)
SELECT EXISTS (SELECT FROM leased) AS is_leased,
  (SELECT extract(epoch FROM free_at - clock_timestamp()) FROM part_leases
   WHERE account_sid = %(account_sid)s) AS seconds
"""
#: What a claim really came to was more or less than was leased.
SETTLE = """UPDATE part_leases SET free_at = free_at + make_interval(secs => %(seconds)s)
WHERE account_sid = %(account_sid)s"""
