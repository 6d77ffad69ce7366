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

from web import outline, picks, views
from web.batches import Right, open_batch, told
from web.clock import number
from web.drafts import draft_told, recipient
from web.guards import read_form
from web.pages import page, refused, wants_json
from web.people import wanted
from workers.domain.batch import Phase
from workers.domain.delivery import State
from workers.domain.errors import BadRequest, Conflict, Refused, TooLong
from workers.domain.reasons import Todo
from workers.domain.text import clean_body
from workers.ports.outside import User
from workers.ports.rails import Choice
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages import accept, confirm, rails
from workers.stages.follow import follow
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
    view, revision = wish.view, wish.whole("revision")
    is_pick, choices = picks.is_pick(wish.form), _choices(wish)
    if "body" in wish.form or not is_pick:  # further pages of the list have no text to save
        view = await confirm.save_draft(wish.runtime, view, revision=revision, body=wish.body)
        revision = view.revision
    if choices:
        view = await choose_people(wish.runtime, view, **choices)
    if (choice := wish.form.get("crossings", "")) in {"leave_out", "text"}:
        said: Choice = "text" if choice == "text" else "leave_out"
        view = await rails.decide(wish.runtime, view, said, revision=view.revision)
    if is_pick:
        return await _picked(wish, view, revision=revision)
    person = wish.form.get("person", "")
    answer = await draft_told(wish.request, view, person=person)
    answer["where"] = f"?person={person}#preview" if recipient(person) else ""
    return {**answer, "batch": str(view.id)} if choices else answer


async def _picked(wish: Wish, view: BatchView, *, revision: int) -> dict[str, Any]:
    """The draft with other people, its list as it was shown."""
    view = await picks.picked(wish.runtime, view, wish.form, revision=revision)
    answer = await draft_told(wish.request, view, person=wish.form.get("person", ""))
    moved = await outline.rendered(wish.request, view, wish.user, wanted(picks.shown(wish.form)))
    return {**answer, "html": answer["html"] | moved, "where": picks.where(wish.form)}


def _choices(wish: Wish) -> dict[str, bool]:
    """What the form chooses of `choose_people`."""
    said = {name: wish.form.get(name) for name in ("whole_deals", "closed_deals")}
    return {name: choice == "yes" for name, choice in said.items() if choice in {"yes", "no"}}


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
    what: Todo | None = next((one for one in _RETRIED if one == wish.form.get("todo")), None)
    seq = wish.whole("seq")
    return {"people": await confirm.retry(wish.runtime, wish.view, seq=seq, what=what)}


async def _send_anyway(wish: Wish) -> dict[str, Any]:
    return {"people": await confirm.send_anyway(wish.runtime, wish.view, seq=wish.whole("seq"))}


async def _text_stopped(wish: Wish) -> dict[str, Any]:
    return {"batch": str(await follow(wish.runtime, wish.view, "stopped"))}


async def _other_number(wish: Wish) -> dict[str, Any]:
    return {"batch": str(await follow(wish.runtime, wish.view, "failed"))}


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
    where = answer.pop("where", "")  # on the page, for browsers
    if not wants_json(wish.request):
        return RedirectResponse(f"/batches/{batch}{where}", 303)
    view = await wish.runtime.batches.view(batch) or wish.view
    return JSONResponse({**told(view), **answer}, 202, headers={"Cache-Control": "no-store"})


async def _kept(wish: Wish, refusal: Refused) -> Response:
    """The page as it is now, with what happened and the text that the rep typed."""
    if wants_json(wish.request):
        return refused(wish.request, refusal)
    view = await wish.runtime.batches.view(wish.view.id) or wish.view
    typed = wish.body if "body" in wish.form and views.mood(view) == "draft" else None
    asks = wanted(picks.shown(wish.form))
    context = await outline.whole(
        wish.request, view, wish.user, typed=typed, notice=refusal, asks=asks
    )
    context["lost"] = wish.body if typed is None else ""
    return page(wish.request, "batch.html", status=refusal.status, **context)


_RETRIED: tuple[Todo, ...] = ("again", "fix")
_RING_SEND = frozenset({"resume", "retry", "send-anyway", "send", "test"})

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
    ("text-stopped", "send", _text_stopped),
    ("other-number", "send", _other_number),
)

routes = [
    Route(f"/batches/{{id}}/{name}", control(right, act), methods=["POST"])
    for name, right, act in _CONTROLS
]
