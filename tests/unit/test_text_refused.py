"""What a text may not hold, and what its writer is told."""

from __future__ import annotations

import pytest

from workers.domain.errors import BadRequest, Refused
from workers.domain.text import read_template


def refusal(body: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read_template(body)
    assert caught.value.advice
    return caught.value


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
