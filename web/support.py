"""Support's page: the company's texts, and what became of the one somebody says they never got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web import alerts, bills, words
from web.batches import signed_in, told
from web.guards import signed_out
from web.home import entries
from web.pages import page, wants_json
from workers.domain import permissions, phone, reasons, text
from workers.domain.errors import Forbidden, NotFound, VolleyError
from workers.ports.outside import User
from workers.ports.reading import AttemptHistory, BatchView, PersonHistory
from workers.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Story:
    """One person in one batch: what they were sent and what became of it, in words."""

    history: PersonHistory
    number: str
    body: str
    said: str
    shape: str
    next_step: str
    attempts: tuple[Try, ...]
    zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One try to text a person, with numbers masked."""

    attempt: AttemptHistory
    sender: str
    said: str
    code: reasons.Code | None
    cost: str


async def support(request: Request) -> Response:
    """The company's texts; with `q`, everything about the people it finds."""
    user, *more = await _supporters(request)
    runtime: Runtime = request.app.state.runtime
    query = text.clean_body(request.query_params.get("q", "")).strip()[:200]
    batches = await runtime.batches.of_company(user.company_id)
    stories = await _find(runtime, user, query) if query else []
    known_alerts = await runtime.alerts.of(user.company_id)
    if wants_json(request):
        said = {
            **_told(query, stories, batches),
            "alerts": [alerts.for_programs(one) for one in known_alerts],
        }
        return JSONResponse(said, headers={"Cache-Control": "no-store"})
    now = datetime.now(UTC)
    others = [other for other in more if other.company_id != user.company_id]
    known: dict[str, Any] = {
        "query": query,
        "stories": stories,
        "entries": entries(batches),
        "alerts": [alerts.told(one, zone=user.timezone, now=now) for one in known_alerts],
        "others": others,
    }
    return page(request, "support.html", me=user, **known)


async def _supporters(request: Request) -> list[User]:
    """Who may search here: of the company in the address, or whoever signed in last, comes first."""
    who = await signed_in(request)
    may = [user for user in who if permissions.may_search(user)]
    company = request.query_params.get("company", "")
    may.sort(key=lambda user: str(user.company_id) != company)
    if company and may and str(may[0].company_id) != company:
        raise NotFound(
            "no_such_company", "This support isn't here.", "You are signed in to another company."
        )
    if may:
        return may
    if any(user.is_lapsed for user in who):
        raise signed_out()
    raise Forbidden(
        "not_support",
        "This page is for the admins of your Pipedrive and whoever they name.",
        "Ask an admin to look or to name you, or open your own text from My texts.",
    )


async def _find(runtime: Runtime, user: User, query: str) -> list[Story]:
    numbers = phone.normalise_query(query, user.country)
    found = await runtime.support.find(user.company_id, query=query, numbers=numbers)
    views = {at: await runtime.batches.view(at) for at in {one.batch_id for one in found}}
    return [_story(one, view) for one in found if (view := views[one.batch_id]) is not None]


def _story(history: PersonHistory, view: BatchView) -> Story:
    row = history.row
    return Story(
        history=history,
        number=phone.mask(row.number) if row.number else "",
        body=_sent(history),
        said=words.state(row, view),
        shape=words.SHAPES[row.state],
        next_step=words.next_step(row, view),
        attempts=tuple(_try(attempt) for attempt in history.attempts),
        zone=view.timezone,
        now=view.now,
    )


def _sent(history: PersonHistory) -> str:
    """The text as this person got it, or would get it."""
    try:
        return text.render(text.read_template(history.body), history.fields)
    except VolleyError:
        return history.body


def _try(attempt: AttemptHistory) -> Try:
    sender = phone.mask(attempt.sender) if attempt.sender.startswith("+") else attempt.sender
    code = reasons.code_of(attempt.error_code) if attempt.error_code else None
    said = words.tried(attempt.state)
    cost = bills.money({attempt.cost[1]: attempt.cost[0]}) if attempt.cost else ""
    return Try(attempt, sender, said, code, cost)


def _told(query: str, stories: list[Story], batches: Any) -> Mapping[str, Any]:
    return {
        "q": query,
        "people": [_story_told(story) for story in stories],
        "batches": [told(view) for view in batches],
    }


def _story_told(story: Story) -> Mapping[str, Any]:
    row = story.history.row
    return {
        "batch": str(story.history.batch_id),
        "by": story.history.batch_owner,
        "person_id": row.person_id,
        "name": row.name,
        "number": story.number,
        "text": story.body,
        "state": row.state.value,
        "words": story.said,
        "next_step": story.next_step,
        "attempts": [_try_told(one) for one in story.attempts],
    }


def _try_told(one: Try) -> Mapping[str, Any]:
    attempt = one.attempt
    return {
        "attempt": str(attempt.attempt_id),
        "state": attempt.state,
        "sid": attempt.sid,
        "sender": one.sender,
        "started_at": attempt.started_at.isoformat(),
        "http_status": attempt.http_status,
        "error_code": attempt.error_code,
        "cost": bills.exact(attempt.cost),
        "request_id": attempt.request_id,
        "receipts": [
            {"at": at.isoformat(), "status": status, "error_code": code, "source": source}
            for at, status, code, source in attempt.receipts
        ],
    }


routes = [Route("/support", support, methods=["GET"])]
