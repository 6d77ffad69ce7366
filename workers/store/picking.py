"""Who of a draft is texted, and on which number: one conditional edit at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.domain.place import zones_of
from workers.domain.reason import Reason
from workers.ports.picking import Candidate, Picked, Searched, Taken
from workers.store.database import Connection, Pool, Row, again, one, rows, write
from workers.store.rows import SEARCHED, search

#: People first, by id, then their batch: the lock order of design §4.
LOCK = """
SELECT r.id, r.name, r.state, r.reason, r.number, r.label, r.numbers FROM recipients r
WHERE r.batch_id = %(id)s AND r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE
"""

FOUND = f"""
SELECT r.id, r.number FROM recipients r
WHERE r.batch_id = %(id)s AND r.state = %(state)s
  AND (%(reason)s::text IS NULL OR r.reason = %(reason)s) AND {SEARCHED}
ORDER BY r.id FOR UPDATE
"""

#: Whoever holds the draft's row is alone: numbers cannot collide and nobody confirms meanwhile.
EDIT = """
UPDATE batches SET revision = revision + 1, seq = seq + 1
WHERE id = %(id)s AND revision = %(revision)s AND confirmed_at IS NULL AND canceled_at IS NULL
  AND refused_reason IS NULL
RETURNING revision, seq
"""

REVISION = "SELECT revision FROM batches WHERE id = %(id)s"

LEAVE_OUT = """
UPDATE recipients SET state = 'skipped', reason = %(reason)s, seq = %(seq)s, changed_at = now()
WHERE id = ANY(%(ids)s) AND state = ANY(%(sources)s)
"""

ON_NUMBERS = """
SELECT name, number FROM recipients
WHERE batch_id = %(id)s AND number = ANY(%(numbers)s) AND id <> ALL(%(ids)s)
  AND state NOT IN ('skipped', 'canceled')
"""

PUT_IN = """
UPDATE recipients SET state = 'ready', reason = NULL, number = %(number)s, label = %(label)s,
  seq = %(seq)s, changed_at = now(), not_before = NULL,
  -- to put somebody back who was just texted is to say: text them all the same, on this number
  override = number IS NOT DISTINCT FROM %(number)s AND (
    override OR coalesce(reason IN ('texted_recently', 'same_text', 'in_another'), false)),
  zones = coalesce(nullif(%(zones)s, ''), (
    SELECT i.timezone FROM batches b JOIN installations i USING (company_id, user_id)
    WHERE b.id = batch_id), '')
WHERE id = %(recipient_id)s AND state = ANY(%(sources)s)
"""

PUT_BACK = """
UPDATE recipients SET state = 'ready', reason = NULL, seq = %(seq)s, changed_at = now()
WHERE id = ANY(%(ids)s) AND state = ANY(%(sources)s)
"""


class PgPicking:
    """Writes who of a draft is texted."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def person(self, batch_id: UUID, recipient_id: int) -> Candidate | None:
        sql = LOCK.removesuffix("FOR UPDATE\n")
        async with self._pool.connection() as connection:
            row = await one(connection, sql, id=batch_id, ids=[recipient_id])
        if row is None:
            return None
        kept = ("id", "name", "state", "reason", "number", "numbers")
        return Candidate(**{name: row[name] for name in kept})

    @again
    async def leave_out(
        self, batch_id: UUID, *, revision: int, who: Sequence[int] | Searched
    ) -> Picked | None:
        async with self._pool.connection() as connection, connection.transaction():
            wanted = await _locked(connection, batch_id, who, State.READY)
            ids = [row["id"] for row in wanted]
            if not ids:
                return await _as_it_is(connection, batch_id)
            edit = await one(connection, EDIT, id=batch_id, revision=revision)
            if edit is None:
                return None
            moved = await write(
                connection,
                LEAVE_OUT,
                ids=ids,
                reason=Reason.UNTICKED,
                seq=edit["seq"],
                sources=sources(Cause.DRAFT, State.SKIPPED),
            )
        return Picked(edit["revision"], moved)

    @again
    async def put_in(
        self, batch_id: UUID, *, revision: int, recipient_id: int, number: str, label: str
    ) -> Picked | Taken | None:
        async with (
            self._pool.connection() as connection,
            connection.transaction() as all_or_nothing,
        ):
            found = await rows(connection, LOCK, id=batch_id, ids=[recipient_id])
            if all((row["state"], row["number"]) == ("ready", number) for row in found):
                return await _as_it_is(connection, batch_id)
            edit = await one(connection, EDIT, id=batch_id, revision=revision)
            if edit is None:
                return None
            theirs = {"id": batch_id, "numbers": [number], "ids": [recipient_id]}
            other = await one(connection, ON_NUMBERS, **theirs)
            if other is not None:
                all_or_nothing.force_rollback = True
                return Taken(other["name"])
            moved = await write(
                connection,
                PUT_IN,
                recipient_id=recipient_id,
                number=number,
                label=label,
                zones=" ".join(zones_of(number)),
                seq=edit["seq"],
                # another number for somebody who is texted anyway is no move of theirs
                sources=[*sources(Cause.DRAFT, State.READY), State.READY],
            )
        return Picked(edit["revision"], moved)

    @again
    async def put_back(self, batch_id: UUID, *, revision: int, who: Searched) -> Picked | None:
        async with self._pool.connection() as connection, connection.transaction():
            wanted = await _locked(connection, batch_id, who, State.SKIPPED)
            if not wanted:
                return await _as_it_is(connection, batch_id)
            edit = await one(connection, EDIT, id=batch_id, revision=revision)
            if edit is None:
                return None
            moved = await write(
                connection,
                PUT_BACK,
                ids=await _free(connection, batch_id, wanted),
                seq=edit["seq"],
                sources=sources(Cause.DRAFT, State.READY),
            )
        return Picked(edit["revision"], moved)


async def _locked(
    connection: Connection, batch_id: UUID, who: Sequence[int] | Searched, state: State
) -> list[Row]:
    """Those of them in `state`; of the skipped only who was left out by hand."""
    if isinstance(who, Searched):
        reason = Reason.UNTICKED if state is State.SKIPPED else None
        found = {"id": batch_id, "state": state, "reason": reason, **search(who.query)}
        return await rows(connection, FOUND, **found)
    named = await rows(connection, LOCK, id=batch_id, ids=list(who))
    return [row for row in named if row["state"] == state]


async def _free(connection: Connection, batch_id: UUID, wanted: Sequence[Row]) -> list[int]:
    """The first of each number that nobody else is texted on."""
    first = {row["number"]: row["id"] for row in reversed(wanted) if row["number"]}
    others = {"id": batch_id, "numbers": list(first), "ids": [row["id"] for row in wanted]}
    for row in await rows(connection, ON_NUMBERS, **others):
        first.pop(row["number"], None)
    return list(first.values())


async def _as_it_is(connection: Connection, batch_id: UUID) -> Picked | None:
    """Nothing to change: a second click on the same button is no conflict."""
    batch = await one(connection, REVISION, id=batch_id)
    return Picked(batch["revision"], 0) if batch else None
