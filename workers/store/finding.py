"""The ledger while a batch's people are found: leased, page by page, restartable at any line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

import uuid_utils.compat as ids
from psycopg.types.json import Jsonb

from workers.domain.action import selection_from_json
from workers.domain.delivery import Cause, State, sources
from workers.ports.finding import NO_RECORDS, Found, Resolving, Tally
from workers.store.database import Connection, Pool, again, one, rows, write
from workers.store.finding_sql import (
    DUE,
    FINISH,
    FORGET,
    INSERT_PENDING,
    KEEP,
    KNOWN,
    LEASE,
    LISTED,
    LOCK_ALL,
    NAME_SOURCE,
    NEXT_CHOSEN,
    PAGE_DONE,
    REACHED,
    REFUSE,
    RELEASE,
    START_OVER,
    TAKEN,
    WAIT,
)


class PgFinding:
    """Writes what is found; without the lease every write does nothing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lease(self, batch_id: UUID, *, seconds: float) -> Resolving | None:
        lease = ids.uuid7()
        async with self._pool.connection() as connection:
            row = await one(connection, LEASE, id=batch_id, lease=lease, seconds=seconds)
        if row is None:
            return None
        return Resolving(
            batch_id=batch_id,
            lease=lease,
            company_id=row["company_id"],
            user_id=row["user_id"],
            country=row["country"],
            channel=row["channel"],
            resource=row["resource"],
            selection=selection_from_json(row["selection"]),
            listed=row["listed"],
            cursor=row["cursor"],
            pages=row["pages"],
            resolved=row["resolved_at"] is not None,
            tries=row["resolve_tries"],
            records=row["records"],
            whole_deals=row["whole_deals"],
            source_name=row["source_name"],
        )

    async def list_chosen(self, work: Resolving, ids: Sequence[int]) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            listed = await one(connection, LISTED, **_mine(work), total=len(ids))
            if listed is None:
                return False
            await write(
                connection, INSERT_PENDING, id=work.batch_id, people=list(ids), seq=listed["seq"]
            )
        return True

    async def next_chosen(self, work: Resolving, *, limit: int) -> Sequence[int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, NEXT_CHOSEN, id=work.batch_id, limit=limit)
        return [row["person_id"] for row in found]

    async def known(
        self, company_id: int, channel: str, numbers: Sequence[str]
    ) -> Mapping[str, str]:
        async with self._pool.connection() as connection:
            found = await rows(
                connection, KNOWN, company_id=company_id, channel=channel, numbers=list(numbers)
            )
        return {row["number"]: row["reason"] for row in found}

    @again
    async def keep_page(
        self,
        work: Resolving,
        found: Sequence[Found],
        *,
        next_cursor: str | None,
        tokens: int,
        seconds: float,
        tally: Tally = NO_RECORDS,
    ) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            # The batch's row first: whoever holds it is alone, so numbers cannot collide meanwhile.
            done = await one(
                connection,
                PAGE_DONE,
                **_mine(work),
                old=work.cursor,
                cursor=next_cursor,
                tokens=tokens,
                seconds=seconds,
                **asdict(tally),
            )
            if done is None:
                return False
            decided = await self._one_per_number(connection, work, found)
            await write(
                connection,
                KEEP,
                id=work.batch_id,
                seq=done["seq"],
                **_columns(decided),
                sources=sources(Cause.RESOLVE, State.READY),
            )
        return True

    async def _one_per_number(
        self, connection: Connection, work: Resolving, found: Sequence[Found]
    ) -> list[tuple[Found, str | None]]:
        """Each person with their reason; the second of two on one number is left out."""
        wanted = [person.number for person in found if person.number and person.reason is None]
        taken = await rows(connection, TAKEN, id=work.batch_id, numbers=wanted)
        seen = {row["number"] for row in taken}
        decided: list[tuple[Found, str | None]] = []
        # Lists that change while they are read may say somebody twice; a record of nobody stays.
        once = {person.person_id or -place: person for place, person in enumerate(found, 1)}
        for person in once.values():
            reason = person.reason
            if reason is None and person.number in seen:
                reason = "same_number"
            if reason is None and person.number:
                seen.add(person.number)
            decided.append((person, reason))
        return decided

    async def reached(self, work: Resolving, person_ids: Sequence[int]) -> Collection[int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, REACHED, id=work.batch_id, people=list(person_ids))
        return {row["person_id"] for row in found}

    async def name_source(self, work: Resolving, name: str, *, tokens: int) -> bool:
        return await self._write(NAME_SOURCE, work, name=name, tokens=tokens)

    async def finish(self, work: Resolving) -> bool:
        return await self._write(FINISH, work)

    async def wait(self, work: Resolving, *, seconds: float, reason: str) -> bool:
        return await self._write(WAIT, work, seconds=seconds, reason=reason)

    async def refuse(self, work: Resolving, reason: str) -> bool:
        return await self._write(REFUSE, work, reason=reason)

    async def release(self, work: Resolving) -> None:
        await self._write(RELEASE, work)

    @again
    async def start_over(self, batch_id: UUID, *, revision: int, whole_deals: bool) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            await rows(connection, LOCK_ALL, id=batch_id)
            given = {"id": batch_id, "revision": revision, "whole_deals": whole_deals}
            if not await write(connection, START_OVER, **given):
                return False
            await write(connection, FORGET, id=batch_id)
        return True

    async def due(self, *, limit: int = 20) -> Sequence[UUID]:
        async with self._pool.connection() as connection:
            return [row["id"] for row in await rows(connection, DUE, limit=limit)]

    async def _write(self, sql: str, work: Resolving, **params: object) -> bool:
        async with self._pool.connection() as connection:
            return await write(connection, sql, **_mine(work), **params) == 1


def _mine(work: Resolving) -> dict[str, object]:
    return {"id": work.batch_id, "lease": work.lease}


def _columns(decided: Sequence[tuple[Found, str | None]]) -> dict[str, object]:
    people = [person for person, _ in decided]
    return {
        "person": [person.person_id for person in people],
        "name": [person.name for person in people],
        "fields": [Jsonb(person.fields) for person in people],
        "numbers": [Jsonb(list(person.numbers)) for person in people],
        "number": [person.number for person in people],
        "label": [person.label for person in people],
        "state": ["ready" if reason is None else "skipped" for _, reason in decided],
        "reason": [reason for _, reason in decided],
    }
