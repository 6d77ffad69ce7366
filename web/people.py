"""A batch's people: the list with its groups and search, and the export."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from web import why, words
from web.shown import number_for, shown_number
from workers.domain.delivery import State
from workers.domain.errors import BadRequest
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.runtime import Runtime

#: What a spreadsheet would take for the start of a formula, the full-width forms too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COLUMNS = ("Pipedrive id", "Name", "Number", "Label", "State", "Words", "Reason", "Changed")
_AT_ONCE = 1000


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


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list and the address of the next."""

    lines: list[Line]
    next_page: str
    query: str
    states: list[str]


async def asked(request: Request, view: BatchView, user: User) -> Listed:
    """The people that the address asks for (`state`, `q`, `cursor`), 100 a page."""
    rows, cursor = await _page(request, view)
    query, states = _query(request), [state.value for state in _states(request)]
    more = ""
    if cursor:
        asks = [("state", state) for state in states] + [("q", query), ("cursor", cursor)]
        more = f"/batches/{view.id}/recipients?" + urlencode([ask for ask in asks if ask[1]])
    site = pipedrive(request, view)
    return Listed([_line(row, view, user, site) for row in rows], more, query, states)


def pipedrive(request: Request, view: BatchView) -> str:
    """Where the company's people are shown."""
    runtime: Runtime = request.app.state.runtime
    return runtime.settings.pipedrive_url or f"https://{view.company_domain}.pipedrive.com"


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
    rows, cursor = await _page(request, view)
    site = pipedrive(request, view)
    said = {"recipients": [told(row, view, user, site) for row in rows], "next_cursor": cursor}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


def export(request: Request, view: BatchView, user: User) -> Response:
    """The whole list as CSV that no spreadsheet takes for formulas."""
    runtime: Runtime = request.app.state.runtime
    headers = {
        "Content-Disposition": f'attachment; filename="text-{view.life.created_at:%Y-%m-%d}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    lines = _csv(runtime, view, user, _states(request), _query(request))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def safe(value: str) -> str:
    """A cell that a spreadsheet shows as it is: what looks like a formula gets an apostrophe.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{value}" if value.lstrip(" \u3000\u00a0").startswith(_FORMULA) else value


async def _csv(
    runtime: Runtime, view: BatchView, user: User, states: Sequence[State], query: str
) -> AsyncIterator[str]:
    yield "\ufeff" + csv_line(_COLUMNS)
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = await runtime.rows.page(
            view.id, states=states, query=query, cursor=cursor, limit=_AT_ONCE
        )
        yield "".join(csv_line(_cells(row, view, user)) for row in rows)


def csv_line(cells: Sequence[str]) -> str:
    """One line, every cell quoted and safe."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe(cell) for cell in cells])
    return line.getvalue()


def _cells(row: RecipientRow, view: BatchView, user: User) -> list[str]:
    return [
        str(row.person_id or ""),
        row.name,
        number_for(row.number, view, user) or "",
        row.label,
        row.state.value,
        words.state(row, view),
        row.reason or "",
        row.changed_at.isoformat(timespec="seconds"),
    ]


async def _page(request: Request, view: BatchView) -> tuple[Sequence[RecipientRow], str | None]:
    runtime: Runtime = request.app.state.runtime
    return await runtime.rows.page(
        view.id,
        states=_states(request),
        query=_query(request),
        cursor=request.query_params.get("cursor", ""),
    )


def _query(request: Request) -> str:
    return clean_body(request.query_params.get("q", "")).strip()[:100]


def _states(request: Request) -> list[State]:
    """`state=failed&state=undelivered`, or the same with a comma."""
    given = ",".join(request.query_params.getlist("state"))
    try:
        return [State(word.strip()) for word in given.split(",") if word.strip()]
    except ValueError:
        known = ", ".join(state.value for state in State)
        raise BadRequest("unknown_state", "There is no such group of people.", known) from None


def _line(row: RecipientRow, view: BatchView, user: User, site: str) -> Line:
    skipped = row.state is State.SKIPPED
    return Line(
        id=row.id,
        name=row.name or "(no name)",
        link=f"{site}/person/{row.person_id}" if row.person_id else "",
        number=shown_number(row.number, view, user),
        label=row.label,
        state=row.state.value,
        shape=words.SHAPES[row.state],
        said=words.state(row, view),
        advice=why.left_out(row.reason).advice if skipped else "",
    )
