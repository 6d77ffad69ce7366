"""A person of the selection: which of their numbers is texted, and what texts may say of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workers.domain.phone import NoNumber, read_number
from workers.domain.place import country_of
from workers.domain.reason import Reason

__all__ = ["Choice", "Person", "PhoneEntry", "Reason", "choose", "clean_line", "merge_fields"]


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """One phone field of a person, exactly as somebody typed it in Pipedrive."""

    value: str
    label: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A person as Pipedrive has them."""

    person_id: int
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    org_id: int | None = None
    org_name: str = ""
    phones: tuple[PhoneEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The number that is texted, or the reason why none is; never both.

    `numbers` are all phone fields with what was made of each, ready for JSON: value, label,
    primary, number, reason.
    """

    number: str | None
    label: str
    reason: Reason | None
    numbers: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A phone field and what was made of it."""

    entry: PhoneEntry
    number: str | None
    is_mobile: bool
    reason: Reason | None


#: Which reason a person with several useless numbers is given: what a rep can put right in
#: Pipedrive first, then what cannot be helped, then what says least.
_MOST_HELPFUL = (
    Reason.OPTED_OUT,
    Reason.TWO_NUMBERS,
    Reason.EXTENSION,
    Reason.NO_COUNTRY_CODE,
    Reason.COUNTRY,
    Reason.LANDLINE,
    Reason.SERVICE_NUMBER,
    Reason.PREMIUM,
    Reason.NOT_POSSIBLE,
    Reason.UNREADABLE,
    Reason.NO_NUMBER,
)
_MOBILE_LABEL = re.compile(
    r"mobii?l|m[oó]vil|cell|\bcel\b|handy|natel|gsm|whatsapp|portable|kom[oó]rk|känny|matkapuh"
    r"|мобил|сотов|携帯|手机|手機|휴대|\bmob\b|\bsms\b",
    re.IGNORECASE,
)


def choose(
    person: Person, country: str, known: Mapping[str, str], allowed: Collection[str] = ()
) -> Choice:
    """Which number of `person` is texted: mobiles first, then the primary one, then the rest.

    `allowed` are the countries that the company texts (ISO 3166 alpha-2; none = all).

    `known` has the numbers that Twilio taught us not to text, with the reason. A landline there
    only rules out that number. An opt-out rules out the person: whoever replied STOP on one phone
    is not to be texted on their other one.
    """
    read = [
        _read(entry, country, known, allowed) for entry in person.phones if clean_line(entry.value)
    ]
    numbers = tuple(_kept(one) for one in read)
    usable = [one for one in read if one.reason is None]
    reasons = {one.reason for one in read if one.reason is not None}
    if usable and Reason.OPTED_OUT not in reasons:
        best = min(usable, key=_rank)
        return Choice(best.number, clean_line(best.entry.label), None, numbers)
    reason = min(reasons, key=_MOST_HELPFUL.index, default=Reason.NO_NUMBER)
    return Choice(None, "", reason, numbers)


def _read(
    entry: PhoneEntry, country: str, known: Mapping[str, str], allowed: Collection[str]
) -> _Read:
    read = read_number(entry.value, country)
    if isinstance(read, NoNumber):
        return _Read(entry, None, False, read.reason)
    learned = known.get(read.e164)
    reason = Reason(learned) if learned else None
    if reason is None and allowed and country_of(read.e164) not in allowed:
        reason = Reason.COUNTRY
    return _Read(entry, read.e164, read.is_mobile, reason)


def _rank(read: _Read) -> tuple[bool, bool]:
    """The smallest is texted; among equals the one that comes first in Pipedrive."""
    is_mobile = read.is_mobile or bool(_MOBILE_LABEL.search(read.entry.label))
    return not is_mobile, not read.entry.primary


def _kept(read: _Read) -> Mapping[str, object]:
    return {
        "value": clean_line(read.entry.value),
        "label": clean_line(read.entry.label),
        "primary": read.entry.primary,
        "number": read.number,
        "reason": read.reason and read.reason.value,
    }


def merge_fields(person: Person, sender_name: str) -> dict[str, dict[str, str]]:
    """What a text may say of `person` (and of the rep who sends it), as `text.render` wants it."""
    return {
        "person": {
            "first_name": clean_line(person.first_name),
            "last_name": clean_line(person.last_name),
            "name": clean_line(person.name),
        },
        "organization": {"name": clean_line(person.org_name)},
        "deal": {"title": ""},
        "activity": {"subject": ""},
        "sender": {"name": clean_line(sender_name)},
    }


_LONGEST_LINE = 1_000
_NOT_STORABLE = re.compile(
    r"[\ud800-\udfff]"
)  # half a character: no UTF-8, so no database, no wire
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def clean_line(text: str) -> str:
    """One line of somebody's data: no control characters (PostgreSQL keeps no NUL), no breaks."""
    if len(text) <= _LONGEST_LINE and text.isprintable() and "  " not in text:
        return text.strip()  # nearly everything; nothing else of it could be replaced
    return _BREAKS.sub(" ", _NOT_STORABLE.sub("\ufffd", text[:_LONGEST_LINE])).strip()
