"""What a rep decides about a batch: the POSTs of its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from web import outline, views
from web.batches import Right, open_batch, told
from web.clock import number
from web.drafts import draft_told
from web.guards import read_form
from web.pages import page, refused, wants_json
from workers.domain.batch import Phase
from workers.domain.delivery import State
from workers.domain.errors import BadRequest, Conflict, Refused, TooLong
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages import accept, confirm
from workers.stages.widen import choose_people

_LONGEST = 100_000  # bytes of a form; a text of 1,600 characters is far below


@dataclass(frozen=True, slots=True)
class Wish:
    """One POST, read: the batch, who asks, and what the form says."""

    request: Request
    runtime: Runtime
    view: BatchView
    user: User
    form: dict[str, str]

    def whole(self, name: str) -> int:
        """A whole number of the form; people write thousands in their own way."""
        given = self.form.get(name, "")
        digits = given.translate(_SPACING)
        if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
            raise BadRequest(
                "not_a_number",
                f"“{given[:40]}” is not a number." if given else "A number is missing.",
                _NUMBER_ADVICE.get(name, "Load the page again and try once more."),
            )
        return int(digits)

    @property
    def body(self) -> str:
        """The text as the rep typed it, in the one spelling that is stored and sent."""
        return clean_body(self.form.get("body", ""))


_SPACING = dict.fromkeys(map(ord, " ,.'’\u00a0\u202f"))
_NUMBER_ADVICE = {"people": "Type how many people you want to text, as the page says it."}

Act = Callable[[Wish], Awaitable[dict[str, Any]]]


async def _draft(wish: Wish) -> dict[str, Any]:
    view = await confirm.save_draft(
        wish.runtime, wish.view, revision=wish.whole("revision"), body=wish.body
    )
    choice = wish.form.get("whole_deals")
    if choice in {"yes", "no"}:
        view = await choose_people(wish.runtime, view, whole_deals=choice == "yes")
    answer = await draft_told(wish.request, view, wish.user, person=wish.form.get("person", ""))
    return {**answer, "batch": str(view.id)} if choice else answer


async def _send(wish: Wish) -> dict[str, Any]:
    revision, people = wish.whole("revision"), wish.whole("people")
    ready = wish.view.counts[State.READY]
    if views.current(wish.view) is Phase.DRAFT and people != ready:
        raise Conflict(
            "stale",
            f"You confirmed {number(people)} people, but it would go to {number(ready)}.",
            "Nothing was sent and your text is kept. Look at the people again, then press Send.",
        )
    await confirm.confirm(wish.runtime, wish.view, revision=revision, body=wish.body, people=people)
    return {}


async def _undo(wish: Wish) -> dict[str, Any]:
    return {"on_their_way": await confirm.undo(wish.runtime, wish.view)}


async def _pause(wish: Wish) -> dict[str, Any]:
    await confirm.pause(wish.runtime, wish.view, by=wish.user)
    return {}


async def _resume(wish: Wish) -> dict[str, Any]:
    await confirm.resume(wish.runtime, wish.view)
    return {}


async def _cancel(wish: Wish) -> dict[str, Any]:
    await confirm.cancel(wish.runtime, wish.view, by=wish.user)
    return {}


async def _retry(wish: Wish) -> dict[str, Any]:
    return {"people": await confirm.retry(wish.runtime, wish.view, seq=wish.whole("seq"))}


async def _send_anyway(wish: Wish) -> dict[str, Any]:
    return {"people": await confirm.send_anyway(wish.runtime, wish.view, seq=wish.whole("seq"))}


async def _again(wish: Wish) -> dict[str, Any]:
    return {"batch": str(await accept.write_another(wish.runtime, wish.view))}


def control(right: Right, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does `act` for somebody with `right`; a refusal keeps what they typed."""

    async def endpoint(request: Request) -> Response:
        view, user = await open_batch(request, right)
        wish = Wish(request, request.app.state.runtime, view, user, await _form(request))
        try:
            answer = await act(wish)
        except Refused as refusal:
            return await _kept(wish, refusal)
        done = await _done(wish, answer)
        done.background = BackgroundTask(_ring, wish, answer)
        return done

    return endpoint


async def _ring(wish: Wish, answer: dict[str, Any]) -> None:
    """After the answer has left: a hung broker must not slow a click."""
    bell = wish.runtime.bell
    if "batch" in answer:
        await bell.resolve(UUID(answer["batch"]))
    elif wish.request.url.path.rpartition("/")[2] in _RING_SEND:
        await bell.send(wish.view.id)


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise TooLong("form_too_long", "That is more text than we take.", "Shorten it.")
    return dict(read_form(body))


async def _done(wish: Wish, answer: dict[str, Any]) -> Response:
    batch = UUID(answer.get("batch", str(wish.view.id)))
    if not wants_json(wish.request):
        person = wish.form.get("person", "")
        where = f"?person={person}#preview" if person.isdigit() else ""
        return RedirectResponse(f"/batches/{batch}{where}", 303)
    view = await wish.runtime.batches.view(batch) or wish.view
    return JSONResponse({**told(view), **answer}, 202, headers={"Cache-Control": "no-store"})


async def _kept(wish: Wish, refusal: Refused) -> Response:
    """The page as it is now, with what happened and the text that the rep typed."""
    if wants_json(wish.request):
        return refused(wish.request, refusal)
    view = await wish.runtime.batches.view(wish.view.id) or wish.view
    typed = wish.body if "body" in wish.form and views.mood(view) == "draft" else None
    context = await outline.whole(wish.request, view, wish.user, typed=typed, notice=refusal)
    context["lost"] = wish.body if typed is None else ""
    return page(wish.request, "batch.html", status=refusal.status, **context)


_RING_SEND = frozenset({"resume", "retry", "send-anyway", "send"})

_CONTROLS: tuple[tuple[str, Right, Act], ...] = (
    ("draft", "send", _draft),
    ("send", "send", _send),
    ("undo", "send", _undo),
    ("pause", "control", _pause),
    ("resume", "send", _resume),
    ("cancel", "control", _cancel),
    ("retry", "send", _retry),
    ("send-anyway", "send", _send_anyway),
    ("again", "send", _again),
)

routes = [
    Route(f"/batches/{{id}}/{name}", control(right, act), methods=["POST"])
    for name, right, act in _CONTROLS
]
