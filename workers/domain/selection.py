"""Which records a rep selected in a list of Pipedrive's, and how the database keeps that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, assert_never


@dataclass(frozen=True, slots=True)
class Chosen:
    """People (or deals, …) picked by hand: exactly these ids, in the order of the list."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """Select-all of a list view: a saved filter, an owner's or everyone's records, minus excluded.

    `by` says which; `id` is the filter's or the owner's id and None for everyone. A list of
    activities is narrowed by kind (none = all) and by the days between which they are due. Deals
    without a saved filter are the open ones unless the rep chose the won and lost ones too.
    """

    by: Literal["filter", "owner", "everyone"]
    id: int | None = None
    excluded: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None
    closed_too: bool = False


Selection = Chosen | Filtered


def selection_to_json(selection: Selection) -> dict[str, Any]:
    """As `batches.selection` keeps it."""
    match selection:
        case Chosen(ids):
            return {"ids": list(ids)}
        case Filtered(by, number, excluded):
            kept = {"by": by, "id": number, "excluded": sorted(excluded)}
            return kept | _narrowing(selection)
        case _:  # pragma: no cover
            assert_never(selection)


def _narrowing(filtered: Filtered) -> dict[str, Any]:
    """What only lists of activities or deals say; left out elsewhere, so older batches keep their keys."""
    said = {
        "kinds": sorted(filtered.kinds),
        "since": filtered.since and filtered.since.isoformat(),
        "until": filtered.until and filtered.until.isoformat(),
        "closed_too": filtered.closed_too,
    }
    return {name: value for name, value in said.items() if value}


def selection_from_json(value: Mapping[str, Any]) -> Selection:
    """What `selection_to_json` wrote."""
    if "ids" in value:
        return Chosen(tuple(value["ids"]))
    return Filtered(
        value["by"],
        value["id"],
        frozenset(value["excluded"]),
        kinds=frozenset(value.get("kinds", ())),
        since=_date(value.get("since")),
        until=_date(value.get("until")),
        closed_too=value.get("closed_too", False),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
