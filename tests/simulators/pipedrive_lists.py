"""One page of a v2 list: conditions, order, cursor (pipedrive.md §3.2, §3.3)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from starlette.responses import JSONResponse

from tests.simulators.pipedrive_grants import Grant
from tests.simulators.pipedrive_records import Record, Records, is_visible, public
from tests.simulators.pipedrive_world import Company, World

MAX_IDS, MAX_LIMIT = 100, 500
_COMMON = {"filter_id", "ids", "updated_since", "updated_until", "sort_by", "sort_direction", "limit",
           "cursor", "include_fields", "custom_fields", "include_option_labels", "include_labels"}  # fmt: skip
_TIMES = ("id", "update_time", "add_time")
_serial = count(1)


@dataclass(frozen=True)
class Kind:
    """What one list endpoint takes."""

    filter_type: str
    scope: str
    narrow: frozenset[str]
    sorts: tuple[str, ...] = _TIMES


KINDS = {
    "persons": Kind("people", "contacts:", frozenset({"owner_id", "org_id", "deal_id"})),
    "organizations": Kind("org", "contacts:", frozenset({"owner_id"})),
    "deals": Kind(
        "deals",
        "deals:",
        frozenset({"owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "status"}),
    ),
    "activities": Kind(
        "activity",
        "activities:",
        frozenset({"owner_id", "deal_id", "lead_id", "person_id", "org_id", "done"}),
        (*_TIMES, "due_date"),
    ),
}


class Wrong(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, error: str, info: str = "") -> None:
        self.response = JSONResponse(
            {
                "success": False,
                "error": error,
                "error_info": info or "Please check developers.pipedrive.com",
                "data": None,
                "additional_data": None,
            },
            status,
        )


def invalid(what: str) -> Wrong:
    """A 400 of the strict v2 schema."""
    return Wrong(400, f"Validation failed: {what}", "ERR_SCHEMA_VALIDATION_FAILED")


def shelf_of(world: World, company: Company, name: str) -> Records:
    """The records behind `/api/v2/{name}`."""
    if name not in KINDS:
        raise Wrong(404, "Unknown method .")
    if KINDS[name].scope not in world.scope:
        raise Wrong(403, "Scope and URL mismatch")
    shelf: Records = company.people if name == "persons" else getattr(company, name)
    return shelf


def list_page(
    world: World, company: Company, grant: Grant, name: str, query: dict[str, str]
) -> Any:
    """One page of a v2 list."""
    shelf = shelf_of(world, company, name)
    if unknown := sorted(set(query) - _COMMON - KINDS[name].narrow):
        raise invalid(f"{unknown[0]} is not allowed")
    limit = _number(query.get("limit", "100"), "limit", 1, MAX_LIMIT)
    sort_by, backwards = query.get("sort_by", "id"), query.get("sort_direction", "asc") == "desc"
    if sort_by not in KINDS[name].sorts:
        raise invalid("sort_by must be one of " + ", ".join(KINDS[name].sorts))
    if query.get("sort_direction", "asc") not in {"asc", "desc"}:
        raise invalid("sort_direction must be one of asc, desc")
    after = _read_cursor(query["cursor"]) if "cursor" in query else None
    tests = _conditions(query, company, name)
    if world.empty_pages > 0:
        world.empty_pages -= 1
        return _page([], _cursor(after))
    rows = (
        record
        for record in _walk(shelf, query, sort_by, backwards, after)
        if is_visible(record, grant.user_id) and all(test(record) for test in tests)
    )
    found = list(islice(rows, limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    return _page(found[:limit], _cursor([last[sort_by], last["id"]]) if last else None)


def _page(records: Iterable[Record], next_cursor: str | None) -> Any:
    data = [public(record) for record in records]
    return {"success": True, "data": data, "additional_data": {"next_cursor": next_cursor}}


def _walk(
    shelf: Records, query: dict[str, str], sort_by: str, backwards: bool, after: list[Any] | None
) -> Iterable[Record]:
    ids: Iterable[int] = shelf.ids()
    if "ids" in query and "filter_id" not in query:
        ids = sorted(set(_ids(query["ids"])))
    elif sort_by == "id" and not backwards and after:
        ids = shelf.after(after[1])
    found = (record for i in ids if (record := shelf.peek(i)) is not None)
    if sort_by == "id" and not backwards:
        return found if after is None else (row for row in found if row["id"] > after[1])
    rows = sorted(found, key=lambda row: (row[sort_by], row["id"]), reverse=backwards)
    if after is None:
        return rows
    mark = tuple(after)
    if backwards:
        return (row for row in rows if (row[sort_by], row["id"]) < mark)
    return (row for row in rows if (row[sort_by], row["id"]) > mark)


def _conditions(
    query: dict[str, str], company: Company, name: str
) -> list[Callable[[Record], bool]]:
    tests: list[Callable[[Record], bool]] = []
    for key in ("updated_since", "updated_until"):
        if key in query and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", query[key]):
            raise invalid(f"{key} must be RFC3339 in whole seconds")
    if since := query.get("updated_since"):
        tests.append(lambda row: row["update_time"] >= since)
    if until := query.get("updated_until"):
        tests.append(lambda row: row["update_time"] < until)
    if "filter_id" in query:  # then ids, owner_id and their like are ignored without a word
        found = company.filters.get(_number(query["filter_id"], "filter_id", 1, 2**31))
        if found is None:
            raise Wrong(404, "Filter not found")
        if found.type != KINDS[name].filter_type:
            raise invalid("filter_id is a filter of another type")
        return [*tests, found.where]
    for key in KINDS[name].narrow & set(query):
        tests.append(_narrowed(key, query[key], company))
    return tests


def _narrowed(key: str, value: str, company: Company) -> Callable[[Record], bool]:
    if key == "status":
        return lambda row: row["status"] in value.split(",")
    if key == "done":
        if value not in {"true", "false"}:
            raise invalid("done must be a boolean")
        return lambda row: row["done"] is (value == "true")
    wanted = _number(value, key, 1, 2**31)
    if key == "deal_id":
        deal = company.deals.peek(wanted) or {}
        people = {deal.get("person_id"), *deal.get("_participants", ())}
        return lambda row: row["id"] in people if "phones" in row else row["deal_id"] == wanted
    return lambda row: row.get(key) == wanted


def _number(text: str, name: str, low: int, high: int) -> int:
    if not re.fullmatch(r"\d{1,15}", text) or not low <= int(text) <= high:
        raise invalid(f"{name} must be a number from {low} to {high}")
    return int(text)


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > MAX_IDS:
        raise invalid(f"ids must contain at most {MAX_IDS} items")
    return [_number(part, "ids", 1, 10**15) for part in parts]


def _cursor(after: list[Any] | None) -> str:
    """Base64 of a key set, as Pipedrive's examples decode; never the same twice."""
    text = json.dumps({"after": after, "n": next(_serial)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(text: str) -> list[Any] | None:
    try:
        after: list[Any] | None = json.loads(base64.urlsafe_b64decode(text))["after"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise invalid("cursor is invalid") from error
    return after
