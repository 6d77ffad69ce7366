"""What goes on after signing in: the action, the form or the page that waited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web import kept, outline, person, settings_page, tryouts, views
from web.actions import click_again, follow
from web.pages import page
from web.people import Wanted
from web.sessions import runtime_of
from web.signin import Waiting
from workers.domain.errors import NotFound, Refused
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.stages.accept import write_another
from workers.stages.confirm import save_draft

_ON_A_BATCH = re.compile(r"/batches/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[a-z-]+")

_ON_A_PERSON = re.compile(
    r"/batches/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/people/([0-9]{1,18})/[a-z-]+"
)


async def go_on(request: Request, user: User, waiting: Waiting) -> Response:
    """Continues for `user`, who has just signed in; the answer still needs their cookie."""
    match waiting.kind:
        case "action":
            click = click_again(waiting.content, runtime_of(request).settings)
            return await follow(request, click)
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
    if content["path"] == "/settings":
        back_there = await settings_page.bring_back(request, user, content["form"])
        return back_there or RedirectResponse("/settings", 303)
    if on_a_person := _ON_A_PERSON.fullmatch(content["path"]):
        return await _back_to_the_person(request, user, on_a_person, form.get("note", ""))
    on_a_batch = _ON_A_BATCH.fullmatch(content["path"])
    if on_a_batch is None:
        return RedirectResponse("/?signed=again", 303)
    batch_id, beside = UUID(on_a_batch[1]), kept.of_draft(form)
    back = f"/batches/{batch_id}"
    if not form.get("body") or await _is_saved(request, user, batch_id, form):
        answer = await _with_fields(request, user, batch_id, beside) if beside else None
        return answer or RedirectResponse(f"{back}?signed=again", 303)
    return page(
        request,
        "notice.html",
        me=user,
        title="You were signed out, so nothing was done. Here is your text.",
        advice="These people's text has changed meanwhile, so yours was not put in its place.",
        kept="\n".join([form["body"], *beside.values()]),
        link=(back, "Go to the texts"),
    )


async def _with_fields(
    request: Request, user: User, batch_id: UUID, beside: Mapping[str, str]
) -> Response | None:
    """The draft with what was typed into its other fields too; they are stored nowhere."""
    view = await runtime_of(request).batches.view(batch_id)
    if view is None or not _is_theirs(view, user) or views.mood(view) != "draft":
        return None
    theirs = await tryouts.own_number(runtime_of(request), user)
    beside = {name: value for name, value in beside.items() if value != theirs}
    if not beside:
        return None
    return page(
        request,
        "batch.html",
        **await outline.whole(request, view, user, beside=beside, asks=Wanted()),
    )


async def _back_to_the_person(
    request: Request, user: User, found: re.Match[str], note: str
) -> Response:
    """The note is back in its field; who may not see that person has it to copy."""
    try:
        return await person.bring_back(request, user, (found[1], found[2]), note)
    except NotFound as gone:
        return page(
            request,
            "notice.html",
            me=user,
            title="You were signed out, so nothing was done. Here is what you wrote.",
            advice=f"{gone.title} {gone.advice}",
            kept=note,
            link=("/", "Go to your texts"),
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
