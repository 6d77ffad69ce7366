"""The choices of a draft's list: who is left out, who is put back, on which number (form → stage)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from workers.domain.errors import BadRequest
from workers.domain.text import clean_body
from workers.ports.picking import Searched
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages import pick

#: Names of the list's buttons; one of them in a form is a choice.
BUTTONS = ("out", "in", "number", "out_all", "in_all")
_SHOWN = ("state", "reason", "q", "cursor")
_LONGEST_ID = 18


def is_pick(form: Mapping[str, str]) -> bool:
    """Whether the form chooses people."""
    return any(name in form for name in BUTTONS)


async def picked(
    runtime: Runtime, view: BatchView, form: Mapping[str, str], *, revision: int
) -> BatchView:
    """The draft as the form wants it; `revision` is the one that the rep saw, or just saved."""
    searched = Searched(dict(shown(form)).get("q", "").strip()[:100])
    match next(name for name in BUTTONS if name in form):
        case "out":
            return await pick.leave_out(runtime, view, [_id(form["out"])], revision=revision)
        case "in":
            who = _id(form["in"])
            return await pick.put_in(runtime, view, who, number="", revision=revision)
        case "number":
            person, _, number = form["number"].partition(" ")
            return await pick.put_in(runtime, view, _id(person), number=number, revision=revision)
        case "out_all":
            return await pick.leave_out(runtime, view, searched, revision=revision)
        case _:
            return await pick.put_back_all(runtime, view, searched, revision=revision)


def shown(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the list showed (`back`), of the parameters that a list has."""
    given = parse_qsl(form.get("back", "")[:2_000])
    return [(name, clean_body(value)) for name, value in given if name in _SHOWN]


def where(form: Mapping[str, str]) -> str:
    """Where the list was, behind the batch's address; a further page of it is a page of its own."""
    asked = shown(form)
    page = "/recipients" if dict(asked).get("cursor") else ""
    query = f"?{urlencode(asked)}" if asked else ""
    person = next((form[name].partition(" ")[0] for name in BUTTONS[:3] if name in form), "")
    return page + query + (f"#person-{person}" if _is_id(person) else "#people")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _id(text: str) -> int:
    if not _is_id(text):
        raise BadRequest("no_such_person", "This person isn't here.", "Load the page again.")
    return int(text)
