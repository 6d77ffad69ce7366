"""A claim that was certainly not sent gives its number back to whoever was texted on it before."""

from __future__ import annotations

#: Attempts after which nobody has a text; a look-up or a late receipt may still say otherwise.
IN_VAIN = "('not_sent', 'failed', 'undelivered', 'canceled')"

#: Every text that somebody may have got on the number, of the company's on this channel. Tests go
#: to their rep and are nobody's text. The caller names the row of `texted` that it is about: `t`.
MAY_HAVE = f"""
FROM recipients r JOIN attempts a ON a.recipient_id = r.id JOIN batches o ON o.id = a.batch_id
WHERE r.number = t.number AND a.number = t.number AND a.company_id = t.company_id
  AND o.channel = t.channel AND o.test_of IS NULL AND a.state NOT IN {IN_VAIN}"""

#: The claim had taken the row from an earlier text, which the guard must go on to know.
RELEASE = f"""
WITH gone AS (
  SELECT t.* FROM texted t JOIN unnest(%(companies)s::bigint[], %(channels)s::text[],
    %(numbers)s::text[], %(recipients)s::bigint[]) AS gone (company_id, channel, number, recipient_id)
    USING (company_id, channel, number, recipient_id)
), before AS (
  SELECT t.company_id, t.channel, t.number, last.* FROM gone t CROSS JOIN LATERAL (
    SELECT a.recipient_id, a.body_hash, a.started_at {MAY_HAVE}
    ORDER BY a.started_at DESC LIMIT 1) last
), put_back AS (
  UPDATE texted t SET recipient_id = b.recipient_id, body_hash = b.body_hash, texted_at = b.started_at
  FROM before b WHERE (t.company_id, t.channel, t.number) = (b.company_id, b.channel, b.number)
)
DELETE FROM texted t USING gone
WHERE (t.company_id, t.channel, t.number) = (gone.company_id, gone.channel, gone.number)
  AND t.recipient_id = gone.recipient_id
  AND NOT EXISTS (SELECT FROM before b
    WHERE (b.company_id, b.channel, b.number) = (t.company_id, t.channel, t.number))
"""
