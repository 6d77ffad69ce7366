"""A link action and the selection in it, parsed from the query that Pipedrive sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Chosen:
    """People (or deals, …) picked by hand: exactly these ids, in the order of the list."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """Select-all of a list view: a saved filter, an owner's or everyone's records, minus excluded.

    `by` says which; `id` is the filter's or the owner's id and None for everyone.
    """

    by: Literal["filter", "owner", "everyone"]
    id: int | None = None
    excluded: frozenset[int] = frozenset()


Selection = Chosen | Filtered


@dataclass(frozen=True, slots=True)
class LinkAction:
    """What a rep asked for by clicking; ids are a wish of that rep, not a permission."""

    action: str  # sms | whatsapp | history
    resource: str  # person | deal | organization | activity
    view: str  # list | details
    company_id: int
    user_id: int
    selection: Selection
