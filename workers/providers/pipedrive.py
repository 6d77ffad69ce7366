"""Reads people from Pipedrive's API v2, as the clicking rep sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx

from workers.domain.selection import Filtered, Selection
from workers.ports.budget import Budget
from workers.ports.outside import Access, PeoplePage, Person, PhoneEntry
from workers.providers.pipedrive_codes import Clock
from workers.providers.pipedrive_http import utc_now
from workers.providers.pipedrive_read import (
    IN_ID_ORDER,
    MAX_IDS,
    PAGE,
    PipedriveReader,
    Row,
    Rows,
    id_in,
    ids_wanted,
    is_deleted,
    name_in,
    narrowed,
    text_in,
)
from workers.settings import Settings


class PipedrivePeople:
    """Fulfils `ports.outside.People` (pipedrive.md §3, §4)."""

    def __init__(
        self,
        settings: Settings,
        http: httpx.AsyncClient,
        *,
        clock: Clock = utc_now,
        budget: Budget | None = None,
    ) -> None:
        self._reader = PipedriveReader(settings, http, clock=clock, budget=budget)

    async def by_ids(self, access: Access, ids: Sequence[int]) -> PeoplePage:
        """At most 100 people, in the order asked; who is not visible or deleted is missing."""
        if not ids:
            return PeoplePage(())
        rows, _ = await self._reader.page(access, "persons", ids_wanted(ids))
        found = {person.person_id: person for person in people_in(rows)}
        people = tuple(found[person_id] for person_id in dict.fromkeys(ids) if person_id in found)
        return PeoplePage(people)

    async def by_filter(
        self, access: Access, selection: Selection, cursor: str | None
    ) -> PeoplePage:
        """One page of a select-all, exclusions already dropped; it may be empty and not the last."""
        if not isinstance(selection, Filtered):
            raise TypeError("picked people are read by their ids")
        params = {"limit": str(PAGE), **IN_ID_ORDER, **narrowed(selection)}
        rows, next_cursor = await self._reader.page(access, "persons", params, cursor)
        people = tuple(p for p in people_in(rows) if p.person_id not in selection.excluded)
        return PeoplePage(people, next_cursor)

    async def everybody(self, access: Access, cursor: str | None) -> PeoplePage:
        """One page of all people with ids that fall, so the last one says how many may follow."""
        params = {"limit": str(PAGE), **IN_ID_ORDER, "sort_direction": "desc"}
        rows, next_cursor = await self._reader.page(access, "persons", params, cursor)
        return PeoplePage(tuple(people_in(rows)), next_cursor)

    async def organization_names(self, access: Access, ids: Sequence[int]) -> dict[int, str]:
        """Names by id, 10 tokens per 100: read when a text asks for them, not before."""
        names: dict[int, str] = {}
        for some in _groups(sorted(set(ids))):
            rows, _ = await self._reader.page(access, "organizations", ids_wanted(some))
            names |= {row["id"]: name_in(row, "name") for row in rows if not is_deleted(row)}
        return names


def _groups(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), MAX_IDS):
        yield ids[start : start + MAX_IDS]


def people_in(rows: Rows) -> Iterator[Person]:
    """The people of an answer who still are in Pipedrive."""
    return (_person(row) for row in rows if not is_deleted(row))


def _person(row: Row) -> Person:
    """V2's shape (pipedrive.md §3.4), in which everything but the id may be null or missing."""
    first, last = name_in(row, "first_name"), name_in(row, "last_name")
    phones = row.get("phones")
    return Person(
        person_id=row["id"],
        name=name_in(row, "name") or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        org_id=id_in(row, "org_id"),
        phones=tuple(_phones(phones if isinstance(phones, list) else [])),
    )


def _phones(entries: Sequence[object]) -> Iterator[PhoneEntry]:
    """Blank values are old Pipedrive's way of saying "none" (MIG)."""
    for entry in entries:
        if isinstance(entry, dict) and (value := text_in(entry, "value")):
            yield PhoneEntry(value, text_in(entry, "label"), entry.get("primary") is True)
