"""Walks a selection's records in steps; a cursor in the database says where the next one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, assert_never

from workers.domain.selection import Chosen, Filtered
from workers.ports.finding import Resolving
from workers.ports.outside import Access
from workers.ports.records import Record, RecordsPage
from workers.ports.runtime import Runtime
from workers.stages.finding import CHOSEN_AT_ONCE, END, ask


@dataclass(frozen=True, slots=True)
class Step:
    """Some records, those that could not be read, and where the next step begins."""

    records: Sequence[Record]
    missing: Sequence[int]
    next_cursor: str
    selected: int  # records of the selection, as far as is known: at least so many


class Walk(Protocol):
    """Reads a selection's records in the order of the list."""

    async def step(self, work: Resolving, most: int) -> Step:
        """At most `most` records from `work.cursor` on."""


def walk_of(runtime: Runtime, work: Resolving) -> Walk:
    """The walk that fits the selection."""
    match work.selection:
        case Chosen(ids):
            return _ChosenWalk(runtime, ids)
        case Filtered() as filtered:
            return _FilteredWalk(runtime, filtered)
        case _:  # pragma: no cover
            assert_never(work.selection)


class _ChosenWalk:
    """Records picked by hand; the cursor counts how many of the ids are done."""

    def __init__(self, runtime: Runtime, ids: Sequence[int]) -> None:
        self._runtime = runtime
        self._ids = ids
        self._start = -1  # where the page in memory begins
        self._read: dict[int, Record] = {}

    async def step(self, work: Resolving, most: int) -> Step:
        done = int(work.cursor or 0)
        start = done - done % CHOSEN_AT_ONCE
        end = min(done + most, start + CHOSEN_AT_ONCE)
        if start != self._start:
            wanted = self._ids[start : start + CHOSEN_AT_ONCE]
            page = await ask(self._runtime, work, partial(self._by_ids, work, wanted))
            self._start = start
            self._read = {record.record_id: record for record in page.records}
        ids = self._ids[done:end]
        return Step(
            [self._read[one] for one in ids if one in self._read],
            [one for one in ids if one not in self._read],
            END if end >= len(self._ids) else str(end),
            len(self._ids),
        )

    async def _by_ids(self, work: Resolving, ids: Sequence[int], access: Access) -> RecordsPage:
        return await self._runtime.records.by_ids(access, work.resource, ids)


class _FilteredWalk:
    """Records of a list; the cursor is Pipedrive's, behind the last id done of its page.

    An id and not a count: a record deleted meanwhile must not push another one out.
    """

    def __init__(self, runtime: Runtime, filtered: Filtered) -> None:
        self._runtime = runtime
        self._filtered = filtered
        self._cursor: str | None = None  # whose page is in memory
        self._page: RecordsPage | None = None

    async def step(self, work: Resolving, most: int) -> Step:
        after, _, cursor = (work.cursor or "0:").partition(":")
        if self._page is None or cursor != self._cursor:
            page = await ask(self._runtime, work, partial(self._by_filter, work, cursor or None))
            self._cursor, self._page = cursor, page
        records = self._page.records
        # a page that is not the last was full before the excluded were dropped
        more = len(self._filtered.excluded) + 1 if self._page.next_cursor and records else 0
        selected = work.records + len(records) + more
        if len(records) > most or after != "0":  # only pages in the order of ids are cut
            records = tuple(record for record in records if record.record_id > int(after))
        some = records[:most]
        return Step(some, (), self._next(cursor, records, some), selected)

    def _next(self, cursor: str, records: Sequence[Record], some: Sequence[Record]) -> str:
        if len(some) < len(records):
            return f"{some[-1].record_id}:{cursor}"
        assert self._page is not None
        return END if self._page.next_cursor is None else f"0:{self._page.next_cursor}"

    async def _by_filter(self, work: Resolving, cursor: str | None, access: Access) -> RecordsPage:
        return await self._runtime.records.by_filter(access, work.resource, self._filtered, cursor)
