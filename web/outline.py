"""Gathers what a batch's templates need: the snapshot, the people, the preview and the buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from web import bills, drafts, tryouts, views, words
from web.clock import people
from web.ending import End, done_by, is_flowing
from web.outcome import outcome
from web.pages import fragment
from web.people import Wanted, listed, wanted
from web.rails import capped, told
from web.shown import is_owner, written
from workers.domain import permissions
from workers.domain.batch import waiting
from workers.domain.delivery import State
from workers.domain.finish import time_left
from workers.ports.outside import Account, User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.estimate import pool_known, turns_end
from workers.stages.rails import Rails, rails


@dataclass(frozen=True, slots=True)
class Sending:
    """The Send button: its words, why it waits, and the number that the rep types."""

    label: str
    people: int
    why_not: str
    must_type: bool
    asks: str
    sender: str
    connected: bool
    admins: tuple[str, ...]
    may_connect: bool


async def whole(
    request: Request,
    view: BatchView,
    user: User,
    *,
    typed: str | None = None,
    notice: Any = None,
    asks: Wanted | None = None,
    beside: Mapping[str, str] = drafts.UNTYPED,
) -> dict[str, Any]:
    """Everything for `batch.html`; `typed` is a text that could not be saved, kept for the rep.

    `beside`: what they typed into the fields around it before they had to sign in again.
    """
    asks = asks or wanted(request.query_params.multi_items())
    context = await moving(request, view, user, asks)
    context["me"], context["notice"] = user, notice
    context["typed"] = view.body if typed is None else typed
    context["lost"] = ""
    context["signed_again"] = bool(beside) or request.query_params.get("signed") == "again"
    context["mood"] = views.mood(view)
    if context["listed"] is None:
        context["listed"] = await listed(request, view, user, asks)
    context |= {**drafts.NOTHING, "beside": beside}
    if context["mood"] == "draft" and context["is_owner"]:
        context |= await drafts.editor(request, view, typed=context["typed"])
    return context


async def moving(request: Request, view: BatchView, user: User, asks: Wanted) -> dict[str, Any]:
    """What the parts of the page that move need; also for the answers to polls."""
    runtime: Runtime = request.app.state.runtime
    moves = "rows" in regions(view, asks)
    found = await _rails(runtime, view, user)
    return {
        "listed": await listed(request, view, user, asks) if moves else None,
        "beside": drafts.UNTYPED,
        "view": view,
        "is_owner": is_owner(view, user),
        "phase": views.current(view).value,
        "heading": views.heading(view),
        "source": words.source(view),
        "found": views.found(view),
        "summary": views.summary(view),
        "bar": views.bar(view),
        "notices": [*views.notices(view), *await _who_raises_the_cap(runtime, view)],
        "done_by": await _done_by(runtime, view),
        "tabs": views.tabs(view),
        "holds": views.holds(view),
        "too_late": views.too_late(view),
        "asked_states": [state.value for state in asks.states],
        "sending": await _sending(runtime, view, user, found),
        "rails": told(found, view),
        "outcome": await outcome(request, view),
        "cost": await drafts.cost(request, view, user),
        "bill_said": bills.said(await bills.bill_of(request, view)),
        "bill_expected": await bills.may_tell_more(request, view),
        **await tryouts.context(runtime, view, user),
    }


async def _done_by(runtime: Runtime, view: BatchView) -> End | None:
    if not is_flowing(view):
        return None
    left = time_left(view.counts, await runtime.paces.pace_of(view.id))
    return done_by(view, left or await turns_end(runtime, view))


async def rendered(request: Request, view: BatchView, user: User, asks: Wanted) -> dict[str, str]:
    """The moving parts as HTML, by name."""
    context = await moving(request, view, user, asks)
    return {name: fragment(f"parts/{name}.html", **context) for name in regions(view, asks)}


def regions(view: BatchView, asks: Wanted) -> tuple[str, ...]:
    """The parts of the page that polls bring up to date.

    The list of everybody who was confirmed keeps its people: single rows of it are brought up to date.
    """
    if views.mood(view) == "draft":
        return ("title", "status", "tabs", "rows", "choices", "rails", "tryout", "cost", "send")
    rows = ("rows",) if asks.states or asks.query or asks.reasons else ()
    return ("title", "actions", "status", "bill", "outcome", "tabs", *rows)


async def _sending(runtime: Runtime, view: BatchView, user: User, found: Rails) -> Sending | None:
    if views.mood(view) != "draft":
        return None
    account = await runtime.accounts.of(view.company_id)
    rules = await runtime.companies.rules(view.company_id)
    ready = view.counts[State.READY]
    why_not = views.finding(view) or ("" if ready else "There is nobody to send it to.")
    admins = () if account else tuple(await runtime.installations.admins(view.company_id))
    return Sending(
        label=f"Send to {people(ready)}" if ready else "Send",
        people=ready,
        why_not=why_not,
        must_type=views.must_type(view, rules.typed_above) or found.cap is not None,
        asks=capped(found) or words.asks(view),
        sender=await _sender(runtime, view, account),
        connected=account is not None,
        admins=admins,
        may_connect=permissions.may_configure(user),
    )


async def _who_raises_the_cap(runtime: Runtime, view: BatchView) -> list[str]:
    if all(wait.reason != "cap" for wait in waiting(view.life, view.counts, view.now)):
        return []
    admins = ", ".join(await runtime.installations.admins(view.company_id))
    who = f"An admin of your Pipedrive ({admins})" if admins else "An admin of your Pipedrive"
    return [f"{who} can allow more in Volley's settings."]


async def _rails(runtime: Runtime, view: BatchView, user: User) -> Rails:
    if views.mood(view) != "draft" or not is_owner(view, user):
        return Rails()
    return await rails(runtime, view)


async def listing(request: Request, view: BatchView, user: User) -> dict[str, Any]:
    """Everything for `people.html`: a further page of the batch's people."""
    asks = wanted(request.query_params.multi_items())
    return {
        "me": user,
        "view": view,
        "heading": views.heading(view),
        "tabs": views.tabs(view),
        "listed": await listed(request, view, user, asks),
    }


async def _sender(runtime: Runtime, view: BatchView, account: Account | None) -> str:
    """The number, or the name of the Messaging Service once it is known."""
    if account is None:
        return ""
    pool = await pool_known(runtime, view.company_id, account)
    return (pool and pool.name) or (written(account.sender) if account.sender else "")
