"""The statements that find a batch's people; those that write need the lease."""

from __future__ import annotations

UNRESOLVED = """(resolved_at IS NULL OR organizations = 'wanted') AND refused_reason IS NULL
  AND canceled_at IS NULL
  AND confirmed_at IS NULL AND coalesce(resolve_until, '-infinity') < now()
  AND coalesce(resolve_not_before, '-infinity') <= now()"""

LEASE = f"""
UPDATE batches b SET resolve_lease = %(lease)s, resolve_until = now() + make_interval(secs => %(seconds)s)
WHERE b.id = %(id)s AND {UNRESOLVED}
RETURNING b.*,
  coalesce((SELECT coalesce(nullif(chosen_country, ''), country) FROM companies c
            WHERE c.company_id = b.company_id), '') AS country,
  (SELECT rules -> 'countries' FROM companies c WHERE c.company_id = b.company_id) AS countries,
  coalesce((SELECT timezone FROM installations i
            WHERE i.company_id = b.company_id AND i.user_id = b.user_id), 'UTC') AS timezone
"""

DUE = f"SELECT id FROM batches WHERE {UNRESOLVED} ORDER BY created_at LIMIT %(limit)s"

MINE = "id = %(id)s AND resolve_lease = %(lease)s AND confirmed_at IS NULL"

LISTED = f"""
UPDATE batches SET listed = true, total = %(total)s, seq = seq + 1
WHERE {MINE} AND NOT listed RETURNING seq
"""

INSERT_PENDING = """
INSERT INTO recipients (batch_id, person_id, state, seq)
SELECT %(id)s, person_id, 'pending', %(seq)s
FROM unnest(%(people)s::bigint[]) WITH ORDINALITY AS chosen (person_id, place) ORDER BY place
ON CONFLICT DO NOTHING
"""

NEXT_CHOSEN = """
SELECT person_id FROM recipients WHERE batch_id = %(id)s AND state = 'pending' ORDER BY id
LIMIT %(limit)s
"""

PAGE_DONE = f"""
UPDATE batches SET seq = seq + 1, records = records + %(records)s,
  contactless = contactless + %(contactless)s, missing = missing + %(missing)s,
  shared = shared + %(shared)s, cursor = %(cursor)s, pages = pages + 1,
  tokens_used = tokens_used + %(tokens)s, resolve_tries = 0, resolve_not_before = NULL,
  resolve_wait_reason = NULL, resolve_until = now() + make_interval(secs => %(seconds)s)
WHERE {MINE} AND cursor IS NOT DISTINCT FROM %(old)s RETURNING seq
"""

TAKEN = """
SELECT number FROM recipients WHERE batch_id = %(id)s AND number = ANY(%(numbers)s)
  AND state NOT IN ('skipped', 'canceled', 'pending')
"""

REACHED = """
SELECT person_id FROM recipients WHERE batch_id = %(id)s AND person_id = ANY(%(people)s)
"""

KEEP = """
INSERT INTO recipients (batch_id, person_id, name, fields, numbers, number, label, state, reason, zones, seq)
SELECT %(id)s, person_id, name, fields, numbers, number, label, state, reason, zones, %(seq)s
FROM unnest(%(person)s::bigint[], %(name)s::text[], %(fields)s::jsonb[], %(numbers)s::jsonb[],
  %(number)s::text[], %(label)s::text[], %(state)s::text[], %(reason)s::text[],
  %(zones)s::text[])
  WITH ORDINALITY AS found (person_id, name, fields, numbers, number, label, state, reason, zones, place)
ORDER BY place
ON CONFLICT (batch_id, person_id) WHERE person_id IS NOT NULL DO UPDATE SET
  name = excluded.name, fields = excluded.fields, numbers = excluded.numbers,
  number = excluded.number, label = excluded.label, state = excluded.state,
  reason = excluded.reason, zones = excluded.zones, seq = excluded.seq, changed_at = now()
WHERE recipients.state = ANY(%(sources)s)
"""

FINISH = f"""
UPDATE batches b SET resolved_at = now(), resolve_lease = NULL, resolve_until = NULL, seq = seq + 1,
  resolve_not_before = NULL, resolve_wait_reason = NULL,
  -- who came by their organization has its name already
  organizations = CASE WHEN resource = 'organization' THEN 'read' ELSE organizations END,
  total = (SELECT count(*) FROM recipients WHERE batch_id = b.id)
WHERE {MINE}
"""

NAME_SOURCE = f"""
UPDATE batches SET source_name = %(name)s, seq = seq + 1
WHERE {MINE}
"""

PAY = "UPDATE batches SET tokens_used = tokens_used + %(tokens)s WHERE id = %(id)s"

COUNT_CLOSED = f"""
UPDATE batches SET won = %(won)s, lost = %(lost)s, more_closed = %(more)s,
  seq = seq + 1
WHERE {MINE} AND won IS NULL
"""

WAIT = f"""
UPDATE batches SET resolve_lease = NULL, resolve_until = NULL, resolve_wait_reason = %(reason)s,
  resolve_not_before = now() + make_interval(secs => %(seconds)s),
  resolve_tries = least(resolve_tries + 1, 100), seq = seq + 1
WHERE {MINE}
"""

REFUSE = f"""
UPDATE batches SET resolve_lease = NULL, resolve_until = NULL, refused_reason = %(reason)s,
  seq = seq + 1
WHERE {MINE}
"""

LOCK_ALL = "SELECT id FROM recipients WHERE batch_id = %(id)s ORDER BY id FOR UPDATE"

#: Whoever is finding people loses the lease, and with it the right to write what they found.
START_OVER = """
UPDATE batches SET whole_deals = %(whole_deals)s, selection = %(selection)s,
  revision = revision + 1, seq = seq + 1, won = NULL, lost = NULL, more_closed = false,
  resolved_at = NULL, resolve_lease = NULL, resolve_until = NULL, resolve_tries = 0,
  listed = false, cursor = NULL, pages = 0, total = NULL,
  records = 0, contactless = 0, missing = 0, shared = 0,
  organizations = CASE organizations WHEN 'unread' THEN 'unread' ELSE 'wanted' END
WHERE id = %(id)s AND revision = %(revision)s AND resource = 'deal' AND confirmed_at IS NULL
  AND canceled_at IS NULL AND refused_reason IS NULL
"""

FORGET = "DELETE FROM recipients WHERE batch_id = %(id)s"

RELEASE = f"UPDATE batches SET resolve_lease = NULL, resolve_until = NULL WHERE {MINE}"
