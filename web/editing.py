"""What a rep does to the text with a button: plain, saved, put back, or sent to them as a test."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.routing import Route

from web import tryouts
from web.controls import Act, Wish, control
from web.drafts import recipient
from workers.domain.errors import NotFound
from workers.stages import closing, confirm, write
from workers.stages.tryout import send_test

#: Back to the text box, where something has changed.
_EDITOR = "#message-title"


async def _plain(wish: Wish) -> dict[str, Any]:
    await write.use_plain(wish.runtime, wish.view, revision=wish.whole("revision"), typed=wish.body)
    return {"where": _EDITOR}


async def _use(wish: Wish) -> dict[str, Any]:
    await write.use_saved(
        wish.runtime, wish.view, _text(wish), revision=wish.whole("revision"), typed=wish.body
    )
    return {"where": _EDITOR}


async def _opt_out(wish: Wish) -> dict[str, Any]:
    await closing.toggle(wish.runtime, wish.view, revision=wish.whole("revision"), typed=wish.body)
    return {"where": _EDITOR}


async def _put_back(wish: Wish) -> dict[str, Any]:
    await write.put_back(wish.runtime, wish.view, revision=wish.whole("revision"), typed=wish.body)
    return {"where": _EDITOR}


async def _fall_back(wish: Wish) -> dict[str, Any]:
    field = wish.form.get("field", "")
    await write.fall_back(
        wish.runtime,
        wish.view,
        field=field,
        instead=wish.form.get(f"instead {field}", ""),
        revision=wish.whole("revision"),
        typed=wish.body,
    )
    return {"where": _EDITOR}


async def _keep(wish: Wish) -> dict[str, Any]:
    await write.save_text(
        wish.runtime,
        wish.view,
        wish.user,
        name=wish.form.get("text_name", ""),
        revision=wish.whole("revision"),
        typed=wish.body,
    )
    return {"where": "?texts=open#texts"}


async def _drop(wish: Wish) -> dict[str, Any]:
    await write.drop_text(
        wish.runtime, wish.view, _text(wish), revision=wish.whole("revision"), typed=wish.body
    )
    return {"where": "?texts=open#texts"}


async def _test(wish: Wish) -> dict[str, Any]:
    view = await confirm.save_draft(
        wish.runtime, wish.view, revision=wish.whole("revision"), body=wish.body
    )
    person = recipient(wish.form.get("person", ""))
    test_id = await send_test(
        wish.runtime,
        view,
        wish.user,
        typed=wish.form.get("test_number", ""),
        nth=wish.whole("nth"),
        person=person,
    )
    tests = tryouts.told(await wish.runtime.tryouts.of(view.id))
    where = f"{f'?person={person}' if person else ''}#tryout"
    return {"test": str(test_id), "tests": tests, "revision": view.revision, "where": where}


def _text(wish: Wish) -> UUID:
    """The saved text that the pressed button names; rubbish is like one that isn't there."""
    try:
        return UUID(wish.form.get("text", ""))
    except ValueError:
        raise NotFound(
            "no_such_text", "This saved text isn't here.", "Load the page again."
        ) from None


_BUTTONS: tuple[tuple[str, Act], ...] = (
    ("plain", _plain),
    ("use-text", _use),
    ("put-back", _put_back),
    ("opt-out", _opt_out),
    ("fall-back", _fall_back),
    ("save-text", _keep),
    ("delete-text", _drop),
    ("test", _test),
)

routes = [
    Route(f"/batches/{{id}}/{name}", control("send", act), methods=["POST"])
    for name, act in _BUTTONS
]
