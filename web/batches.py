"""A batch's page and its progress; `open_batch` decides who may look and act."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Sequence
from typing import Any, Literal
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web import bills, drafts, export, in_view, outline, people, views
from web.beat import again_in
from web.departed import nobody
from web.pages import page, wants_json
from web.people import Wanted
from web.sessions import glance, identities
from web.shared import Shared, sight
from workers.domain import permissions
from workers.domain.batch import Waiting, waiting
from workers.domain.errors import Forbidden, NotFound
from workers.ports.outside import User
from workers.ports.reading import BatchView, Snapshot
from workers.ports.viewing import Changes

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
        raise await nobody(request)
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
        cost = bills.for_programs(await bills.bill_of(request, view))
        return JSONResponse(told(view) | {"cost": cost}, headers={"Cache-Control": "no-store"})
    return page(request, "batch.html", **await outline.whole(request, view, user))


async def progress(request: Request) -> Response:
    """What changed since the page last asked; 304 when nothing did."""
    at = batch_id(request)
    version = (await glance(request, at)).version
    who = await signed_in(request)
    since = request.query_params.get("since", "")[:_SINCE]
    changes: Changes = request.app.state.runtime.changes
    snapshot = await changes.progress(at, since, version)
    view, user = allowed(snapshot.view if snapshot else None, who, "read")
    assert snapshot is not None
    beside = await drafts.beside(request, view, user) + await bills.beside(request, view)
    known = {
        "ETag": etag(view, beside),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Cookie",
        "Volley-Again-In": str(again_in(at, (version or view).now.timestamp())),
    }
    if _is_known(request, known["ETag"]):
        return Response(status_code=304, headers=known)
    asks, viewer = people.wanted(request.query_params.multi_items()), sight(view, user)
    seen = (view.id, known["ETag"], view.now, viewer, asks)
    shown = in_view.ids(request.query_params.get("shown"))
    news: Shared[bytes] = request.app.state.answers[0]
    body = await news.of(
        (seen, since, snapshot.next_since, shown),
        lambda: _news(request, snapshot, viewer, asks, seen, shown),
    )
    return Response(body, media_type="application/json", headers=known)


_SINCE = 50  # longer than any of ours


def answers() -> tuple[Shared[bytes], Shared[dict[str, str]]]:
    """What viewers of the same share: whole answers, and the parts of the page in them.

    Who asks is looked up for each of them before. A change makes another `ETag`, and so another key;
    so does another moment, for the parts show times that are counted from it.
    """
    return Shared(seconds=1, most=100), Shared(seconds=1, most=100)


async def _news(
    request: Request,
    snapshot: Snapshot,
    user: User,
    asks: Wanted,
    seen: Hashable,
    shown: Collection[int] | None,
) -> bytes:
    """All of it; of those who changed, only whom the page shows."""
    view, site = snapshot.view, people.pipedrive(request, snapshot.view)
    rows = [row for row in snapshot.changed if shown is None or row.id in shown]
    changed = [people.told(row, view, user, site) for row in rows]
    parts: Shared[dict[str, str]] = request.app.state.answers[1]
    html = await parts.of(seen, lambda: outline.rendered(request, view, user, asks))
    since = {"next_since": snapshot.next_since, "more": snapshot.more}
    said = {**told(view), "changed": changed, **since}
    spoken = _spoken(view, more=await bills.may_tell_more(request, view))
    return bytes(JSONResponse(said | spoken | {"html": html}).body)


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


def etag(view: BatchView, beside: str = "") -> str:
    """Changes with every row, and with what else changes: the phase, the waiting, what is `beside`."""
    waits = beside + repr([(wait.reason, wait.until, wait.people) for wait in _waiting(view)])
    digest = hashlib.sha256(waits.encode()).hexdigest()[:12]
    return f'"{view.seq}-{views.current(view).value}-{view.revision}-{digest}"'


def _is_known(request: Request, tag: str) -> bool:
    """Proxies that compress weaken a tag (`W/`), and caches may name several (RFC 9110 §13.1.2)."""
    given = request.headers.get("if-none-match", "").split(",")
    return tag in {one.strip().removeprefix("W/") for one in given}


def _spoken(view: BatchView, *, more: bool) -> dict[str, Any]:
    return {
        "mood": views.mood(view),
        "over": views.is_over(view) and not more,
        "looking": view.counts.looking,
        "spoken": views.spoken(view),
    }


def _waiting(view: BatchView) -> list[Waiting]:
    return waiting(view.life, view.counts, view.now)


def _waiting_told(wait: Waiting) -> dict[str, Any]:
    until = wait.until.isoformat() if wait.until else None
    return {"for": _TOLD.get(wait.reason, wait.reason), "until": until, "people": wait.people}


#: Programs know fewer reasons than the page has words for.
_TOLD = {"pipedrive": "pace", "pipedrive_gate": "pace", "pipedrive_reserve": "pipedrive_budget"}


async def recipients(request: Request) -> Response:
    """The batch's people, a page of 100 at a time."""
    view, user = await open_batch(request, "read")
    if wants_json(request):
        return await people.page_told(request, view, user)
    return page(request, "people.html", **await outline.listing(request, view, user))


async def recipients_csv(request: Request) -> Response:
    """The same people for a spreadsheet."""
    view, user = await open_batch(request, "read")
    return export.as_csv(request, view, user)


routes = [
    Route("/batches/{id}/progress", progress, methods=["GET"]),  # asked by far the most
    Route("/batches/{id}", show, methods=["GET"]),
    Route("/batches/{id}/recipients", recipients, methods=["GET"]),
    Route("/batches/{id}/recipients.csv", recipients_csv, methods=["GET"]),
]
