"""A batch's page and its progress; `open_batch` decides who may look and act."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web import outline, people, views
from web.guards import signed_out
from web.pages import fragment, page, wants_json
from web.sessions import identities
from workers.domain import permissions
from workers.domain.batch import Waiting, waiting
from workers.domain.errors import Forbidden, NotFound
from workers.ports.outside import User
from workers.ports.reading import BatchView, Snapshot

Right = Literal["read", "control", "send"]

_MAY = {
    "read": permissions.may_read,
    "control": permissions.may_control,
    "send": permissions.may_send,
}


async def open_batch(request: Request, right: Right) -> tuple[BatchView, User]:
    """The batch in the address and who acts on it; strangers learn nothing, not even that it is."""
    who = await signed_in(request)
    view = await request.app.state.runtime.batches.view(batch_id(request))
    return allowed(view, who, right)


async def signed_in(request: Request) -> Sequence[User]:
    """The identities of this browser, at least one."""
    who = await identities(request)
    if not who:
        raise signed_out()
    return who


def batch_id(request: Request) -> UUID:
    """The id in the address; rubbish is like a batch that isn't there."""
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise _nowhere() from None


def allowed(view: BatchView | None, who: Sequence[User], right: Right) -> tuple[BatchView, User]:
    """The batch with the identity that acts on it: its owner, else somebody of support."""
    if view is None:
        raise _nowhere()
    readers = [user for user in who if permissions.may_read(view.company_id, view.user_id, user)]
    if not readers:
        raise _nowhere()
    user = min(readers, key=lambda reader: reader.user_id != view.user_id)
    if not _MAY[right](view.company_id, view.user_id, user):
        raise Forbidden(
            "not_yours",
            f"Only {view.user_name or 'the person who wrote it'} can do this.",
            "You may look at this text, pause it and stop it.",
        )
    return view, user


def _nowhere() -> NotFound:
    return NotFound(
        "no_such_batch",
        "This text isn't here.",
        "It may belong to somebody else in your company, or you are signed in to another company.",
    )


async def show(request: Request) -> Response:
    """The page of one batch."""
    view, user = await open_batch(request, "read")
    if wants_json(request):
        return JSONResponse(told(view), headers={"Cache-Control": "no-store"})
    return page(request, "batch.html", **await outline.whole(request, view, user))


async def progress(request: Request) -> Response:
    """What changed since the page last asked; 304 when nothing did."""
    who = await signed_in(request)
    since = request.query_params.get("since", "")
    rows = request.app.state.runtime.rows
    snapshot: Snapshot | None = await rows.changed(batch_id(request), since)
    view, user = allowed(snapshot.view if snapshot else None, who, "read")
    assert snapshot is not None
    known = {"ETag": etag(view), "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie"}
    if _is_known(request, known["ETag"]):
        return Response(status_code=304, headers=known)
    site = people.pipedrive(request, view)
    changed = [people.told(row, view, user, site) for row in snapshot.changed]
    said = {**told(view), "changed": changed, "next_since": snapshot.next_since}
    return JSONResponse(said | await _spoken(request, view, user), headers=known)


def told(view: BatchView) -> dict[str, Any]:
    """The batch's progress for programs."""
    return {
        "batch": str(view.id),
        "phase": views.current(view).value,
        "total": view.total,
        "revision": view.revision,
        "seq": view.seq,
        "counts": {state.value: n for state, n in view.counts.by_state.items() if n},
        "waiting": [_waiting_told(wait) for wait in _waiting(view)],
    }


def etag(view: BatchView) -> str:
    """Changes with every row, and with what time alone changes: the phase and the waiting."""
    waits = repr([(wait.reason, wait.until, wait.people) for wait in _waiting(view)])
    digest = hashlib.sha256(waits.encode()).hexdigest()[:12]
    return f'"{view.seq}-{views.current(view).value}-{view.revision}-{digest}"'


def _is_known(request: Request, tag: str) -> bool:
    """Proxies that compress weaken a tag (`W/`), and caches may name several (RFC 9110 §13.1.2)."""
    given = request.headers.get("if-none-match", "").split(",")
    return tag in {one.strip().removeprefix("W/") for one in given}


async def _spoken(request: Request, view: BatchView, user: User) -> dict[str, Any]:
    context = await outline.moving(request, view, user)
    regions = outline.regions(view)
    return {
        "mood": views.mood(view),
        "over": views.is_over(view),
        "looking": view.counts.looking,
        "spoken": views.spoken(view),
        "html": {name: fragment(f"parts/{name}.html", **context) for name in regions},
    }


def _waiting(view: BatchView) -> list[Waiting]:
    return waiting(view.life, view.counts, view.now)


def _waiting_told(wait: Waiting) -> dict[str, Any]:
    until = wait.until.isoformat() if wait.until else None
    return {"for": wait.reason, "until": until, "people": wait.people}


async def recipients(request: Request) -> Response:
    """The batch's people, a page of 100 at a time."""
    view, user = await open_batch(request, "read")
    if wants_json(request):
        return await people.page_told(request, view, user)
    return page(request, "people.html", **await outline.listing(request, view, user))


async def recipients_csv(request: Request) -> Response:
    """The same people for a spreadsheet."""
    view, user = await open_batch(request, "read")
    return people.export(request, view, user)


routes = [
    Route("/batches/{id}", show, methods=["GET"]),
    Route("/batches/{id}/recipients", recipients, methods=["GET"]),
    Route("/batches/{id}/recipients.csv", recipients_csv, methods=["GET"]),
    Route("/batches/{id}/progress", progress, methods=["GET"]),
]
