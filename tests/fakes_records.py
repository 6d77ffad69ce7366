"""Deals, organizations and activities without a network: a fake of `Records`, fed row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.fakes_pipedrive import FakePeople, a_page_of
from workers.domain.errors import ProviderError, Rejected
from workers.domain.selection import Filtered
from workers.ports.outside import Access, PeoplePage
from workers.ports.records import ClosedDeals, Record, RecordsPage


@dataclass(frozen=True)
class Kept:
    """A record with what lists look at; `people` is everybody on it, its own row names fewer."""

    record: Record
    owner_id: int = 7
    status: str = "open"
    kind: str = ""
    due: date | None = None
    people: tuple[int, ...] = ()


@dataclass(frozen=True)
class Saved:
    """A saved filter: its name, which records it is for, and which of them it shows."""

    name: str
    resource: str
    ids: Collection[int] = ()


@dataclass
class FakeRecords:
    """Fulfils `Records`; raises what is queued in `faults` first."""

    people: FakePeople
    shelves: Mapping[str, Mapping[int, Kept]] = field(default_factory=dict)
    filters: Mapping[int, Saved] = field(default_factory=dict)
    page_size: int = 500
    faults: list[ProviderError] = field(default_factory=list)

    async def by_ids(self, access: Access, resource: str, ids: Sequence[int]) -> RecordsPage:
        self._maybe_fail()
        assert len(ids) <= 100
        shelf = self.shelves[resource]
        return RecordsPage(tuple(shelf[one].record for one in dict.fromkeys(ids) if one in shelf))

    async def by_filter(
        self, access: Access, resource: str, selection: Filtered, cursor: str | None
    ) -> RecordsPage:
        self._maybe_fail()
        shelf, is_shown = self.shelves[resource], self._shown(resource, selection)
        shown = (one for one, kept in shelf.items() if is_shown(kept))
        ids, more = a_page_of(shown, cursor, self.page_size)
        wanted = [one for one in ids if one not in selection.excluded]
        return RecordsPage(tuple(shelf[one].record for one in wanted), more)

    async def closed_deals(self, access: Access, selection: Filtered) -> ClosedDeals:
        self._maybe_fail()
        of = selection.id if selection.by == "owner" else None
        closed = [
            kept.record.record_id
            for kept in self.shelves["deal"].values()
            if kept.status in {"won", "lost"} and of in (None, kept.owner_id)
        ]
        ids, more = a_page_of(closed, None, self.page_size)
        said = [self.shelves["deal"][one].status for one in ids if one not in selection.excluded]
        return ClosedDeals(said.count("won"), said.count("lost"), more is not None)

    async def people_of(
        self, access: Access, resource: str, record_id: int, cursor: str | None
    ) -> PeoplePage:
        self._maybe_fail()
        there = self.shelves[resource][record_id].people
        known = self.people.people
        ids, more = a_page_of((one for one in there if one in known), cursor, self.page_size)
        return PeoplePage(tuple(known[one] for one in ids), more)

    async def filter_name(self, access: Access, resource: str, filter_id: int) -> str:
        self._maybe_fail()
        if filter_id not in self.filters:
            raise Rejected("filter_gone")
        if self.filters[filter_id].resource != resource:
            raise Rejected("filter_type")
        return self.filters[filter_id].name

    def _shown(self, resource: str, selection: Filtered) -> Callable[[Kept], bool]:
        if selection.by == "filter":
            ids = self.filters[selection.id or 0].ids
            return lambda kept: kept.record.record_id in ids and _is_in(kept, selection)
        of = selection.id if selection.by == "owner" else None
        open_only = resource == "deal" and not selection.closed_too
        return lambda kept: (
            of in (None, kept.owner_id)
            and (not open_only or kept.status == "open")
            and _is_in(kept, selection)
        )

    def _maybe_fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


def _is_in(kept: Kept, selection: Filtered) -> bool:
    """Kinds and days of a list of activities."""
    if selection.kinds and kept.kind not in selection.kinds:
        return False
    if selection.since is None and selection.until is None:
        return True
    low, high = selection.since or kept.due, selection.until or kept.due
    return kept.due is not None and low is not None and high is not None and low <= kept.due <= high
