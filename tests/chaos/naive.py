"""The worker that everybody writes first: sends whoever is not recorded as sent, then records it.

The control of R1: killed between the two it sends again, and the suite must say so.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import uuid_utils.compat as ids

from workers.ports.outside import Account, Message
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.settings import Settings
from workers.stages.send import write_text
from workers.store.database import Pool, make_pool, rows, write

AT_ONCE = 20

WAITING = """
SELECT r.id, r.number, r.fields, b.body, b.company_id FROM recipients r
JOIN batches b ON b.id = r.batch_id
WHERE r.state = 'ready' AND b.confirmed_at IS NOT NULL ORDER BY r.id LIMIT %(most)s
"""
#: With its attempt and SID, as far as a naive worker keeps books at all.
SENT = """
WITH kept AS (
  INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender, number,
    body_hash, state, sid, answered_at)
  SELECT %(attempt)s::uuid, r.id, r.batch_id, b.company_id, 'AC', '', r.number, ''::bytea, 'accepted', %(sid)s, now()
  FROM recipients r JOIN batches b ON b.id = r.batch_id WHERE r.id = %(id)s
), news AS (
  UPDATE batches SET seq = seq + 1 WHERE id = (SELECT batch_id FROM recipients WHERE id = %(id)s)
)
UPDATE recipients SET state = 'accepted', attempt_id = %(attempt)s::uuid WHERE id = %(id)s AND state = 'ready'
"""


async def text(
    runtime: Runtime, pool: Pool, account: Account, person: int, to: str, body: str
) -> None:
    """Sends, then says so: what happens between the two is the whole point."""
    attempt: UUID = ids.uuid7()
    report = await runtime.messenger.send(account, Message(attempt, to, body, "", 3_600))
    async with pool.connection() as connection:
        await write(connection, SENT, id=person, attempt=attempt, sid=report.sid)


async def main() -> None:
    """Until killed."""
    settings = Settings()
    async with open_runtime(settings) as runtime, make_pool(settings) as pool:
        while True:
            async with pool.connection() as connection:
                people = await rows(connection, WAITING, most=AT_ONCE)
            sending = []
            for row in people:
                account = await runtime.accounts.of(row["company_id"])
                body, _ = write_text(row["body"], row["fields"])
                if account is not None:
                    sending.append(text(runtime, pool, account, row["id"], row["number"], body))
            await asyncio.gather(*sending, return_exceptions=True)
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
