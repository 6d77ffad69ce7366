"""What the editor of a draft shows: the preview, its facts and the company's saved texts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request

from web import costs, tryouts, views, writing
from web.pages import fragment
from web.shared import Shared
from web.shown import is_owner
from workers.domain.batch import Phase
from workers.domain.closing import has_closing
from workers.domain.errors import Refused
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.closing import Offer, offered
from workers.stages.estimate import estimate
from workers.stages.preview import Preview, preview

#: The fields around the text, where nobody's typing waits to be shown again.
UNTYPED: Mapping[str, str] = MappingProxyType({})
#: What `parts/editor.html` needs; a page without an editor has none of it.
NOTHING: dict[str, Any] = {
    **{"preview": None, "aside": None, "may_be_plain": False, "saved": ()},
    **{"offer": Offer(), "has_closing": False, "preset": False, "beside": UNTYPED},
}


async def editor(request: Request, view: BatchView, *, typed: str) -> dict[str, Any]:
    """Everything for the editor around the text `typed`, which may not have been saved."""
    runtime: Runtime = request.app.state.runtime
    asked = request.query_params
    person = recipient(asked.get("person", ""))
    is_new = request.method == "GET" and view.revision == 1 and not typed
    preset = ""
    if is_new and (offer := await offered(runtime, view)).is_due:
        typed = preset = f"\n\n{offer.line}"
    saved = await runtime.texts.saved(view.company_id)
    return {
        **await facts(runtime, view, typed, person=person),
        "typed": typed,
        "preset": bool(preset),
        "saved": saved,
        "aside": writing.aside(view, saved) if view.set_aside else None,
        "asked_person": bool(person),
        "texts_open": asked.get("texts") == "open" or request.url.path.endswith("-text"),
    }


async def facts(runtime: Runtime, view: BatchView, body: str, *, person: int) -> dict[str, Any]:
    """What the text means."""
    offer = await offered(runtime, view)
    return {
        "preview": await preview(runtime, view, body, person=person),
        "offer": offer,
        "has_closing": has_closing(body, offer.line),
        "may_be_plain": writing.may_be_plain(body),
    }


async def cost(request: Request, view: BatchView, user: User) -> costs.Told:
    """What it would cost and how long it takes; worked out once a request."""
    if views.current(view) is not Phase.DRAFT or not is_owner(view, user):
        return costs.Told()
    known: costs.Told | None = getattr(request.state, "cost", None)
    if known is None:
        runtime: Runtime = request.app.state.runtime
        key = (view.id, view.seq, view.revision, view.body, view.organizations)
        kept: Shared[Preview] = request.app.state.previews
        found = await kept.of(key, lambda: preview(runtime, view, view.body))
        known = request.state.cost = costs.told(await estimate(runtime, view, found), view)
    return known


async def beside(request: Request, view: BatchView, user: User) -> str:
    """Changes with what moves without the batch itself: its tests, and what it would cost."""
    tests = await tryouts.beside(request.app.state.runtime, view, user)
    return tests + repr(await cost(request, view, user))


async def draft_told(request: Request, view: BatchView, *, person: str) -> dict[str, Any]:
    """What the saved text means: for programs, and as the page's `facts` region."""
    runtime: Runtime = request.app.state.runtime
    found = await facts(runtime, view, view.body, person=recipient(person))
    if view.set_aside:
        found["aside"] = writing.aside(view, await runtime.texts.saved(view.company_id))
    guessed = await estimate(runtime, view, found["preview"])
    html = {
        "facts": fragment("parts/facts.html", **{**NOTHING, "view": view, **found}),
        "cost": fragment("parts/cost.html", cost=costs.told(guessed, view)),
    }
    return {
        **preview_told(found["preview"]),
        "cost": costs.for_programs(guessed),
        "revision": view.revision,
        "html": html,
    }


def preview_told(found: Preview) -> dict[str, Any]:
    """The preview for programs."""
    shown = found.shown
    return {
        "characters": found.characters,
        "encoding": found.encoding,
        "culprits": list(found.culprits),
        "parts": {"min": found.parts_min, "max": found.parts_max},
        "preview": shown and {"name": shown.name, "text": shown.text},
        "warnings": [
            {"key": warning.key, "field": warning.field, "people": warning.people}
            for warning in found.warnings
        ],
        "problem": found.problem and _told(found.problem),
    }


def previews() -> Shared[Preview]:
    """Of saved texts, for what they cost: every change of a draft or its people makes another key."""
    return Shared(seconds=60, most=50)


def _told(problem: Refused) -> dict[str, str]:
    return {"error": problem.reason, "title": problem.title, "advice": problem.advice}


def recipient(text: str) -> int:
    """The recipient that an address names; rubbish is nobody."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
