"""A link action and the selection in it, parsed from the query that Pipedrive sends."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from workers.domain.errors import BadRequest, TooLong
from workers.domain.selection import Chosen as Chosen
from workers.domain.selection import Filtered as Filtered
from workers.domain.selection import Selection as Selection
from workers.domain.selection import selection_from_json as selection_from_json
from workers.domain.selection import selection_to_json as selection_to_json

Params = Sequence[tuple[str, str]]

RESOURCES = frozenset({"person", "deal", "organization", "activity"})
VIEWS = frozenset({"list", "details"})
_KNOWN = frozenset(
    {"resource", "view", "userId", "companyId", "selectedIds", "excludedIds", "filter", "token"}
)
_ID = re.compile(r"[0-9]{1,15}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_KINDS = 2_000
_BACK = "Go back to Pipedrive and choose the action again."
_BY_FILTER = "In Pipedrive, save a filter that shows these people, tick the box at the top of the list and choose the action again."


@dataclass(frozen=True, slots=True)
class LinkAction:
    """What a rep asked for by clicking; ids are a wish of that rep, not a permission."""

    action: str  # sms | whatsapp | history
    resource: str  # person | deal | organization | activity
    view: str  # list | details
    company_id: int
    user_id: int
    selection: Selection


def read_action(action: str, params: Params, *, max_chosen: int = 20_000) -> LinkAction:
    """What the rep wishes; `params` is the raw query, parsed once with its blanks and order kept.

    https://pipedrive.readme.io/docs/app-extensions-actions; unknown names are ignored, the
    configured address may carry its own.
    """
    query = _once(params)
    resource, view = query.get("resource", ""), query.get("view", "")
    if resource not in RESOURCES:
        raise BadRequest(
            "unknown_resource",
            "This kind of record is not supported.",
            "Choose the action in a list of people, deals, organizations or activities.",
        )
    if view not in VIEWS:
        raise BadRequest("unknown_view", "This Pipedrive page is not supported.", _BACK)
    return LinkAction(
        action,
        resource,
        view,
        company_id=_who(query, "companyId"),
        user_id=_who(query, "userId"),
        selection=_one(query) if view == "details" else _several(query, max_chosen),
    )


def _once(params: Params) -> dict[str, str]:
    """The parameters we know, in the order of the address; one that comes twice is refused."""
    known = [(name, value) for name, value in params if name in _KNOWN]
    if any(times > 1 for times in Counter(name for name, _ in known).values()):
        raise BadRequest("repeated_parameter", "This link says the same thing twice.", _BACK)
    return dict(known)


def _who(query: Mapping[str, str], name: str) -> int:
    value = query.get(name, "")
    if not _ID.fullmatch(value):
        raise BadRequest(
            "unknown_person_asking", "This link doesn't say who clicked it in Pipedrive.", _BACK
        )
    return int(value)


def _one(query: Mapping[str, str]) -> Chosen:
    """The one record whose page is open; there is no filter on a details page."""
    text = query.get("selectedIds", "")
    if not text:
        raise _nothing_selected()
    ids = _ids(text)
    if len(ids) != 1:
        raise BadRequest("not_one", "This link names several records but comes from one.", _BACK)
    return Chosen(ids)


def _several(query: Mapping[str, str], max_chosen: int) -> Selection:
    picked, unticked = query.get("selectedIds", ""), query.get("excludedIds", "")
    called = "people" if query["resource"] == "person" else "records"
    if not picked and not unticked and not query.get("filter"):
        raise _nothing_selected()
    if picked or unticked:
        _refuse_cut_short(query)
    if picked:
        ids = _ids(picked)
        _refuse_too_many(len(ids), max_chosen, f"{called} are picked")
        return Chosen(ids)
    excluded = frozenset(_ids(unticked)) if unticked else frozenset()
    _refuse_too_many(len(excluded), max_chosen, f"{called} are unticked")
    pairs = _pairs(query.get("filter", ""))
    filtered = _filtered(pairs, excluded)
    return _narrowed(filtered, pairs) if query["resource"] == "activity" else filtered


def _refuse_cut_short(query: Mapping[str, str]) -> None:
    """Lists of ids must be followed by a whole `filter`, as Pipedrive writes it.

    Nothing else tells that a long address lost its end on the way, and the `12` of a cut `1234`
    is another person. A JSON object is whole only with its last brace, so a readable filter
    *behind* the lists proves them whole; a list that ends in a comma never is.
    """
    names = list(query)
    lists = [name for name in ("selectedIds", "excludedIds") if name in query]
    is_last = "filter" in query and all(names.index("filter") > names.index(n) for n in lists)
    ends_in_comma = any(query[name].endswith(",") for name in lists)
    if not is_last or ends_in_comma or _json_object(query.get("filter", "")) is None:
        raise BadRequest(
            "cut_short",
            "This link lost its end on the way here, so we can't tell whom you picked.",
            f"Nothing was sent. {_BY_FILTER}",
        )


def _refuse_too_many(count: int, most: int, what: str) -> None:
    if count > most:
        raise TooLong(
            "too_many_people", f"{count:,} {what}; {most:,} is the most at once.", _BY_FILTER
        )


def _ids(text: str) -> tuple[int, ...]:
    """The ids in the order of the list, each once."""
    parts = text.split(",")
    if not all(_ID.fullmatch(part) for part in parts):
        raise BadRequest(
            "bad_ids", "This link holds something else where the records' numbers belong.", _BACK
        )
    return tuple(dict.fromkeys(int(part) for part in parts))


def _json_object(text: str) -> list[tuple[str, Any]] | None:
    """The pairs of a JSON object, or None. Names lose stray blanks (Pipedrive's own example has some)."""
    if not text.strip().startswith("{"):
        return None
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    return [(name.strip(), value) for name, value in pairs]


def _pairs(text: str) -> list[tuple[str, Any]]:
    pairs = _json_object(text)
    if pairs is None:
        raise BadRequest(
            "bad_filter", "This link's list can't be read; it may have lost its end.", _BACK
        )
    return pairs


def _filtered(pairs: Sequence[tuple[str, Any]], excluded: frozenset[int]) -> Filtered:
    """Exactly one of the three documented selectors; anything else is refused, never guessed."""
    selectors = [
        (name, value)
        for name, value in pairs
        if name in {"filter_id", "user_id", "everyone"} and value is not None
    ]
    match selectors:
        case [("filter_id", value)] if (number := _number(value)) is not None:
            return Filtered("filter", number, excluded)
        case [("user_id", value)] if (number := _number(value)) is not None:
            return Filtered("owner", number, excluded)
        case [("everyone", 1 | "1")]:  # true equals 1
            return Filtered("everyone", None, excluded)
    raise BadRequest(
        "unknown_filter",
        "We can't tell which list this is.",
        "In Pipedrive, save the filter or show one owner's or everyone's records, then choose the action again.",
    )


def _narrowed(filtered: Filtered, pairs: Sequence[tuple[str, Any]]) -> Filtered:
    """An activities list also says which kinds and which days it shows (pipedrive.md §1.3)."""
    named = dict(pairs)
    kinds = named.get("activity_type") or ""
    if not isinstance(kinds, str) or len(kinds) > _LONGEST_KINDS:
        raise _unreadable("activity_type")
    return replace(
        filtered,
        kinds=frozenset(kind.strip() for kind in kinds.split(",") if kind.strip()),
        since=_day(named, "activity_start_date"),
        until=_day(named, "activity_end_date"),
    )


def _day(named: Mapping[str, Any], name: str) -> date | None:
    """`YYYY-MM-DD`; without a day that can be read the wrong people would be texted."""
    value = named.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise _unreadable(name)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> BadRequest:
    return BadRequest(
        "bad_filter", f"This link's list can't be read: its {name} is no such thing.", _BACK
    )


def _number(value: object) -> int | None:
    """42 or "42"; true is no number."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if _ID.fullmatch(text.strip()) else None


def _nothing_selected() -> BadRequest:
    return BadRequest(
        "nothing_selected",
        "Nobody is selected.",
        "Tick people in Pipedrive's list, then choose the action again.",
    )
