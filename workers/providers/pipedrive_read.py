"""Reads lists from Pipedrive's API v2: one page a call, tried again at once after a hiccup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import stamina

from workers.domain.errors import Misconfigured, Unavailable
from workers.domain.person import clean_line
from workers.domain.selection import Filtered
from workers.ports.budget import Budget
from workers.ports.outside import Access
from workers.providers.pipedrive_codes import Clock, is_worth_a_quick_try
from workers.providers.pipedrive_http import PipedriveHttp, api_origin
from workers.providers.pipedrive_meter import Metered
from workers.settings import Settings

MAX_IDS = 100  # V2: `ids` takes at most so many; more is a 400
PAGE = 500  # V2: a page costs the same whatever its size

# V2 documents no order that holds while somebody edits; ids never move.
IN_ID_ORDER = {"sort_by": "id", "sort_direction": "asc"}

Row = Mapping[str, Any]
Rows = Sequence[Row]


class PipedriveReader:
    """Calls Pipedrive as one user."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, *, clock: Clock, budget: Budget | None
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._http = PipedriveHttp(http, timeout=settings.pipedrive_timeout, clock=clock)

    async def page(
        self, access: Access, kind: str, params: Mapping[str, str], cursor: str | None = None
    ) -> tuple[Rows, str | None]:
        """The rows of one page and where the next one begins."""
        asked = dict(params) if cursor is None else {**params, "cursor": cursor}
        body = await self.get(access, f"/api/v2/{kind}", asked)
        rows = body.get("data") or []
        if not isinstance(rows, list) or not all(map(_has_id, rows)):
            raise Unavailable("shape", "Pipedrive's list is not one")
        more = body.get("additional_data")
        found = more.get("next_cursor") if isinstance(more, dict) else None
        if not isinstance(found, str) or not found:
            return rows, None
        if found == cursor:
            raise Misconfigured("cursor", "Pipedrive's list leads back to the same page")
        return rows, found

    async def get(self, access: Access, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """A read that is tried again at once when a hiccup is likely; long waits are the stage's."""
        url = api_origin(self._settings, access.api_domain) + path
        metered = Metered(self._budget, access, path) if self._budget else None
        async for attempt in stamina.retry_context(
            on=is_worth_a_quick_try, attempts=3, timeout=None, wait_initial=0.2, wait_jitter=0.2
        ):
            with attempt:
                return await self._http.get(url, access.access_token, params, metered=metered)
        raise AssertionError("stamina ends in an answer or an error")


def ids_wanted(ids: Sequence[int]) -> dict[str, str]:
    """The parameters that ask for exactly these."""
    if len(ids) > MAX_IDS:
        raise ValueError(f"Pipedrive takes at most {MAX_IDS} ids a call")
    return {"ids": ",".join(map(str, ids)), "limit": str(MAX_IDS)}


def narrowed(selection: Filtered) -> dict[str, str]:
    """V2: with `filter_id`, `owner_id` would be ignored without a word, so it is one or the other."""
    match selection.by:
        case "filter":
            return {"filter_id": str(selection.id)}
        case "owner":
            return {"owner_id": str(selection.id)}
        case "everyone":
            return {}


def name_in(row: Row, key: str) -> str:
    """One line that can be stored: a NUL or half a character would stop the page for everybody."""
    return clean_line(text_in(row, key))


def text_in(row: Row, key: str) -> str:
    """A field as typed, or ""; everything but the id may be null or missing (pipedrive.md §3.4)."""
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def id_in(row: Row, key: str) -> int | None:
    """The id of another record, or None."""
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def is_deleted(row: Row) -> bool:
    """Whether the row is only a memory."""
    return row.get("is_deleted") is True


def _has_id(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int)
