"""Texts with merge fields: what may be written, how it reads for a person, what it may cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import person
from workers.domain.errors import TooLong
from workers.domain.person import Person, merge_fields
from workers.domain.reason import Reason
from workers.domain.text import (
    MAX_TEMPLATE,
    MAX_TEXT,
    clean_body,
    fields_used,
    fields_without_default,
    length,
    read_template,
    render,
    text_for,
)

ZOE = merge_fields(person(name="Zoë Tamm", org_name="Acme"), "Rep Name")
NOBODY = merge_fields(Person(1), "")


def written(body: str, fields: dict[str, dict[str, str]] = ZOE) -> str:
    return render(read_template(body), fields)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Hi {{ person.first_name }}!", "Hi Zoë!"),
        ("{{person.name}} of {{ organization.name }}", "Zoë Tamm of Acme"),
        ("{{ person.last_name }}, {{ sender.name }}", "Tamm, Rep Name"),
        ('{{ person["first_name"] }}', "Zoë"),
        ("{{ person.first_name | upcase }}", "ZOË"),
        ('{{ person.name | truncate: 5, "…" }}', "Zoë …"),
        ("{{ person.name | truncatewords: 1 }}", "Zoë..."),
        ('{{ person.first_name | append: ", " | append: person.last_name }}', "Zoë, Tamm"),
        ("Hi {{- person.first_name -}} !", "HiZoë!"),
        ("a }} b { c } d", "a }} b { c } d"),
        ("100 % & <b>", "100 % & <b>"),
    ],
)
def test_fields_are_filled_in(body: str, expected: str) -> None:
    assert written(body) == expected


@pytest.mark.parametrize(
    ("body", "zoe", "nobody"),
    [
        ('Hi {{ person.first_name | default: "there" }}', "Hi Zoë", "Hi there"),
        ('{{ person.first_name | default: organization.name | default: "x" }}', "Zoë", "x"),
        ("Hi{% if person.first_name %} {{ person.first_name }}{% endif %}!", "Hi Zoë!", "Hi!"),
        ("{% if person.first_name == 'Zoë' %}a{% else %}b{% endif %}", "a", "b"),
        ("{% if person.name != blank and person.last_name %}a{% else %}b{% endif %}", "a", "b"),
        ("{% if person.name == '' or person.name == empty %}a{% else %}b{% endif %}", "b", "a"),
        ("{% if person.name contains 'Zo' %}a{% elsif person.name %}b{% endif %}c", "ac", "c"),
        ("{% unless person.name %}a{% else %}b{% endunless %}", "b", "a"),
        (
            "{% unless person.name == 'x' %}{% if person.name %}a{% endif %}b{% endunless %}",
            "ab",
            "b",
        ),
    ],
)
def test_somebody_without_a_value_reads_something_else(body: str, zoe: str, nobody: str) -> None:
    assert (written(body), written(body, NOBODY)) == (zoe, nobody)


def test_a_persons_data_is_data_never_template() -> None:
    fields = merge_fields(Person(1, name="{{7*7}}{% if %}", first_name="{{ sender.name }}"), "Rep")

    assert written("{{ person.name }} {{ person.first_name }}", fields) == (
        "{{7*7}}{% if %} {{ sender.name }}"
    )


def test_a_field_that_somebody_has_not_got_is_empty() -> None:
    assert written("x{{ deal.title }}y", {}) == "xy"


def test_fields_and_those_without_a_default_are_told() -> None:
    template = read_template(
        '{{ person.last_name }} {{ person.first_name | default: "you" }} {{ person.last_name }}'
        "{% if organization.name %} of {{ organization.name }}{% endif %}"
        "{{ 'a' | append: sender.name }}"
    )

    assert fields_used(template) == [
        "person.last_name",
        "person.first_name",
        "organization.name",
        "sender.name",
    ]
    assert fields_without_default(template) == ["person.last_name"]


# ---------------------------------------------------------------- one spelling


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\tb", "a b"),
        ("a\x00b\x07c\x7f", "abc"),
        ("a\u2028b\u2029c\x85d\x0be", "a\nb\nc\nd\ne"),
        ("half \ud83d", "half \ufffd"),
        (" kept ", " kept "),
        ("👍🏽 \u200d “”", "👍🏽 \u200d “”"),
    ],
)
def test_a_text_has_one_spelling(typed: str, kept: str) -> None:
    assert clean_body(typed) == kept
    assert read_template(typed).source == kept


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_stored_and_sent(typed: str) -> None:
    body = clean_body(typed)

    body.encode()
    assert "\x00" not in body
    assert "\r" not in body
    assert clean_body(body) == body


def test_blanks_around_a_text_are_not_sent() -> None:
    assert written("\n Hi {{ person.first_name }} \r\n\r\n") == "Hi Zoë"
    assert written("{{ person.first_name }} hello", NOBODY) == "hello"


@given(st.text())
def test_what_holds_no_field_is_sent_as_it_was_written(typed: str) -> None:
    body = clean_body(typed).replace("{{", "").replace("{%", "")

    if "{{" not in body and "{%" not in body:
        assert written(body) == body.strip()


# ---------------------------------------------------------------- what a person is sent


def test_an_empty_text_is_a_reason() -> None:
    template = read_template("{{ person.first_name }} ")

    assert text_for(template, NOBODY) is Reason.EMPTY_TEXT
    assert text_for(template, ZOE) == "Zoë"


def test_a_text_that_twilio_would_not_take_is_a_reason() -> None:
    assert (MAX_TEXT, MAX_TEMPLATE) == (1_600, 5_000)
    assert text_for(read_template("a" * MAX_TEXT), ZOE) == "a" * MAX_TEXT
    assert text_for(read_template("a" * (MAX_TEXT + 1)), ZOE) is Reason.TOO_LONG
    assert text_for(read_template("a" * MAX_TEXT + "\r\n"), ZOE) == "a" * MAX_TEXT


def test_an_emoji_counts_as_two() -> None:
    assert length("a😀") == 3
    assert text_for(read_template("😀" * 800), ZOE) == "😀" * 800
    assert text_for(read_template("😀" * 801), ZOE) is Reason.TOO_LONG


def test_a_text_that_outgrows_everything_stops_there() -> None:
    fields = merge_fields(Person(1, name="x" * 1000), "")
    template = read_template("{{ person.name }}" * 100)

    with pytest.raises(TooLong):
        render(template, fields)
    assert text_for(template, fields) is Reason.TOO_LONG


def test_a_template_without_an_end_is_refused() -> None:
    assert read_template("a" * MAX_TEMPLATE)
    with pytest.raises(TooLong, match="5,001"):
        read_template("a" * (MAX_TEMPLATE + 1))


def test_a_text_is_compiled_once() -> None:
    assert read_template("Hi {{ person.name }}") is read_template("Hi {{ person.name }}")
