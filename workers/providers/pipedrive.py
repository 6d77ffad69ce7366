"""Reads people from Pipedrive's API v2, as the clicking rep sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import stamina

from workers.domain.action import Filtered, Selection
from workers.domain.errors import Misconfigured, Rejected, Unavailable
from workers.domain.person import clean_line
from workers.ports.outside import Access, PeoplePage, Person, PhoneEntry
from workers.providers.pipedrive_codes import LIST_TOKENS, Clock, is_worth_a_quick_try
from workers.providers.pipedrive_http import PipedriveHttp, api_origin, utc_now
from workers.settings import Settings

MAX_IDS = 100  # V2: `ids` takes at most so many; more is a 400
PAGE = 500  # V2: a page costs the same whatever its size

# V2 documents no order that holds while somebody edits; ids never move.
_IN_ID_ORDER = {"sort_by": "id", "sort_direction": "asc"}

Rows = Sequence[Mapping[str, Any]]


class PipedrivePeople:
    """Fulfils `ports.outside.People` (pipedrive.md §3, §4)."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, *, clock: Clock = utc_now
    ) -> None:
        self._settings = settings
        self._http = PipedriveHttp(http, timeout=settings.pipedrive_timeout, clock=clock)

    async def by_ids(self, access: Access, ids: Sequence[int]) -> PeoplePage:
        """At most 100 people, in the order asked; who is not visible or deleted is missing."""
        if not ids:
            return PeoplePage(())
        rows, _ = await self._list(access, "persons", _ids(ids))
        found = {person.person_id: person for person in _people(rows)}
        people = tuple(found[person_id] for person_id in dict.fromkeys(ids) if person_id in found)
        return PeoplePage(people, tokens=LIST_TOKENS)

    async def by_filter(
        self, access: Access, selection: Selection, cursor: str | None
    ) -> PeoplePage:
        """One page of a select-all, exclusions already dropped; it may be empty and not the last."""
        if not isinstance(selection, Filtered):
            raise TypeError("picked people are read by their ids")
        params = {"limit": str(PAGE), **_IN_ID_ORDER, **_narrowed(selection)}
        if cursor is not None:
            params["cursor"] = cursor
        rows, next_cursor = await self._list(access, "persons", params)
        if next_cursor is not None and next_cursor == cursor:
            raise Misconfigured("cursor", "Pipedrive's list leads back to the same page")
        people = tuple(p for p in _people(rows) if p.person_id not in selection.excluded)
        return PeoplePage(people, next_cursor, tokens=LIST_TOKENS)

    async def filter_name(self, access: Access, filter_id: int) -> str:
        """The saved filter's name; "" where it is gone or somebody else's."""
        try:
            body = await self._get(access, f"/api/v1/filters/{filter_id}", {})
        except Rejected:
            return ""
        except Misconfigured as refusal:
            if refusal.code == "401":
                raise
            return ""
        data = body.get("data")
        return _name(data, "name") if isinstance(data, dict) else ""

    async def organization_names(self, access: Access, ids: Sequence[int]) -> dict[int, str]:
        """Names by id, 10 tokens per 100: read when a text asks for them, not before."""
        names: dict[int, str] = {}
        for some in _groups(sorted(set(ids))):
            rows, _ = await self._list(access, "organizations", _ids(some))
            names |= {row["id"]: _name(row, "name") for row in rows if not _is_deleted(row)}
        return names

    async def _list(
        self, access: Access, kind: str, params: Mapping[str, str]
    ) -> tuple[Rows, str | None]:
        """The rows of one page and where the next one begins."""
        body = await self._get(access, f"/api/v2/{kind}", params)
        rows = body.get("data") or []
        if not isinstance(rows, list) or not all(map(_has_id, rows)):
            raise Unavailable("shape", "Pipedrive's list is not one")
        more = body.get("additional_data")
        cursor = more.get("next_cursor") if isinstance(more, dict) else None
        return rows, cursor if isinstance(cursor, str) and cursor else None

    async def _get(self, access: Access, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """A read that is tried again at once when a hiccup is likely; long waits are the stage's."""
        url = api_origin(self._settings, access.api_domain) + path
        async for attempt in stamina.retry_context(
            on=is_worth_a_quick_try, attempts=3, timeout=None, wait_initial=0.2, wait_jitter=0.2
        ):
            with attempt:
                return await self._http.get(url, access.access_token, params)
        raise AssertionError("stamina ends in an answer or an error")


def _ids(ids: Sequence[int]) -> dict[str, str]:
    if len(ids) > MAX_IDS:
        raise ValueError(f"Pipedrive takes at most {MAX_IDS} ids a call")
    return {"ids": ",".join(map(str, ids)), "limit": str(MAX_IDS)}


def _narrowed(selection: Filtered) -> dict[str, str]:
    """V2: with `filter_id`, `owner_id` would be ignored without a word, so it is one or the other."""
    match selection.by:
        case "filter":
            return {"filter_id": str(selection.id)}
        case "owner":
            return {"owner_id": str(selection.id)}
        case "everyone":
            return {}


def _groups(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), MAX_IDS):
        yield ids[start : start + MAX_IDS]


def _people(rows: Rows) -> Iterator[Person]:
    return (_person(row) for row in rows if not _is_deleted(row))


def _person(row: Mapping[str, Any]) -> Person:
    """V2's shape (pipedrive.md §3.4), in which everything but the id may be null or missing."""
    first, last = _name(row, "first_name"), _name(row, "last_name")
    org_id = row.get("org_id")
    phones = row.get("phones")
    return Person(
        person_id=row["id"],
        name=_name(row, "name") or f"{first} {last}".strip(),
        first_name=first,
        last_name=last,
        org_id=org_id if isinstance(org_id, int) else None,
        phones=tuple(_phones(phones if isinstance(phones, list) else [])),
    )


def _phones(entries: Sequence[object]) -> Iterator[PhoneEntry]:
    """Blank values are old Pipedrive's way of saying "none" (MIG)."""
    for entry in entries:
        if isinstance(entry, dict) and (value := _text(entry, "value")):
            yield PhoneEntry(value, _text(entry, "label"), entry.get("primary") is True)


def _name(row: Mapping[str, Any], key: str) -> str:
    """One line that can be stored: a NUL or half a character would stop the page for everybody."""
    return clean_line(_text(row, key))


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def _has_id(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)


def _is_deleted(row: Mapping[str, Any]) -> bool:
    return row.get("is_deleted") is True
