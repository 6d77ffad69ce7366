"""Texts with merge fields: what may be written, how it reads for a person, what it may cost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import person
from workers.domain.errors import BadRequest, Refused, TooLong
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


def refusal(body: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read_template(body)
    assert caught.value.advice
    return caught.value


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


@pytest.mark.parametrize(
    ("body", "said", "advice"),
    [
        ("{{ person.nam }}", "no field “person.nam”", "Did you mean person.name?"),
        ("{{ persn.first_name }}", "no field “persn.first_name”", "person.first_name?"),
        ("{{ x }}", "no field “x”", "The fields are person.first_name, person.last_name"),
        ("{{ person }}", "no field “person”", "The fields are"),
        ("{{ person.name.size }}", "no field", "The fields are"),
        ("{{ person.__class__.__mro__ }}", "no field", "The fields are"),
        ("{{ person[person.name] }}", "no field", "The fields are"),
        ("{{ 'a' | append: secret }}", "no field “secret”", "The fields are"),
        ("{% if person.age %}{% endif %}", "no field “person.age”", "Did you mean person.name?"),
        ("{{ person.name", "“{{” is never closed", "Write }}"),
        ("{% if person.name", "“{%” is never closed", "Write %}"),
        ("{{ }}", "A field is empty", "{{ person.first_name }}"),
        ("{%- -%}", "A field is empty", "{% if person.first_name %}"),
        ("{{ 7*7 }}", "can't be read", "{{ person.first_name }}"),
        ("{{ 7 }}", "can't be read", "{{ person.first_name }}"),
        ("{{ person.name | }}", "can't be read", "{{ person.first_name }}"),
        ("{{ (1..99999999) }}", "can't be read", "{{ person.first_name }}"),
        ("{{ nil }}", "can't be read", "{{ person.first_name }}"),
        ("{% if person.name > 3 %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if person.name == nil %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if blank contains 'a' %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if not person.name %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if true %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if %}{% endif %}", "can't be read", "{% if person.first_name %}"),
        ("{% if person.name %}{% else %}{% else %}{% endif %}", "can't be read", "{% if"),
        ("{% if person.name %}", "“if” has no end", "{% endif %}"),
        ("{% unless person.name %}{% if person.name %}{% endif %}", "“unless” has", "endunless"),
        ("{% endif %}", "“endif” stands alone", "{% if … %}"),
        ("{% if person.name %}{% endunless %}", "“endunless” stands alone", "{% if … %}"),
        ("{% else %}", "“else” stands alone", "{% if … %}"),
        ("{% for i in (1..9999999999) %}x{% endfor %}", "“for” can't be used", "Only if,"),
        ("{% assign a = 1 %}", "“assign” can't be used", "Only if,"),
        ("{% capture a %}x{% endcapture %}", "“capture” can't be used", "Only if,"),
        ("{% include 'x' %}", "“include” can't be used", "Only if,"),
        ("{% render 'x' %}", "“render” can't be used", "Only if,"),
        ("{% raw %}{{ x }}{% endraw %}", "“raw” can't be used", "Only if,"),
        ("{% comment %}x{% endcomment %}", "“comment” can't be used", "Only if,"),
        ("{% liquid echo x %}", "“liquid” can't be used", "Only if,"),
        ("{{ person.name | replace: 'a', 'aa' }}", "“replace” can't be used", "default,"),
        ("{{ person.name | eval }}", "“eval” can't be used", "default,"),
        ("{{ person.name | default }}", "“default” is written", 'default: "there"'),
        ("{{ person.name | default: allow_false: true }}", "“default” is written", "Write"),
        ("{{ person.name | upcase: 1 }}", "“upcase” is written", "Write upcase."),
        ("{{ person.name | truncate: person.name }}", "“truncate” is written", "truncate: 20"),
        ("{{ person.name | truncate: 'x' }}", "“truncate” is written", "truncate: 20"),
        ("{{ person.name | truncate: 1, 2 }}", "can't be read", "{{ person.first_name }}"),
        ("{{ '" + "x" * 300 + "' }}", "too long", "Shorten it."),
        ("{% if person.name %}" * 9 + "{% endif %}" * 9, "can't be read", "{% if"),
    ],
)
def test_a_broken_text_is_refused_with_what_to_write(body: str, said: str, advice: str) -> None:
    error = refusal(body)

    assert isinstance(error, BadRequest)
    assert error.reason == "broken_text"
    assert said in error.title
    assert advice in error.advice


def test_a_broken_text_says_where() -> None:
    assert refusal("Hi,\r\nall good {{ person.nam }} here").title == (
        "There is no field “person.nam” (line 2, near “{{ person.nam }}”)."
    )


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
    error = refusal("a" * (MAX_TEMPLATE + 1))

    assert isinstance(error, TooLong)
    assert "5,001" in error.title


def test_a_text_is_compiled_once() -> None:
    assert read_template("Hi {{ person.name }}") is read_template("Hi {{ person.name }}")


# ---------------------------------------------------------------- hostile

_HUGE = {
    "person": {name: "€x" * 500 for name in ("first_name", "last_name", "name")},
    "organization": {"name": "z " * 500},
}
_IF = "{% if person.name %}"
_APPENDED = "{{person.name" + "|append:person.name" * 14 + "}}"
HOSTILE = {
    "fields": "{{person.name}}" * 333,
    "appended": _APPENDED * 17,
    "unclosed": "{{" * 2500,
    "unclosed tags": "{%" * 2500,
    "raw": "{% raw %}" * 550,
    "blanks": "{{" + " " * 4990 + "}}",
    "many blanks": ("{{" + " " * 298 + "}}") * 16,
    "trailing blanks": ("{{ x" + " " * 290 + "}}") * 16,
    "inner blanks": ("{{ x" + " " * 290 + "y }}") * 16,
    "blanks in tags": (_IF[:5] + " " * 270 + _IF[5:] + "{%endif%}") * 15,
    "blanks everywhere": " " * MAX_TEMPLATE,
    "breaks": "\n" * MAX_TEMPLATE,
    "dashes": ("{{" + "-" * 290 + "}}") * 17,
    "brackets": ("{{ person" + "[" * 280 + " }}") * 17,
    "dots": ("{{ person" + ".a" * 140 + " }}") * 17,
    "quotes": ("{{ '" + "\\'" * 140 + " }}") * 17,
    "ands": ("{% if " + " and ".join(["person.name"] * 18) + " %}x{% endif %}") * 16,
    "nested": (_IF * 8 + "x" + "{% endif %}" * 8) * 19,
    "deep": _IF * 150 + "{% endif %}" * 150,
    "huge number": "{{ person.name | truncate: " + "9" * 250 + " }}",
    "huge word count": "{{ person.name | truncatewords: " + "9" * 250 + " }}",
    "upcased": ("{{ person.name" + "|upcase" * 39 + " }}") * 16,
    "squished": ("{{ organization.name" + "|squish" * 38 + " }}") * 16,
    "removed": ("{{ person.name" + "|remove:'€'" * 24 + " }}") * 17,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_costs_little(name: str) -> None:
    body = HOSTILE[name][:MAX_TEMPLATE]
    started = time.process_time()
    try:
        outcome = text_for(read_template(body), _HUGE)
    except Refused:
        outcome = Reason.EMPTY_TEXT

    assert time.process_time() - started < 0.05
    assert len(outcome) <= MAX_TEXT


_PIECES = [
    "Hi ", " ", "\n", "{{", "}}", "{%", "%}", "-", "|", ":", ",", "'", '"', "[", "]", "(", ")", ".",
    "person", "person.name", "sender.name", "if", "endif", "else", "elsif", "unless", "endunless",
    "==", "!=", "contains", "and", "or", "not", "blank", "empty", "nil", "true", "7", "1..9",
    "default", "append", "truncate", "truncatewords", "upcase", "raw", "doc", "comment", "#", "for",
    "{{ person.name }}", "{% if person.name %}", "{% else %}", "{% endif %}", "| append: 'x'",
]  # fmt: skip


@settings(max_examples=500)
@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))
def test_any_template_is_refused_at_save_or_renders_for_everybody(body: str) -> None:
    try:
        template = read_template(body)
    except Refused:
        return
    for fields in (ZOE, NOBODY, {}, merge_fields(Person(1, name=body, first_name="{{"), body)):
        assert isinstance(render(template, fields), str)
