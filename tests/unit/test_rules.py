"""A company's rules: read, stored, and the operator's where it chose none."""

from __future__ import annotations

import json
from datetime import time

import pytest

from web import rules as form
from workers.domain.errors import BadRequest
from workers.domain.rules import QuietHours, Rules, chosen, read_quiet, rules_to_json

SAID = {"typed_above": "1,000", "guard_hours": "24", "texts_a_day": ""}


def test_quiet_hours_are_two_times() -> None:
    assert read_quiet("21:30-07:15") == QuietHours(time(21, 30), time(7, 15))


def test_off_is_never_quiet() -> None:
    assert read_quiet("off") is None


@pytest.mark.parametrize("text", ["", "20-8", "20:00", "20:00-20:00", "20:10-08:00", "25:00-08:00"])
def test_anything_else_are_no_quiet_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r"hour|quiet|format"):
        read_quiet(text)


def test_what_was_stored_is_what_is_read() -> None:
    rules = Rules(
        typed_above=50,
        guard_hours=48,
        quiet=None,
        texts_a_day=900,
        zone="Europe/Tallinn",
        countries=("EE", "LV"),
        opt_out_above=7,
        opt_out_address="acme.example/stop",
    )

    stored = json.loads(json.dumps(rules_to_json(rules)))

    assert chosen(stored, Rules()) == rules


@pytest.mark.parametrize("stored", [None, {}, {"from_a_newer_version": 1}])
def test_where_a_company_chose_nothing_the_operators_rules_hold(stored: dict[str, int]) -> None:
    defaults = Rules(typed_above=7)

    assert chosen(stored, defaults) == defaults


def test_a_form_becomes_rules() -> None:
    given = {**SAID, "quiet": "on", "quiet_from": "21:00", "quiet_to": "09:00"}

    read = form.read(given, ["LV", "EE", "EE"], zone="Europe/Tallinn")

    assert read == Rules(
        typed_above=1000,
        guard_hours=24,
        quiet=QuietHours(time(21), time(9)),
        texts_a_day=None,
        zone="Europe/Tallinn",
        countries=("EE", "LV"),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"typed_above": "0"},
        {"typed_above": ""},
        {"typed_above": "-1"},
        {"typed_above": "9" * 40},
        {"guard_hours": "721"},
        {"guard_hours": "٣"},
        {"texts_a_day": "0"},
        {"opt_out_above": "-1"},
        {"opt_out_address": "two words"},
        {"opt_out_address": "{{person.name}}"},
        {"opt_out_address": "õ.example"},
        {"opt_out_address": "x" * 61},
        {"texts_a_day": "lots"},
        {"quiet": "on", "quiet_from": "20:00", "quiet_to": "20:00"},
        {"quiet": "on", "quiet_from": "<b>", "quiet_to": ""},
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        form.read({**SAID, **wrong}, [], zone="UTC")


def test_a_country_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequest):
        form.read(SAID, ["XX"], zone="UTC")


@pytest.mark.parametrize("quiet", [None, QuietHours(time(21, 15), time(7))])
def test_what_the_form_shows_can_be_saved_as_it_is(quiet: QuietHours | None) -> None:
    rules = Rules(quiet=quiet, texts_a_day=500)
    shown = form.shown(rules)
    fields = {name: str(shown[name]) for name in form.FIELDS if name in shown}

    assert form.read(fields | {"quiet": "on" if quiet else ""}, [], zone="UTC") == rules
