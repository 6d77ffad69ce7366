"""A batch's people: the list with its groups and search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web import in_view, why, words
from web.shown import is_owner, number_for, numbers_meant, shown_number, written
from workers.domain.delivery import State
from workers.domain.errors import BadRequest
from workers.domain.picking import has_way_back, usable
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people a list shows: all `states` if none is named, `query` a part of a name or number."""

    states: tuple[State, ...] = ()
    query: str = ""
    cursor: str = ""
    reasons: tuple[str, ...] = ()  # of those states; "" is for people who have none

    @property
    def address(self) -> str:
        """The same as a query string."""
        rest = [pair for pair in (("q", self.query), ("cursor", self.cursor)) if pair[1]]
        return urlencode([*self.group, *rest])

    @property
    def group(self) -> list[tuple[str, str]]:
        """Which people, whatever is searched for among them."""
        states = [("state", state.value) for state in self.states]
        return states + [("reason", reason) for reason in self.reasons]


@dataclass(frozen=True, slots=True)
class Number:
    """One phone field of a person: `number` to be chosen, or why it can't be."""

    shown: str
    label: str
    number: str  # E.164, "" where it can't be texted
    why_not: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One person of the list, ready to show."""

    id: int
    name: str
    link: str  # the person in Pipedrive, "" where there is none
    number: str
    label: str
    state: str
    shape: str
    said: str
    advice: str
    pick: str = ""  # the button that leaves them out or puts them in: "out", "in" or none
    numbers: tuple[Number, ...] = ()  # to choose from, where there are several


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list and the address of the next."""

    lines: list[Line]
    next_page: str
    query: str
    states: list[str]
    group: list[tuple[str, str]]  # whom the list shows, as parameters of its address
    only: str  # the reason that all of them share, "" where the list is not by reason
    back: str  # this page of the list, as a query string
    may_pick: bool

    @property
    def shown(self) -> str:
        """Who is on this page, for its polls."""
        return in_view.runs(line.id for line in self.lines)


def wanted(given: Iterable[tuple[str, str]]) -> Wanted:
    """`state=failed&state=undelivered`, or the same with a comma; `reason`; `q`; `cursor`."""
    pairs = list(given)
    asked_states = ",".join(value for name, value in pairs if name == "state")
    try:
        states = tuple(State(word.strip()) for word in asked_states.split(",") if word.strip())
    except ValueError:
        known = ", ".join(state.value for state in State)
        raise BadRequest("unknown_state", "There is no such group of people.", known) from None
    last = dict(pairs)
    reasons = tuple(value.replace("\0", "")[:40] for name, value in pairs if name == "reason")
    query = clean_body(last.get("q", "")).strip()[:100]
    states = tuple(dict.fromkeys(states))  # each once, however long an address is
    return Wanted(states, query, last.get("cursor", "")[:_CURSOR], reasons[:_MOST_REASONS])


_CURSOR = 100  # longer than any of ours
#: No group of people has more reasons than the table of error codes has.
_MOST_REASONS = 300


async def listed(request: Request, view: BatchView, user: User, asks: Wanted) -> Listed:
    """The people that were asked for, 100 a page."""
    rows, cursor = await _page(request, view, user, asks)
    more = replace(asks, cursor=cursor or "").address
    site = pipedrive(request, view)
    return Listed(
        [_line(row, view, user, site) for row in rows],
        f"/batches/{view.id}/recipients?{more}" if cursor else "",
        asks.query,
        [state.value for state in asks.states],
        asks.group,
        _only(asks),
        asks.address,
        _may_pick(view, user),
    )


def _only(asks: Wanted) -> str:
    """What the reasons mean; several codes mean the same where they were one group."""
    if not asks.reasons:
        return ""
    skipped = asks.states == (State.SKIPPED,)
    said = [(why.left_out(it) if skipped else why.failure(it)).said for it in asks.reasons]
    return " · ".join(dict.fromkeys(said))


def pipedrive(request: Request, view: BatchView) -> str:
    """Where the company's people are shown."""
    runtime: Runtime = request.app.state.runtime
    return runtime.settings.pipedrive_url or f"https://{view.company_domain or 'app'}.pipedrive.com"


def told(row: RecipientRow, view: BatchView, user: User, site: str) -> dict[str, Any]:
    """One person for programs, with the words for the page's own script."""
    line = _line(row, view, user, site)
    return {
        "id": row.id,
        "person_id": row.person_id,
        "name": row.name,
        "number": number_for(row.number, view, user),
        "state": row.state.value,
        "reason": row.reason,
        "words": line.said,
        "advice": line.advice,
        "shape": line.shape,
        "shown": line.number,
        "label": line.label,
        "link": line.link,
    }


async def page_told(request: Request, view: BatchView, user: User) -> Response:
    """The list for programs."""
    asks = wanted(request.query_params.multi_items())
    rows, cursor = await _page(request, view, user, asks)
    site = pipedrive(request, view)
    said = {"recipients": [told(row, view, user, site) for row in rows], "next_cursor": cursor}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


async def _page(
    request: Request, view: BatchView, user: User, asks: Wanted
) -> tuple[Sequence[RecipientRow], str | None]:
    runtime: Runtime = request.app.state.runtime
    return await runtime.rows.page(
        view.id,
        states=asks.states,
        reasons=asks.reasons,
        query=asks.query,
        numbers=numbers_meant(asks.query, view, user),
        cursor=asks.cursor,
    )


def _line(row: RecipientRow, view: BatchView, user: User, site: str) -> Line:
    may_pick = _may_pick(view, user)
    return Line(
        id=row.id,
        name=row.name or "(no name)",
        link=f"{site}/person/{row.person_id}" if row.person_id else "",
        number=shown_number(row.number, view, user),
        label=row.label,
        state=row.state.value,
        shape=words.SHAPES[row.state],
        said=words.state(row, view),
        advice=_advice(row, view, user),
        pick=_pick(row) if may_pick else "",
        numbers=_numbers(row) if may_pick else (),
    )


def _may_pick(view: BatchView, user: User) -> bool:
    life = view.life
    closed = life.confirmed_at or life.canceled_at or life.refused_reason
    return is_owner(view, user) and not closed


def _advice(row: RecipientRow, view: BatchView, user: User) -> str:
    if row.state is not State.SKIPPED:
        return ""
    if has_way_back(row.reason) and _may_pick(view, user):
        return why.way_back(row)
    return why.left_out(row.reason).advice


def _pick(row: RecipientRow) -> str:
    if row.state is State.READY:
        return "out"
    back = row.state is State.SKIPPED and has_way_back(row.reason)
    return "in" if back and row.number and row.same_as is None else ""


def _numbers(row: RecipientRow) -> tuple[Number, ...]:
    """Every phone field with what was made of it, if there is something to choose."""
    open_ = row.state is State.READY or (row.state is State.SKIPPED and has_way_back(row.reason))
    usables = {one.number for one in usable(row.numbers, {})}
    if not open_ or not usables - {row.number}:
        return ()
    return tuple(_number(entry, usables, row) for entry in row.numbers)


def _number(entry: Any, usables: set[str], row: RecipientRow) -> Number:
    number = str(entry.get("number") or "")
    return Number(
        shown=written(number) if number else str(entry.get("value", "")),
        label=str(entry.get("label") or ""),
        number=number if number in usables else "",
        why_not="" if number in usables else why.left_out(entry.get("reason")).said,
        is_chosen=number == row.number and row.state is State.READY,
    )
