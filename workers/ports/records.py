"""Deals, organizations and activities of Pipedrive, and the people behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.domain.selection import Filtered
from workers.ports.outside import Access, PeoplePage


@dataclass(frozen=True, slots=True)
class Record:
    """A deal, an organization or an activity, and the people that its own row names."""

    record_id: int
    title: str = ""
    person_ids: tuple[int, ...] = ()
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """One page of records; `next_cursor` None on the last."""

    records: tuple[Record, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ClosedDeals:
    """The won and lost deals of a list, without the excluded; `more`: there are more than counted."""

    won: int = 0
    lost: int = 0
    more: bool = False


class Records(Protocol):
    """Reads records as the clicking rep sees them; `resource` as link actions name it."""

    async def by_ids(self, access: Access, resource: str, ids: Sequence[int]) -> RecordsPage:
        """At most 100, in the order asked; invisible and deleted ones are missing."""

    async def by_filter(
        self, access: Access, resource: str, selection: Filtered, cursor: str | None
    ) -> RecordsPage:
        """One page (≤ 500), exclusions dropped; it may be empty and not the last.

        Deals of an owner or of everyone are the open ones, or all with `closed_too`; a saved
        filter rules as it is.
        """

    async def closed_deals(self, access: Access, selection: Filtered) -> ClosedDeals:
        """How many won and lost deals a list without a saved filter has: one call, at most 500."""

    async def people_of(
        self, access: Access, resource: str, record_id: int, cursor: str | None
    ) -> PeoplePage:
        """One page (≤ 500) of everybody at an organization or on a deal."""

    async def filter_name(self, access: Access, resource: str, filter_id: int) -> str:
        """The saved filter's name; `Rejected` `filter_gone` or `filter_type` where it can't be used."""
