"""What of a form is kept while its rep signs in, and shown again afterwards: never a secret (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from web import rules
from web.writing import FALL_BACKS

Fields = list[tuple[str, str]]

#: Of the settings' form. Twilio's secrets are typed anew: they are kept in one place only.
_LOGIN = ("account_sid", "key_sid", "listed", "sender", "speed")
_CHOICES = ("country", "participants", "user")
SETTINGS = frozenset(("company", "section", *_LOGIN, *_CHOICES, *rules.FIELDS))
#: Of a draft's form, beside the text, which is saved. How many people get it is typed anew: that
#: is a look at the number, not something written.
_DRAFT = ("test_number", "text_name")
_INSTEAD = "instead "  # … a merge field: what to write where it is empty


def of_settings(fields: Iterable[tuple[str, str]]) -> Fields:
    """The fields that are no secret, every ticked box of them."""
    return [(name, value[:1_000]) for name, value in fields if name in SETTINGS]


def of_draft(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields around the text, by name; not what stood there before."""
    return {name: value[:200] for name, value in form.items() if value and _is_typed(name, value)}


def _is_typed(name: str, value: str) -> bool:
    if name.startswith(_INSTEAD):
        return value != FALL_BACKS.get(name.removeprefix(_INSTEAD))
    return name in _DRAFT
