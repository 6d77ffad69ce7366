"""Everybody at many organizations: all people are read once where that is cheaper than asking each.

Asking costs a call an organization, reading everybody a call per 500 people (pipedrive.md §3.5,
§5), and nothing tells how many people there are (§3.3). But ids fall from page to page: the last
one on the first page bounds how many can follow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from functools import partial

from workers.domain.person import Person
from workers.domain.reason import Reason
from workers.ports.finding import NO_RECORDS, NOT_WALKED, Found, Resolving, Tally, Walked
from workers.ports.outside import Access, PeoplePage
from workers.ports.records import Record
from workers.ports.runtime import Runtime
from workers.stages.behind import Behind, rows_of, title_of
from workers.stages.finding import END, Stop, ask, keep, nobody
from workers.stages.walk import Step, Walk

#: Pipedrive's most for one page of a list.
PAGE = 500
#: So few organizations are asked without looking whether reading everybody would be cheaper.
FEW = 3
#: More calls would use up a good part of the company's 30,000 daily tokens (§5).
MOST_CALLS = 500

#: A batch's cursor says which part of the work it is at; those of asking each begin with a digit.
LIST, PEOPLE, NOBODY = "list:", "people:", "nobody:"


class Way(Enum):
    """How everybody of some records is found."""

    ASK_EACH = "ask each"
    READ_EVERYBODY = "read everybody"
    TOO_DEAR = "too dear"


class Everybody:
    """Finds the people of the organizations that `walk` leads through."""

    def __init__(self, runtime: Runtime, walk: Walk, sender_name: str) -> None:
        self._runtime = runtime
        self._walk = walk
        self._sender_name = sender_name
        self._first: PeoplePage | None = None  # read to choose the way, used when it is reached

    async def way(self, work: Resolving, records: int) -> Way:
        """The cheaper way for at least so many records."""
        asked = Way.ASK_EACH if records <= MOST_CALLS else Way.TOO_DEAR
        if work.resource != "organization" or records <= FEW:
            return asked
        self._first = await self._page(work, None)
        left = pages_left(self._first)
        return Way.READ_EVERYBODY if left < records and left <= MOST_CALLS else asked

    async def begin(self, work: Resolving) -> Resolving | None:
        """The way is written down."""
        return await self._keep(work, (), LIST)

    async def find(self, work: Resolving, stop: Stop) -> bool:
        """Whether everybody was found; goes on where `work.cursor` says."""
        while not stop():
            if work.cursor == END:
                return True
            if work.records >= self._runtime.settings.max_filtered:
                await self._runtime.finding.refuse(work, "too_many_people")
                return False
            part, _, inner = (work.cursor or "").partition(":")
            match f"{part}:":
                case "list:":
                    done = await self._list(work, inner)
                case "people:":
                    done = await self._people(work, inner)
                case _:
                    done = await self._nobody(work, int(inner or 0))
            if done is None:
                return False
            work = done
        return False

    async def _list(self, work: Resolving, inner: str) -> Resolving | None:
        """Writes down some more of the organizations."""
        step = await self._walk.step(replace(work, cursor=inner or None), PAGE)
        gone = [nobody(None, title_of(work, Record(one)), Reason.GONE) for one in step.missing]
        tally = Tally(records=len(step.records) + len(gone), missing=len(gone))
        next_cursor = PEOPLE if step.next_cursor == END else f"{LIST}{step.next_cursor}"
        walked = Walked(listed=step.records)
        return await self._keep(work, gone, next_cursor, tally=tally, walked=walked)

    async def _people(self, work: Resolving, inner: str) -> Resolving | None:
        """One page of everybody: those of our organizations stay."""
        page = self._first
        if inner or page is None:
            page = await self._page(work, inner or None)
        ids = {person.org_id for person in page.people if person.org_id is not None}
        records = await self._runtime.selected.among(work, ids)
        here = [person for person in page.people if person.org_id in records]
        reached = await self._runtime.finding.reached(work, [one.person_id for one in here])
        behind = Behind(
            ids={one: _of(here, one) for one in records},
            people={person.person_id: person for person in here},
            reached=set(reached),
        )
        step = Step(list(records.values()), (), "", 0)
        rows, _ = await rows_of(self._runtime, work, step, behind, self._sender_name)
        next_cursor = f"{PEOPLE}{page.next_cursor}" if page.next_cursor else NOBODY
        walked = Walked(peopled=records)
        return await self._keep(work, rows, next_cursor, walked=walked)

    async def _nobody(self, work: Resolving, after: int) -> Resolving | None:
        """Some of the organizations that nobody belongs to."""
        some = await self._runtime.selected.without_people(work, after=after, limit=PAGE)
        rows = [nobody(None, title_of(work, record), Reason.NO_CONTACT) for _, record in some]
        next_cursor = END if len(some) < PAGE else f"{NOBODY}{some[-1][0]}"
        return await self._keep(work, rows, next_cursor, tally=Tally(contactless=len(rows)))

    async def _page(self, work: Resolving, cursor: str | None) -> PeoplePage:
        return await ask(self._runtime, work, partial(_everybody, self._runtime, cursor))

    async def _keep(
        self,
        work: Resolving,
        rows: Sequence[Found],
        next_cursor: str,
        *,
        tally: Tally = NO_RECORDS,
        walked: Walked = NOT_WALKED,
    ) -> Resolving | None:
        """The work behind this page; None when somebody else goes on with the batch."""
        kept = await keep(
            self._runtime,
            work,
            rows,
            next_cursor=next_cursor,
            tally=tally,
            walked=walked,
        )
        if not kept:
            return None
        records = work.records + tally.records
        return replace(work, cursor=next_cursor, pages=work.pages + 1, records=records)


def is_reading_everybody(work: Resolving) -> bool:
    """Whether the batch is on this way already."""
    return (work.cursor or "").startswith((LIST, PEOPLE, NOBODY))


def pages_left(page: PeoplePage) -> int:
    """At most so many pages follow: ids fall, and every person has another one."""
    if page.next_cursor is None:
        return 0
    lowest = min((person.person_id for person in page.people), default=math.inf)
    return MOST_CALLS + 1 if lowest is math.inf else math.ceil((lowest - 1) / PAGE)


def _of(people: Sequence[Person], org_id: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(one.person_id for one in people if one.org_id == org_id))


async def _everybody(runtime: Runtime, cursor: str | None, access: Access) -> PeoplePage:
    return await runtime.people.everybody(access, cursor)
