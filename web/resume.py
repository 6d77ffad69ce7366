"""What goes on after signing in: the action, the form or the page that waited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.actions import click_again, open_batch
from web.pages import page
from web.sessions import runtime_of
from web.signin import Waiting
from workers.domain.errors import Refused
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.stages.accept import write_another
from workers.stages.confirm import save_draft

_ON_A_BATCH = re.compile(r"/batches/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[a-z-]+")


async def go_on(request: Request, user: User, waiting: Waiting) -> Response:
    """Continues for `user`, who has just signed in; the answer still needs their cookie."""
    match waiting.kind:
        case "action":
            click = click_again(waiting.content, runtime_of(request).settings)
            return await open_batch(request, click)
        case "again":
            return await _read_again(request, UUID(waiting.content["batch"]))
        case "form":
            return await _bring_back(request, user, waiting.content)
        case _:
            return RedirectResponse(_path(waiting.content), 303)


async def _read_again(request: Request, batch_id: UUID) -> Response:
    """A new draft of a selection that could not be read; who signed in was checked before."""
    runtime = runtime_of(request)
    view = await runtime.batches.view(batch_id)
    if view is None:  # forgotten meanwhile
        return RedirectResponse("/", 303)
    new_id = await write_another(runtime, view)
    ring = BackgroundTask(runtime.bell.resolve, new_id)
    return RedirectResponse(f"/batches/{new_id}", 303, background=ring)


def _path(content: Mapping[str, Any]) -> str:
    """One of our own addresses: `//elsewhere` would be another site's."""
    path = str(content.get("path", "/"))
    return path if re.match(r"/(?![/\\])", path) else "/"


async def _bring_back(request: Request, user: User, content: Mapping[str, Any]) -> Response:
    """The text is back in its box, saved as the draft it was; nothing is sent."""
    form = dict(content["form"])
    on_a_batch = _ON_A_BATCH.fullmatch(content["path"])
    if on_a_batch is None:
        return RedirectResponse("/", 303)
    batch_id = UUID(on_a_batch[1])
    back = f"/batches/{batch_id}"
    if not form.get("body") or await _is_saved(request, user, batch_id, form):
        return RedirectResponse(back, 303)
    return page(
        request,
        "notice.html",
        me=user,
        title="You were signed out, so nothing was done. Here is your text.",
        advice="These people's text has changed meanwhile, so yours was not put in its place.",
        kept=form["body"],
        link=(back, "Go to the texts"),
    )


async def _is_saved(request: Request, user: User, batch_id: UUID, form: Mapping[str, str]) -> bool:
    runtime, body, revision = (
        runtime_of(request),
        clean_body(form["body"]),
        form.get("revision", ""),
    )
    view = await runtime.batches.view(batch_id)
    if view is None or not _is_theirs(view, user):
        return False
    if view.body == body:
        return True
    if not re.fullmatch(r"[0-9]{1,9}", revision):
        return False
    try:
        await save_draft(runtime, view, revision=int(revision), body=body)
    except Refused:
        return False
    return True


def _is_theirs(view: BatchView, user: User) -> bool:
    return (view.company_id, view.user_id) == (user.company_id, user.user_id)
