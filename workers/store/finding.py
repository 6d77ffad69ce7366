"""The ledger while a batch's people are found: leased, page by page, restartable at any line."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

import uuid_utils.compat as ids
from psycopg.types.json import Jsonb

from workers.domain.action import Selection, selection_from_json, selection_to_json
from workers.domain.delivery import Cause, State, sources
from workers.ports.finding import NO_RECORDS, NOT_WALKED, Found, Resolving, Tally, Walked
from workers.ports.records import ClosedDeals
from workers.store.database import Connection, Pool, again, array, one, rows, write
from workers.store.finding_sql import (
    COUNT_CLOSED,
    DUE,
    FINISH,
    FORGET,
    INSERT_PENDING,
    KEEP,
    LEASE,
    LISTED,
    LOCK_ALL,
    NAME_SOURCE,
    NEXT_CHOSEN,
    PAGE_DONE,
    PAY,
    REACHED,
    REFUSE,
    RELEASE,
    START_OVER,
    TAKEN,
    WAIT,
)
from workers.store.selected import FORGET_LIST, keep_walked
from workers.store.suppressions import reasons_of


class PgFinding:
    """Writes what is found; without the lease every write does nothing."""

    def __init__(self, pool: Pool, *, keys: Sequence[str]) -> None:
        self._pool = pool
        self._keys = keys

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
            closed_counted=row["won"] is not None,
            countries=row["countries"] or (),
            timezone=row["timezone"],
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
            return await reasons_of(
                connection, self._keys, numbers, company_id=company_id, channel=channel
            )

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
        walked: Walked = NOT_WALKED,
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
            await keep_walked(connection, work, walked)
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

    async def name_source(self, work: Resolving, name: str) -> bool:
        return await self._write(NAME_SOURCE, work, name=name)

    async def pay(self, work: Resolving, tokens: int) -> None:
        if tokens:
            async with self._pool.connection() as connection:
                await write(connection, PAY, id=work.batch_id, tokens=tokens)

    async def count_closed(self, work: Resolving, closed: ClosedDeals) -> bool:
        return await self._write(COUNT_CLOSED, work, **asdict(closed))

    async def finish(self, work: Resolving) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            if await write(connection, FINISH, **_mine(work)) != 1:
                return False
            await write(connection, FORGET_LIST, id=work.batch_id)
        return True

    async def wait(self, work: Resolving, *, seconds: float, reason: str) -> bool:
        return await self._write(WAIT, work, seconds=seconds, reason=reason)

    async def refuse(self, work: Resolving, reason: str) -> bool:
        return await self._write(REFUSE, work, reason=reason)

    async def release(self, work: Resolving) -> None:
        await self._write(RELEASE, work)

    @again
    async def start_over(
        self, batch_id: UUID, *, revision: int, selection: Selection, whole_deals: bool
    ) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            await rows(connection, LOCK_ALL, id=batch_id)
            chosen = {"selection": Jsonb(selection_to_json(selection)), "whole_deals": whole_deals}
            if not await write(connection, START_OVER, id=batch_id, revision=revision, **chosen):
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
        "person": array(person.person_id for person in people),
        "name": array(person.name for person in people),
        "fields": array(json.dumps(person.fields) for person in people),
        "numbers": array(json.dumps(list(person.numbers)) for person in people),
        "number": array(person.number for person in people),
        "label": array(person.label for person in people),
        "state": array("ready" if reason is None else "skipped" for _, reason in decided),
        "reason": array(reason for _, reason in decided),
        "zones": array(person.zones for person in people),
    }
