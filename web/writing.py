"""What the editor says about a text: strange characters, holes, and what was replaced (pure)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from web.clock import number, people
from workers.domain.plain import plain
from workers.ports.reading import BatchView
from workers.ports.texts import SavedText
from workers.stages.preview import Preview, Warned

_SHOWN = 4
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Aside:
    """What took the place of the text that was set aside, and how that text begins."""

    said: str
    begins: str


def named(char: str) -> str:
    """A character as a rep can recognize it; one that can't be seen by its name."""
    kind = unicodedata.category(char)
    return _seen(char) if kind in _UNSEEN or kind.startswith("P") else f"“{char}”"


def _seen(char: str) -> str:
    if unicodedata.category(char) in _UNSEEN:
        return unicodedata.name(char, f"U+{ord(char):04X}").lower()
    return char


def strange(found: Preview) -> str:
    """Which characters make the text longer than it looks, and whose they are; "" = none."""
    chars = found.culprits
    if not chars:
        return ""
    more = f" and {number(len(chars) - _SHOWN)} more" if len(chars) > _SHOWN else ""
    listed = " ".join(map(named, chars[:_SHOWN])) + more
    verb = "isn't" if len(chars) == 1 else "aren't"
    whose = "" if found.of_text else ", in the details of some people,"
    return (
        f"{listed}{whose} {verb} in the plain alphabet of texts: "
        "only 70 characters fit into one text instead of 160."
    )


def may_be_plain(body: str) -> bool:
    """Whether plain characters would change anything."""
    return plain(body).text != body


def aside(view: BatchView, saved: Sequence[SavedText]) -> Aside | None:
    """What was put in the place of the rep's text, so that they may put it back."""
    before = view.set_aside
    if before is None or before == view.body:
        return None
    return Aside(_what_happened(before, view.body, saved), _short(before))


def _what_happened(before: str, body: str, saved: Sequence[SavedText]) -> str:
    made = plain(before)
    if made.text == body:
        pairs = [
            f"{_seen(old)} → {'space' if new == ' ' else new or 'nothing'}"
            for old, new in made.replaced
            if old != new
        ]
        more = f" and {number(len(pairs) - 8)} more" if len(pairs) > 8 else ""
        return f"Plain characters are used now: {', '.join(pairs[:8])}{more}."
    for one in saved:
        if one.body == body:
            return f"“{one.name}” is in the editor now."
    return "The text was changed for you."


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:79]}…" if len(line) > 80 else line


def warned(warning: Warned) -> str:
    """What to look at before sending, as a sentence."""
    one = warning.people == 1
    match warning.key:
        case "too_long":
            return f"For {people(warning.people)} this text gets too long; they would be left out."
        case "empty_text":
            return f"For {people(warning.people)} this text is empty; they would be left out."
        case _:
            field = FIELDS.get(warning.field, warning.field)
            return f"{people(warning.people)} {'has' if one else 'have'} no {field}: theirs reads without it."


#: Merge fields as a rep calls them.
FIELDS: dict[str, str] = {
    "person.first_name": "first name",
    "person.last_name": "last name",
    "person.name": "name",
    "organization.name": "organization",
    "deal.title": "deal",
    "activity.subject": "activity",
    "sender.name": "sender name",
}

#: What is offered where people have none.
FALL_BACKS: dict[str, str] = {
    "person.first_name": "there",
    "person.last_name": "friend",
    "person.name": "there",
    "organization.name": "your company",
}
