"""Reads deals, organizations and activities from Pipedrive, and who belongs to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import httpx

from workers.domain.errors import Misconfigured, Rejected
from workers.domain.selection import Filtered
from workers.ports.budget import Budget
from workers.ports.outside import Access, PeoplePage
from workers.ports.records import ClosedDeals, Record, RecordsPage
from workers.providers.pipedrive import people_in
from workers.providers.pipedrive_codes import Clock
from workers.providers.pipedrive_http import utc_now
from workers.providers.pipedrive_read import (
    IN_ID_ORDER,
    PAGE,
    PipedriveReader,
    Row,
    id_in,
    ids_wanted,
    is_deleted,
    name_in,
    narrowed,
)
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class _Kind:
    """How v2 and the filters of v1 call a resource, and the field that names a record."""

    path: str
    filter_type: str
    title: str
    belongs: str = ""  # the parameter of `/persons` for everybody of one record (§3.5)


_KINDS = {
    "person": _Kind("persons", "people", "name"),
    "deal": _Kind("deals", "deals", "title", "deal_id"),
    "organization": _Kind("organizations", "org", "name", "org_id"),
    "activity": _Kind("activities", "activity", "subject"),
}


class PipedriveRecords:
    """Fulfils `ports.records.Records` (pipedrive.md §3.2, §3.5, §4)."""

    def __init__(
        self,
        settings: Settings,
        http: httpx.AsyncClient,
        *,
        clock: Clock = utc_now,
        budget: Budget | None = None,
    ) -> None:
        self._reader = PipedriveReader(settings, http, clock=clock, budget=budget)

    async def by_ids(self, access: Access, resource: str, ids: Sequence[int]) -> RecordsPage:
        """At most 100 records, in the order asked; the others are deleted or not visible."""
        if not ids:
            return RecordsPage(())
        rows, _ = await self._reader.page(access, _KINDS[resource].path, ids_wanted(ids))
        found = {row["id"]: _record(row, resource) for row in rows if not is_deleted(row)}
        records = tuple(found[one] for one in dict.fromkeys(ids) if one in found)
        return RecordsPage(records)

    async def by_filter(
        self, access: Access, resource: str, selection: Filtered, cursor: str | None
    ) -> RecordsPage:
        """One page of a select-all, exclusions and other kinds and days already dropped."""
        params = {"limit": str(PAGE), **_order(selection), **_asked(resource, selection)}
        path = _KINDS[resource].path
        rows, next_cursor = await self._reader.page(access, path, params, cursor)
        if any(_is_past(row, selection) for row in rows):
            next_cursor = None
        records = tuple(
            _record(row, resource)
            for row in rows
            if not is_deleted(row)
            and row["id"] not in selection.excluded
            and _is_in(row, selection)
        )
        return RecordsPage(records, next_cursor)

    async def closed_deals(self, access: Access, selection: Filtered) -> ClosedDeals:
        """One page tells: v2 has no total count at any price (§3.3), so many are "more than"."""
        params = {"limit": str(PAGE), **IN_ID_ORDER, **narrowed(selection), "status": "won,lost"}
        rows, next_cursor = await self._reader.page(access, "deals", params)
        said = Counter(
            row.get("status")
            for row in rows
            if not is_deleted(row) and row["id"] not in selection.excluded
        )
        return ClosedDeals(said["won"], said["lost"], more=next_cursor is not None)

    async def people_of(
        self, access: Access, resource: str, record_id: int, cursor: str | None
    ) -> PeoplePage:
        """Everybody at an organization, or everybody linked to a deal: 10 tokens a record."""
        params = {"limit": str(PAGE), **IN_ID_ORDER, _KINDS[resource].belongs: str(record_id)}
        rows, next_cursor = await self._reader.page(access, "persons", params, cursor)
        return PeoplePage(tuple(people_in(rows)), next_cursor)

    async def filter_name(self, access: Access, resource: str, filter_id: int) -> str:
        """The saved filter's name, after a look that it is one of these records' (§4: 2 tokens)."""
        try:
            body = await self._reader.get(access, f"/api/v1/filters/{filter_id}", {})
        except Rejected as gone:
            raise _gone(gone.request_id) from gone
        except Misconfigured as refusal:
            if refusal.code != "403":  # 403 = somebody else's private filter
                raise
            raise _gone(refusal.request_id) from refusal
        said = body.get("data")
        if not isinstance(said, dict) or said.get("active_flag") is False:
            raise _gone("")
        if said.get("type") != _KINDS[resource].filter_type:
            raise Rejected("filter_type", "the filter is for other records")
        return name_in(said, "name")


def _gone(request_id: str) -> Rejected:
    return Rejected("filter_gone", "no such filter for this user", request_id=request_id)


def _record(row: Row, resource: str) -> Record:
    """What we use of a row; ids are plain numbers in v2 (§3.4)."""
    return Record(
        row["id"],
        name_in(row, _KINDS[resource].title),
        tuple(dict.fromkeys(_people(row))),
        id_in(row, "org_id"),
    )


def _people(row: Row) -> Iterator[int]:
    """The people that a row names, the primary one first."""
    if (primary := id_in(row, "person_id")) is not None:
        yield primary
    participants = row.get("participants")
    for entry in participants if isinstance(participants, list) else []:
        if isinstance(entry, dict) and (person_id := id_in(entry, "person_id")) is not None:
            yield person_id


def _asked(resource: str, selection: Filtered) -> dict[str, str]:
    """Without a saved filter a list of deals means the open ones; v2 would answer all (§4)."""
    is_open = resource == "deal" and selection.by != "filter" and not selection.closed_too
    return {**narrowed(selection), **({"status": "open"} if is_open else {})}


def _order(selection: Filtered) -> dict[str, str]:
    """By id, as ids never move; a list of some days goes by day, so that it may end early (§4)."""
    if selection.since is not None:
        return {"sort_by": "due_date", "sort_direction": "desc"}
    if selection.until is not None:
        return {"sort_by": "due_date", "sort_direction": "asc"}
    return IN_ID_ORDER


def _is_past(row: Row, selection: Filtered) -> bool:
    """Whether in the order of `_order` nothing that is wanted can follow this row."""
    due = _due(row)
    if due is None:
        return False
    if selection.since is not None:
        return due < selection.since
    return selection.until is not None and due > selection.until


def _is_in(row: Row, selection: Filtered) -> bool:
    """v2 has no parameters for an activity's kind and day, so we look ourselves (§3.2)."""
    if selection.kinds and row.get("type") not in selection.kinds:
        return False
    if selection.since is None and selection.until is None:
        return True
    due = _due(row)
    return due is not None and (selection.since or due) <= due <= (selection.until or due)


def _due(row: Row) -> date | None:
    value = row.get("due_date")
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
