"""Which of a person's numbers is texted, and what a text may say of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import person, phone
from workers.domain.person import Choice, Person, PhoneEntry, choose, clean_line, merge_fields
from workers.domain.phone import read_number
from workers.domain.reason import Reason

MOBILE, OTHER_MOBILE, LANDLINE = "+372 5123 4123", "+372 5551 0001", "+372 612 3412"
MOBILE_E164, OTHER_E164 = "+37251234123", "+37255510001"
US, OTHER_US = "(415) 555-2671", "(415) 555-2672"


def chosen(*phones: str | PhoneEntry, country: str = "EE", **known: str) -> Choice:
    return choose(person(*phones), country, {f"+{n.strip('_')}": why for n, why in known.items()})


def test_a_persons_only_mobile_is_texted() -> None:
    choice = chosen(phone(MOBILE, "work"))

    assert (choice.number, choice.label, choice.reason) == (MOBILE_E164, "work", None)


def test_a_mobile_comes_before_the_primary_landline() -> None:
    choice = chosen(phone(LANDLINE, "work", primary=True), phone(MOBILE, "other"))

    assert (choice.number, choice.label) == (MOBILE_E164, "other")


def test_the_primary_mobile_comes_before_other_mobiles() -> None:
    assert chosen(MOBILE, phone(OTHER_MOBILE, primary=True)).number == OTHER_E164


def test_among_equals_the_first_is_texted() -> None:
    assert chosen(MOBILE, OTHER_MOBILE).number == MOBILE_E164


@pytest.mark.parametrize(
    "label",
    [
        "mobile",
        "Mobile",
        "Cell",
        "Handy",
        "mobil",
        "Mobiil",
        "Cel.",
        "携帯",
        "Móvil",
        "мобильный",
        "mob",
        "iPhone GSM",
    ],
)
def test_where_numbers_do_not_tell_the_label_does(label: str) -> None:
    choice = chosen(phone(US, "work", primary=True), phone(OTHER_US, label), country="US")

    assert choice.number == "+14155552672"


def test_where_neither_tells_the_primary_one_is_texted() -> None:
    choice = chosen(phone(US, "work"), phone(OTHER_US, "home", primary=True), country="US")

    assert (choice.number, choice.label) == ("+14155552672", "home")


def test_a_landline_is_left_out_with_its_reason_whatever_its_label() -> None:
    choice = chosen(phone(LANDLINE, "mobile", primary=True))

    assert (choice.number, choice.label, choice.reason) == (None, "", Reason.LANDLINE)


@pytest.mark.parametrize("phones", [(), ("",), (" ", "")])
def test_somebody_without_a_number_is_left_out(phones: tuple[str, ...]) -> None:
    assert chosen(*phones) == Choice(None, "", Reason.NO_NUMBER)


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        (("call me", LANDLINE), Reason.LANDLINE),
        (("-", "call me"), Reason.UNREADABLE),
        (("+372 51", "call me"), Reason.NOT_POSSIBLE),
        ((LANDLINE, f"{MOBILE} / {OTHER_MOBILE}"), Reason.TWO_NUMBERS),
        ((LANDLINE, "+1 415 555 2671 ext. 5"), Reason.EXTENSION),
        (("+1 900 555 1234", "+1 800 356 9377"), Reason.SERVICE_NUMBER),
    ],
)
def test_of_several_reasons_the_most_helpful_is_given(
    phones: tuple[str, ...], expected: Reason
) -> None:
    assert chosen(*phones).reason is expected
    assert chosen(*reversed(phones)).reason is expected


def test_one_bad_field_does_not_keep_somebody_from_being_texted() -> None:
    assert chosen("call me", LANDLINE, MOBILE).number == MOBILE_E164


def test_a_number_that_turned_out_a_landline_gives_way_to_the_next() -> None:
    choice = chosen(MOBILE, OTHER_MOBILE, _37251234123="landline")

    assert choice.number == OTHER_E164
    assert choice.numbers[0]["reason"] == "landline"


def test_only_a_learned_landline_is_left_out() -> None:
    assert chosen(MOBILE, _37251234123="landline").reason is Reason.LANDLINE


def test_whoever_opted_out_on_one_phone_is_not_texted_on_the_other() -> None:
    choice = chosen(MOBILE, OTHER_MOBILE, _37255510001="opted_out")

    assert (choice.number, choice.reason) == (None, Reason.OPTED_OUT)


def test_what_is_known_of_others_changes_nothing() -> None:
    assert chosen(MOBILE, _37255510001="opted_out").number == MOBILE_E164


def test_national_numbers_are_read_in_the_companys_country() -> None:
    assert chosen("5123 4123", country="EE").number == MOBILE_E164
    assert chosen("5123 4123", country="").reason is Reason.NO_COUNTRY_CODE


def test_all_fields_are_kept_with_what_was_made_of_them() -> None:
    choice = chosen(phone(MOBILE, "mobile", primary=True), phone("call\x00me", "work"), "")

    assert choice.numbers == (
        {
            "value": MOBILE,
            "label": "mobile",
            "primary": True,
            "number": MOBILE_E164,
            "reason": None,
        },
        {
            "value": "call me",
            "label": "work",
            "primary": False,
            "number": None,
            "reason": "unreadable",
        },
    )
    assert json.loads(json.dumps(choice.numbers)) == list(choice.numbers)


@given(
    st.lists(
        st.builds(
            PhoneEntry,
            value=st.sampled_from([MOBILE, OTHER_MOBILE, LANDLINE, US, "5123 4123", "call me", ""]),
            label=st.sampled_from(["", "work", "mobile"]),
            primary=st.booleans(),
        )
    ),
    st.dictionaries(
        st.sampled_from([MOBILE_E164, OTHER_E164, "+14155552671"]),
        st.sampled_from(["opted_out", "landline"]),
    ),
)
def test_somebody_has_a_number_or_a_reason_never_both(
    phones: list[PhoneEntry], known: dict[str, str]
) -> None:
    choice = choose(Person(1, phones=tuple(phones)), "EE", known)

    assert (choice.number is None) == (choice.reason is not None)
    assert choice.number not in known
    assert choice.number is None or choice.number in {
        getattr(read_number(entry.value, "EE"), "e164", None) for entry in phones
    }


def test_a_text_may_say_names_and_the_organization() -> None:
    assert merge_fields(person(name="Zoë Tamm", org_name="Acme"), "Rep Name") == {
        "person": {"first_name": "Zoë", "last_name": "Tamm", "name": "Zoë Tamm"},
        "organization": {"name": "Acme"},
        "deal": {"title": ""},
        "activity": {"subject": ""},
        "sender": {"name": "Rep Name"},
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoë \r\n Tamm\t", "Zoë Tamm"),
        ("Zo\x00ë\x1b[31m", "Zo ë [31m"),
        ("half \ud83d", "half \ufffd"),
        ("<b>{{ 7*7 }}</b>", "<b>{{ 7*7 }}</b>"),
        ("\u202eevil", "\u202eevil"),
        ("", ""),
    ],
)
def test_data_becomes_one_line_that_can_be_stored_and_sent(typed: str, kept: str) -> None:
    assert clean_line(typed) == kept
    assert merge_fields(Person(1, name=typed), "")["person"]["name"] == kept


def test_data_without_an_end_is_cut() -> None:
    assert len(clean_line("x" * 100_000)) == 1_000


@given(st.text(st.characters(exclude_categories=())))
def test_any_data_can_be_stored_and_sent(typed: str) -> None:
    line = clean_line(typed)

    line.encode()
    assert "\x00" not in line
    assert line == clean_line(line)
