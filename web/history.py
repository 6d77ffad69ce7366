"""What selected people were sent: when, by whom, and what became of it, as far as one may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web import views, words
from web.batches import signed_in
from web.pages import fragment, page, wants_json
from web.sessions import runtime_of
from web.shown import is_owner
from web.why import asks_to_sign_in, failure, not_read
from workers.domain import permissions, phone, text
from workers.domain.delivery import State
from workers.domain.errors import NotFound, VolleyError
from workers.ports.history import Memory, Recalled, Sent
from workers.ports.outside import User
from workers.ports.reading import BatchView

ON_A_PAGE = 100
#: What pages for a text say otherwise.
_INSTEAD = {
    "Finding numbers": "Finding people",
    "Send a text (SMS)": "Texts they were sent",
    "the same selection is then read once more": "then choose the action there once more",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One text in words; without `said` it is a colleague's, of whom only that and when is told."""

    at: datetime
    by: str
    said: str = ""
    state: str = ""
    shape: str = ""
    body: str = ""
    number: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One person and what they were sent."""

    person_id: int
    name: str
    link: str
    lines: tuple[Line, ...]
    more: int


async def history(request: Request) -> Response:
    """A page of the people who were asked about, once they are found."""
    question, user = await _asked(request)
    context = _finding(question)
    if context["mood"] == "answered":
        context |= await _answer(request, question, user)
    if wants_json(request):
        return JSONResponse(_told(context), headers={"Cache-Control": "no-store"})
    return page(request, "history.html", me=user, view=question, **context)


async def progress(request: Request) -> Response:
    """How far the people are found; a page with another mood is loaded again."""
    question, _ = await _asked(request)
    context = _finding(question)
    told = {
        "mood": context["mood"],
        "over": context["mood"] == "refused",
        "changed": [],
        "next_since": "",
        "more": False,
        "spoken": context["found"],
        "html": {"finding": fragment("parts/finding.html", **context)},
    }
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


async def _asked(request: Request) -> tuple[BatchView, User]:
    """The question in the address, if it is of somebody in this browser."""
    who = await signed_in(request)
    try:
        question_id = UUID(request.path_params["question"])
    except ValueError:
        raise _gone() from None
    question = await runtime_of(request).histories.question(question_id)
    user = next((one for one in who if question and is_owner(question, one)), None)
    if question is None or user is None:
        raise _gone()
    return question, user


def _finding(question: BatchView) -> dict[str, Any]:
    """Whether they are found, how far, and why that waits or was refused."""
    refused = question.life.refused_reason
    mood = "answered" if question.life.resolved_at else "finding"
    why = not_read(refused)
    return {
        "mood": "refused" if refused else mood,
        "found": views.found(question),
        "source": words.source(question),
        "waits": [_instead(one) for one in views.notices(question)],
        "refused": why.said if refused else "",
        "advice": _instead(why.advice) if refused else "",
        "signs_in": asks_to_sign_in(refused),
    }


async def _answer(request: Request, question: BatchView, user: User) -> dict[str, Any]:
    runtime, place = runtime_of(request), _place(request.query_params.get("page", ""))
    memory = await runtime.histories.recall(question, skip=place * ON_A_PAGE, most=ON_A_PAGE)
    site = runtime.settings.pipedrive_url or f"https://{user.company_domain}.pipedrive.com"
    return {
        "memory": memory,
        "entries": [_entry(one, user, site) for one in memory.page],
        "place": place,
        "pages": -(-memory.people // ON_A_PAGE),
        "sees_all": permissions.may_search(user),
    }


def _instead(said: str) -> str:
    for of_a_text, of_history in _INSTEAD.items():
        said = said.replace(of_a_text, of_history)
    return said


def _place(asked: str) -> int:
    """Which page, counted from 0; rubbish is the first."""
    return max(0, int(asked) - 1) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0


def _gone() -> NotFound:
    return NotFound(
        "no_such_history",
        "This history isn't here.",
        "It is kept for a day, for whoever asked. Choose the action in Pipedrive again.",
    )


def _entry(recalled: Recalled, user: User, site: str) -> Entry:
    return Entry(
        recalled.person_id,
        recalled.name,
        f"{site}/person/{recalled.person_id}",
        tuple(_line(sent, user) for sent in recalled.sent),
        recalled.texts - len(recalled.sent),
    )


def _may_read(sent: Sent, user: User) -> bool:
    return permissions.may_read(user.company_id, sent.user_id, user)


def _line(sent: Sent, user: User) -> Line:
    """Design §4: other reps' texts do not exist for a rep, but that somebody was texted does:
    without it two colleagues would write to the same person on the same day."""
    if not _may_read(sent, user):
        return Line(sent.at, sent.by or "A colleague")
    own = sent.user_id == user.user_id
    return Line(
        at=sent.at,
        by="You" if own else sent.by or "A colleague",
        said=_became(sent),
        state=sent.state.value,
        shape=words.SHAPES[sent.state],
        body=_body(sent),
        number=phone.written(sent.number) if own else phone.mask(sent.number),
        link=f"/batches/{sent.batch_id}/people/{sent.recipient_id}",
    )


def _became(sent: Sent) -> str:
    """What became of an earlier text, whoever wrote it."""
    match sent.state:
        case State.UNDELIVERED | State.FAILED:
            return f"{words.COUNTED[sent.state]}: {failure(sent.reason).said}"
        case State.SENT | State.UNCONFIRMED if not sent.looking:
            return words.COUNTED_AT_THE_END[sent.state]
        case _:
            return words.COUNTED[sent.state]


def _body(sent: Sent) -> str:
    try:
        return text.render(text.read_template(sent.body), sent.fields)
    except VolleyError:
        return sent.body


def _told(context: Mapping[str, Any]) -> Mapping[str, Any]:
    if context["mood"] != "answered":
        return {"finding": context["mood"] == "finding", "refused": context["refused"] or None}
    memory: Memory = context["memory"]
    return {
        "finding": False,
        "people": memory.people,
        "texted": memory.texted,
        "gone": memory.gone,
        "page": [
            {
                "person_id": entry.person_id,
                "name": entry.name,
                "texts": [_line_told(line) for line in entry.lines],
            }
            for entry in context["entries"]
        ],
    }


def _line_told(line: Line) -> Mapping[str, Any]:
    told = {"at": line.at.isoformat(), "by": line.by}
    if not line.said:
        return told
    return told | {"state": line.state, "words": line.said, "text": line.body}


routes = [
    Route("/history/{question}", history, methods=["GET"]),
    Route("/history/{question}/progress", progress, methods=["GET"]),
]
