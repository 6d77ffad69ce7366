"""The first page: a rep's own texts, or how to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web import views, words
from web.batches import told
from web.pages import page, wants_json
from web.sessions import identities
from web.tokens_used import of_batch
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Entry:
    """One text in a list of texts."""

    id: str
    heading: str
    text: str
    source: str
    phase: str
    said: str
    cost: str
    by: str
    zone: str
    created_at: datetime
    now: datetime


async def home(request: Request) -> Response:
    """My texts, newest first; without any, how to write the first."""
    who = await identities(request)
    runtime: Runtime = request.app.state.runtime
    if not who:
        return page(request, "welcome.html")
    found = [await runtime.batches.mine(user.company_id, user.user_id) for user in who]
    batches = sorted((view for views_ in found for view in views_), key=_created, reverse=True)
    if wants_json(request):
        return JSONResponse({"batches": [told(view) for view in batches]})
    sites = [(user.company_name, people_list(runtime, user)) for user in who]
    return page(
        request,
        "home.html",
        me=who[0],
        who=who,
        entries=entries(batches),
        sites=sites,
        signed_again=request.query_params.get("signed") == "again",
        lapsed=await _lapsed(runtime, who),
        forgets_after=2 * runtime.settings.forget_days,  # see `store.leaving`
    )


async def _lapsed(runtime: Runtime, who: Sequence[User]) -> list[User]:
    """Those of them whom Pipedrive no longer takes our tokens for: they sign in again."""
    known = [await runtime.installations.user(user.company_id, user.user_id) for user in who]
    return [user for user, usable in zip(who, known, strict=True) if usable is None]


def entries(batches: Sequence[BatchView]) -> list[Entry]:
    """What a list says of each text."""
    return [_entry(view) for view in batches]


def people_list(runtime: Runtime, user: User) -> str:
    """Where a rep ticks people."""
    simulated = runtime.settings.pipedrive_url
    return simulated or f"https://{user.company_domain or 'app'}.pipedrive.com/persons/list"


def _entry(view: BatchView) -> Entry:
    phase = views.current(view).value
    return Entry(
        id=str(view.id),
        heading=views.heading(view),
        text=view.body or "No text yet",
        source=words.source(view),
        phase=phase,
        said=words.PHASES[phase],
        cost=of_batch(view),
        by=view.user_name,
        zone=view.timezone,
        created_at=view.life.created_at,
        now=view.now,
    )


def _created(view: BatchView) -> datetime:
    return view.life.created_at


routes = [Route("/", home, methods=["GET"])]
