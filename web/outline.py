"""Gathers what a batch's templates need: the snapshot, the people, the preview and the buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from web import views, words
from web.clock import people
from web.people import asked
from web.shown import is_owner, written
from workers.domain import permissions
from workers.domain.batch import Phase
from workers.domain.delivery import State
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.preview import preview

_ENDED_BADLY = (State.FAILED, State.UNDELIVERED)
_OUTCOME = frozenset({Phase.PAUSED, Phase.DELIVERING, Phase.SETTLED, Phase.CANCELED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What did not work out, by reason, and how many may be tried again or sent anyway."""

    failed: list[views.Group] = field(default_factory=list)
    left_out: list[views.Group] = field(default_factory=list)
    may_retry: int = 0
    may_send_anyway: int = 0


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
) -> dict[str, Any]:
    """Everything for `batch.html`; `typed` is a text that could not be saved, kept for the rep."""
    runtime: Runtime = request.app.state.runtime
    context = await moving(request, view, user)
    context["me"], context["notice"] = user, notice
    context["typed"] = view.body if typed is None else typed
    context["lost"] = ""
    context["mood"] = views.mood(view)
    context["regions"] = regions(view)
    context["listed"] = await asked(request, view, user)
    context["preview"] = None
    if context["mood"] == "draft" and context["is_owner"]:
        person = index(request.query_params.get("person", ""))
        context["preview"] = await preview(runtime, view, context["typed"], person=person)
    return context


async def moving(request: Request, view: BatchView, user: User) -> dict[str, Any]:
    """What the parts of the page that move need; also for the answers to polls."""
    runtime: Runtime = request.app.state.runtime
    return {
        "view": view,
        "is_owner": is_owner(view, user),
        "phase": views.current(view).value,
        "heading": views.heading(view),
        "source": words.source(view),
        "found": views.found(view),
        "summary": views.summary(view),
        "bar": views.bar(view),
        "notices": views.notices(view),
        "done_by": views.done_by(view),
        "tabs": views.tabs(view),
        "holds": views.holds(view),
        "too_late": views.too_late(view),
        "asked_states": request.query_params.getlist("state"),
        "query": request.query_params.get("q", ""),
        "sending": await _sending(runtime, view, user),
        "outcome": await _outcome(runtime, view),
    }


def regions(view: BatchView) -> tuple[str, ...]:
    """The parts of the page that polls bring up to date."""
    if views.mood(view) == "draft":
        return ("title", "status", "tabs", "send")
    return ("title", "actions", "status", "outcome", "tabs")


async def _sending(runtime: Runtime, view: BatchView, user: User) -> Sending | None:
    if views.mood(view) != "draft":
        return None
    account = await runtime.accounts.of(view.company_id)
    ready = view.counts[State.READY]
    why_not = views.finding(view) or ("" if ready else "There is nobody to send it to.")
    admins = () if account else tuple(await runtime.installations.admins(view.company_id))
    return Sending(
        label=f"Send to {people(ready)}" if ready else "Send",
        people=ready,
        why_not=why_not,
        must_type=views.must_type(view, runtime.settings.typed_confirmation_above),
        asks=words.asks(view),
        sender=written(account.sender) if account and account.sender else "",
        connected=account is not None,
        admins=admins,
        may_connect=permissions.may_configure(user),
    )


async def _outcome(runtime: Runtime, view: BatchView) -> Outcome:
    if views.current(view) not in _OUTCOME or views.mood(view) != "sent":
        return Outcome()
    by_reason = await runtime.rows.reasons(view.id)
    failed = views.groups(by_reason, _ENDED_BADLY)
    return Outcome(
        failed=failed,
        left_out=views.groups(by_reason, (State.SKIPPED,)),
        may_retry=sum(group.people for group in failed if group.may_retry),
        may_send_anyway=await _given_up(runtime, view),
    )


async def _given_up(runtime: Runtime, view: BatchView) -> int:
    """Unconfirmed people whose look-ups have ended (of the first 200; the stage decides exactly)."""
    if not view.counts[State.UNCONFIRMED]:
        return 0
    rows, _ = await runtime.rows.page(view.id, states=[State.UNCONFIRMED], limit=200)
    return sum(row.next_look_at is None for row in rows)


def index(text: str) -> int:
    """The place in a list that a person asked for, counted from 1; rubbish is the first."""
    return max(0, int(text) - 1) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def listing(request: Request, view: BatchView, user: User) -> dict[str, Any]:
    """Everything for `people.html`: a further page of the batch's people."""
    return {
        "me": user,
        "view": view,
        "heading": views.heading(view),
        "tabs": views.tabs(view),
        "listed": await asked(request, view, user),
    }
