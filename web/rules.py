"""The rules of a company on its settings page: what the form shows, and what it says (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from web.clock import number
from web.countries import COUNTRIES
from workers.domain.closing import LONGEST_ADDRESS
from workers.domain.errors import BadRequest
from workers.domain.rules import NIGHT, QuietHours, Rules, read_quiet
from workers.domain.segments import foreign

_TYPED = ("typed_above", "guard_hours", "texts_a_day", "opt_out_above", "opt_out_address")
#: The form's fields, which a form that was not saved shows again.
FIELDS = (*_TYPED, "quiet", "quiet_from", "quiet_to", "texted")
_MOST_PEOPLE = 1_000_000
_MOST_HOURS = 720
_DIGITS = 18
_CLOCK = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30))
_SPACING = dict.fromkeys(map(ord, " ,.'’\u00a0\u202f"))


def shown(rules: Rules) -> dict[str, Any]:
    """The form as it stands."""
    quiet = rules.quiet or NIGHT
    return {
        "typed_above": number(rules.typed_above),
        "guard_hours": number(rules.guard_hours),
        "quiet": rules.quiet is not None,
        "quiet_from": f"{quiet.begins:%H:%M}",
        "quiet_to": f"{quiet.ends:%H:%M}",
        "clock": sorted({*_CLOCK, f"{quiet.begins:%H:%M}", f"{quiet.ends:%H:%M}"}),
        "texts_a_day": number(rules.texts_a_day) if rules.texts_a_day else "",
        "zone": rules.zone,
        "countries": rules.countries,
        "opt_out_above": number(rules.opt_out_above),
        "opt_out_address": rules.opt_out_address,
    }


def retyped(fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The same for a form that was not saved, as its admin left it."""
    form = dict(fields)
    left = {name: form[name] for name in (*_TYPED, "quiet_from", "quiet_to") if name in form}
    ticked = tuple(value for name, value in fields if name == "texted")
    return {**left, "quiet": form.get("quiet") == "on", "countries": ticked}


def told(rules: Rules) -> dict[str, Any]:
    """The same for programs."""
    return {
        "typed_above": rules.typed_above,
        "guard_hours": rules.guard_hours,
        "quiet_hours": str(rules.quiet) if rules.quiet else None,
        "texts_a_day": rules.texts_a_day,
        "day_ends_in": rules.zone,
        "countries": list(rules.countries),
        "opt_out_above": rules.opt_out_above,
        "opt_out_address": rules.opt_out_address,
    }


def read(form: Mapping[str, str], countries: Sequence[str], *, zone: str) -> Rules:
    """The form, read; raises BadRequest. `zone`: whose midnight ends the day of the cap."""
    if any(code not in COUNTRIES for code in countries):
        raise BadRequest("unknown_country", "This country isn't known.", "Choose some of the list.")
    a_day = form.get("texts_a_day", "").strip()
    return Rules(
        typed_above=_whole(form, "typed_above", 1, _MOST_PEOPLE),
        guard_hours=_whole(form, "guard_hours", 0, _MOST_HOURS),
        quiet=_quiet(form),
        texts_a_day=_whole(form, "texts_a_day", 1, 10 * _MOST_PEOPLE) if a_day else None,
        zone=zone,
        countries=tuple(sorted(set(countries))),
        opt_out_above=_whole({"opt_out_above": "100", **form}, "opt_out_above", 0, _MOST_PEOPLE),
        opt_out_address=_address(form),
    )


def _whole(form: Mapping[str, str], name: str, least: int, most: int) -> int:
    given = form.get(name, "")
    digits = given.translate(_SPACING)
    is_whole = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS
    if not is_whole or not least <= int(digits) <= most:
        raise BadRequest(
            "not_a_number",
            f"“{given[:40]}” doesn't fit here." if given else "A number is missing.",
            f"Type a number from {least:,} to {most:,}. Nothing was saved.",
        )
    return int(digits)


def _address(form: Mapping[str, str]) -> str:
    """It becomes part of texts, so it is one plain word that no field can hide in."""
    typed = form.get("opt_out_address", "").strip()
    if len(typed) > LONGEST_ADDRESS or foreign(typed) or re.search(r"[\s{}%|]", typed):
        raise BadRequest(
            "bad_address",
            "This address can't stand in a text.",
            f"Type a web or mail address of at most {LONGEST_ADDRESS} plain characters, without "
            "spaces. Nothing was saved.",
        )
    return typed


def _quiet(form: Mapping[str, str]) -> QuietHours | None:
    if form.get("quiet", "") != "on":
        return None
    try:
        return read_quiet(f"{form.get('quiet_from', '')}-{form.get('quiet_to', '')}")
    except ValueError:
        raise BadRequest(
            "bad_quiet_hours",
            "These are no quiet hours.",
            "Choose when they begin and another time when they end. Nothing was saved.",
        ) from None
