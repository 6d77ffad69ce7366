"""Plain characters: what means the same is replaced, everything else stays as it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.errors import Refused
from workers.domain.plain import plain, with_fall_back
from workers.domain.segments import count, foreign
from workers.domain.text import clean_body, fields_without_default, read_template, render


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("“Hi” – it’s us…", '"Hi" - it\'s us...'),
        ("„Tere“ ja «oui» ‚so‘", '"Tere" ja "oui" \'so\''),
        ("10\u00a0000\u202f€\u2009now", "10 000 € now"),
        ("soft\u00adly zero\u200bwidth\ufeff", "softly zerowidth"),
        ("• one\n• two", "- one\n- two"),
        ("5 × 3, ½ price™ \uff21\uff11！", "5 x 3, 1/2 price(TM) A1!"),
        ("cafe\u0301", "café"),
        ("`code´", "'code'"),
        ("ﬁsh", "fish"),
    ],
)
def test_typography_becomes_plain(typed: str, expected: str) -> None:
    assert plain(typed).text == expected
    assert count(expected).encoding == "GSM-7"


def test_what_has_no_faithful_replacement_stays_and_is_named() -> None:
    made = plain("“Jõgeva” 😀 ł")

    assert made.text == '"Jõgeva" 😀 ł'
    assert made.left == ("õ", "😀", "ł")
    assert made.replaced == (("“", '"'), ("”", '"'))


def test_plain_text_is_left_alone() -> None:
    made = plain("Hi {{ person.first_name }}, ÄÖÜ €5")

    assert (made.text, made.replaced, made.left) == ("Hi {{ person.first_name }}, ÄÖÜ €5", (), ())


def test_a_quote_inside_a_field_is_not_made_one_that_ends_its_default() -> None:
    typed = "Hi {{ person.name | default: 'it’s you – friend' }} – “so”"

    assert plain(typed).text == "Hi {{ person.name | default: 'it’s you - friend' }} - \"so\""


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_doing_it_twice_changes_nothing_more_and_never_costs_more_encodings(text: str) -> None:
    made = plain(text)

    assert plain(made.text).text == made.text
    assert set(made.left) == set(foreign(made.text))
    assert {char for char, _ in made.replaced} == set(foreign(text)) - set(made.left)


@given(
    st.lists(st.sampled_from(["{{ person.name }}", "“", "’", "–", "…", "{%", "}}", "{", " ", "a"]))
)
def test_a_text_that_could_be_read_can_be_read_afterwards(pieces: list[str]) -> None:
    body = clean_body("".join(pieces))
    try:
        read_template(body)
    except Refused:
        return
    assert read_template(plain(body).text)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Hi {{ person.first_name }}!", 'Hi {{ person.first_name | default: "you" }}!'),
        ("{{person.first_name}}", '{{person.first_name | default: "you"}}'),
        (
            "{{ person.first_name | upcase }}",
            '{{ person.first_name | default: "you" | upcase }}',
        ),
        ('{{ person.first_name | default: "x" }}', '{{ person.first_name | default: "x" }}'),
        ("{{ person.name }} person.first_name", "{{ person.name }} person.first_name"),
        (
            "{{ person.first_name }} {{ person.first_name }}",
            '{{ person.first_name | default: "you" }} {{ person.first_name | default: "you" }}',
        ),
    ],
)
def test_a_fall_back_is_put_where_a_field_has_none(typed: str, expected: str) -> None:
    made = with_fall_back(typed, "person.first_name", "you")

    assert made == expected
    assert fields_without_default(read_template(made)) in ([], ["person.name"])


def test_a_fall_back_cannot_end_its_field() -> None:
    made = with_fall_back("{{ person.name }}", "person.name", ' "}} {% if %} | x ')

    assert render(read_template(made), {}) == "if   x"
