"""One person of a text: whether they may be texted, who said so, and their number in full."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from web import people, why, words
from web.batches import allowed, open_batch
from web.guards import read_form
from web.pages import page, refused, wants_json
from web.sessions import runtime_of
from web.shown import is_owner, shown_number, written
from workers.domain import permissions
from workers.domain.errors import NotFound, NotSignedIn, Refused
from workers.ports.outside import User
from workers.ports.reading import BatchView, RecipientRow
from workers.ports.suppressions import Noted, Subject
from workers.stages import suppress

#: How the audit tells what happened, after who did it.
_DONE = {
    "opted_out": "noted that they want no texts",
    "lifted": "noted that they may be texted again",
    "revealed": "looked at the number",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of what was noted, in words."""

    at: datetime
    said: str
    note: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One person, and who asks about them."""

    request: Request
    view: BatchView
    user: User
    row: RecipientRow
    subject: Subject


async def show(request: Request) -> Response:
    """One person."""
    asked = await _asked(request)
    if wants_json(request):
        return JSONResponse(await _told(asked), headers={"Cache-Control": "no-store"})
    return await _page(asked)


def change(
    act: Callable[[Asked, str], Awaitable[None]],
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does `act` with the form's note; a refusal keeps the note."""

    async def endpoint(request: Request) -> Response:
        asked = await _asked(request)
        form = dict(read_form(await request.body()))
        note = form.get("note", "")
        try:
            await act(asked, note)
        except Refused as refusal:
            if wants_json(request):
                return refused(request, refusal)
            return await _page(asked, problem=refusal, note=note)
        if wants_json(request):
            return JSONResponse(await _told(asked), 202, headers={"Cache-Control": "no-store"})
        return RedirectResponse(_address(asked), 303)

    return endpoint


async def bring_back(request: Request, user: User, place: tuple[str, str], note: str) -> Response:
    """The page at `place` (text, person) with what `user` typed while signed out; nothing is done."""
    view = await runtime_of(request).batches.view(UUID(place[0]))
    asked = await _about(request, *allowed(view, [user], "read"), place[1])
    nothing_done = NotSignedIn(
        "signed_out",
        "You were signed out, so nothing was done.",
        "What you wrote is still below. Press the button again." if note else "",
    )
    return await _page(asked, problem=nothing_done, note=note, status=200)


async def reveal(request: Request) -> Response:
    """The number in full, once, for support; the look is noted first."""
    asked = await _asked(request)
    if not is_owner(asked.view, asked.user):
        await suppress.reveal(runtime_of(request), asked.subject, asked.user)
    numbers = [written(number) for number in asked.subject.numbers]
    if wants_json(request):
        return JSONResponse({"numbers": numbers}, headers={"Cache-Control": "no-store"})
    return await _page(asked, number=", ".join(numbers))


async def _asked(request: Request) -> Asked:
    view, user = await open_batch(request, "read")
    return await _about(request, view, user, request.path_params["recipient"])


async def _about(request: Request, view: BatchView, user: User, given: str) -> Asked:
    runtime = runtime_of(request)
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise NotFound("no_such_person", "This person isn't here.", "Go back to the text.")
    subject = await suppress.subject_of(runtime, view, int(given))
    row = await runtime.rows.one(view.id, int(given))
    assert row is not None, "rows and subjects are the same people"
    return Asked(request, view, user, row, subject)


async def _page(
    asked: Asked,
    *,
    problem: Refused | None = None,
    note: str = "",
    number: str = "",
    status: int | None = None,
) -> Response:
    view, user, row = asked.view, asked.user, asked.row
    known = runtime_of(asked.request).suppressions
    suppressed = await known.of(asked.subject)
    may_search = permissions.may_search(user)
    noted = await known.history(asked.subject) if may_search else ()
    return page(
        asked.request,
        "person.html",
        status=status or (problem.status if problem else 200),
        me=user,
        view=view,
        row=row,
        link=f"{people.pipedrive(asked.request, view)}/person/{row.person_id or ''}",
        shape=words.SHAPES[row.state],
        said=words.state(row, view),
        number=number or shown_number(row.number, view, user),
        masked=bool(asked.subject.numbers) and not number and not is_owner(view, user),
        numbers=asked.subject.numbers,
        suppressed=suppressed and why.opted_out(suppressed, view),
        may_search=may_search,
        may_lift=permissions.may_configure(user),
        noted=[_line(one) for one in noted],
        address=_address(asked),
        problem=problem,
        note=note,
    )


async def _told(asked: Asked) -> dict[str, Any]:
    known = runtime_of(asked.request).suppressions
    suppressed = await known.of(asked.subject)
    noted = await known.history(asked.subject) if permissions.may_search(asked.user) else ()
    return {
        "id": asked.row.id,
        "person_id": asked.row.person_id,
        "name": asked.row.name,
        "number": shown_number(asked.row.number, asked.view, asked.user) or None,
        "state": asked.row.state.value,
        "opted_out": suppressed
        and {"since": suppressed.since.isoformat(), "by": suppressed.source},
        "noted": [{"at": one.at.isoformat(), "what": one.what, "by": one.by} for one in noted],
    }


def _line(noted: Noted) -> Told:
    if noted.by_reply:
        return Told(noted.at, f"they replied {noted.why}", "")
    if noted.what == "opted_out" and not noted.by and noted.why.isdecimal():
        return Told(noted.at, f"the network refused a text: they want none ({noted.why})", "")
    return Told(noted.at, f"{noted.by or 'a colleague'} {_DONE[noted.what]}", noted.why)


def _address(asked: Asked) -> str:
    return f"/batches/{asked.view.id}/people/{asked.row.id}"


async def _opt_out(asked: Asked, note: str) -> None:
    await suppress.suppress(runtime_of(asked.request), asked.subject, asked.user, note)


async def _opt_in(asked: Asked, note: str) -> None:
    await suppress.lift(runtime_of(asked.request), asked.subject, asked.user, note)


_PLACE = "/batches/{id}/people/{recipient}"
routes = [
    Route(_PLACE, show, methods=["GET"]),
    Route(f"{_PLACE}/opt-out", change(_opt_out), methods=["POST"]),
    Route(f"{_PLACE}/opt-in", change(_opt_in), methods=["POST"]),
    Route(f"{_PLACE}/reveal", reveal, methods=["POST"]),
]
