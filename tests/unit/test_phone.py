"""What people type into phone fields, and the one number in it or the reason why there is none."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.phone import NoNumber, Number, mask, normalise_query, read_number, written
from workers.domain.reason import Reason

MOBILES = [
    # typed, country of the company, E.164
    ("+372 5123 4123", "EE", "+37251234123"),
    ("5123 4123", "EE", "+37251234123"),
    ("5123-4123", "ee", "+37251234123"),
    ("372 5123 4123", "EE", "+37251234123"),
    ("00372 5123 4123", "EE", "+37251234123"),
    ("+372 (51) 23 41 23", "EE", "+37251234123"),
    ("+372.51.23.41.23", "", "+37251234123"),
    ("＋３７２ ５１２３ ４１２３", "EE", "+37251234123"),
    ("\u202a+372 5123 4123\u202c", "EE", "+37251234123"),
    ("+372\u00a05123\u00a04123", "EE", "+37251234123"),
    ("  5123 4123\n", "EE", "+37251234123"),
    ("Mobile: 5123 4123", "EE", "+37251234123"),
    ("5123 4123 mobile", "EE", "+37251234123"),
    ("5123 4123 (Mari)", "EE", "+37251234123"),
    ("5123 4123 [private]", "EE", "+37251234123"),
    ("+372 5123 4123, work", "EE", "+37251234123"),
    ("WhatsApp: +55 11 98765-4321", "EE", "+5511987654321"),
    ("tel:+44-7911-123456", "US", "+447911123456"),
    ("+44 (0)7911 123456", "US", "+447911123456"),
    ("07911 123456", "GB", "+447911123456"),
    ("0171/1234567", "DE", "+491711234567"),
    ("0171 / 1234567", "DE", "+491711234567"),
    ("+49 171/1234567", "EE", "+491711234567"),
    ("0049 171 1234567", "US", "+491711234567"),
    ("0049 171 1234567", "", "+491711234567"),
    ("+0049 171 1234567", "US", "+491711234567"),
    ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567"),
    ("०९८७६५४३२१०", "IN", "+919876543210"),
    ("011 15 2345-6789", "AR", "+5491123456789"),
    ("+39 347 123 4567", "US", "+393471234567"),
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("+33 (0) 6 12 34 56 78", "US", "+33612345678"),
    ("0912-345-678", "TW", "+886912345678"),
    ("8 (912) 345-67-89", "RU", "+79123456789"),
]

PERHAPS_MOBILES = [
    # in these plans nobody can tell mobiles from landlines: they are texted
    ("(415) 555-2671", "US", "+14155552671"),
    ("415.555.2671", "US", "+14155552671"),
    ("415/555-2671", "US", "+14155552671"),
    ("1-415-555-2671", "US", "+14155552671"),
    ("+1 (201) 555-0123", "EE", "+12015550123"),
    ("011 1 415 555 2671", "US", "+14155552671"),
    ("+52 1 55 1234 5678", "MX", "+525512345678"),
    ("+5215512345678", "US", "+525512345678"),
    ("55 1234 5678", "MX", "+525512345678"),
    ("+1 500 555 0006", "US", "+15005550006"),  # Twilio's magic number
    ("+44 56 1234 5678", "GB", "+445612345678"),  # VoIP
]

LEFT_OUT = [
    ("", "EE", Reason.NO_NUMBER),
    ("   ", "EE", Reason.NO_NUMBER),
    ("-", "EE", Reason.NO_NUMBER),
    ("\u200b", "EE", Reason.NO_NUMBER),
    ("call me", "EE", Reason.UNREADABLE),
    ("n/a", "US", Reason.UNREADABLE),
    ("mari@example.com", "EE", Reason.UNREADABLE),
    ("Tel 2: 5123 4123", "EE", Reason.UNREADABLE),
    ("1-800-FLOWERS", "US", Reason.UNREADABLE),
    ("415-555-CALL", "US", Reason.UNREADABLE),
    ("5123 4123 Mari", "EE", Reason.UNREADABLE),
    ("+372 5123 412é", "EE", Reason.UNREADABLE),
    ("1" + "2" * 300, "EE", Reason.UNREADABLE),
    ("12345", "US", Reason.NOT_POSSIBLE),
    ("+372 51", "EE", Reason.NOT_POSSIBLE),
    ("+372 5123 4123 99", "EE", Reason.NOT_POSSIBLE),
    ("+999 123456", "EE", Reason.NOT_POSSIBLE),
    ("(555) 555-1234", "US", Reason.NOT_POSSIBLE),
    ("30/12/2024", "US", Reason.NOT_POSSIBLE),
    ("447911123456", "US", Reason.NOT_POSSIBLE),  # probably +44, but nobody's phone is guessed
    ("11111111111111111111", "US", Reason.NOT_POSSIBLE),
    ("22222222222222222222", "EE", Reason.NOT_POSSIBLE),
    ("2", "EE", Reason.UNREADABLE),
    ("00", "US", Reason.UNREADABLE),
    ("5123 4123", "", Reason.NO_COUNTRY_CODE),
    ("5123 4123", "ZZ", Reason.NO_COUNTRY_CODE),
    ("415-555-2671 / 415-555-2672", "US", Reason.TWO_NUMBERS),
    ("415-555-2671 / 2672", "US", Reason.TWO_NUMBERS),
    ("415-555-2671 & 2672", "US", Reason.TWO_NUMBERS),
    ("4155552671 or 4155552672", "US", Reason.TWO_NUMBERS),
    ("4155552671 4155552672", "US", Reason.TWO_NUMBERS),
    ("5552671, 415-555-2672", "US", Reason.TWO_NUMBERS),
    ("5123-4123, 5551 0001", "EE", Reason.TWO_NUMBERS),
    ("5123-4123; 5551 0001", "EE", Reason.TWO_NUMBERS),
    ("415-555-2671 / 5", "US", Reason.TWO_NUMBERS),
    ("415-555-2671, 5552672", "US", Reason.TWO_NUMBERS),
    ("5123 4123\n5551 0001", "EE", Reason.TWO_NUMBERS),
    ("5123 4123 | +372 5551 0001", "EE", Reason.TWO_NUMBERS),
    ("+372 5123 4123+372 5551 0001", "EE", Reason.TWO_NUMBERS),
    ("home 6123 4123 cell 5123 4123", "SG", Reason.TWO_NUMBERS),
    ("0171 1234567 / 030 123456", "DE", Reason.TWO_NUMBERS),
    ("020 7946 0958 (direct) 07911 123456", "GB", Reason.TWO_NUMBERS),
    ("415-555-2671 ext. 5", "US", Reason.EXTENSION),
    ("415-555-2671 x5", "US", Reason.EXTENSION),
    ("415-555-2671 #12", "US", Reason.EXTENSION),
    ("415-555-2671,,5", "US", Reason.EXTENSION),
    ("415-555-2671, 555267", "US", Reason.EXTENSION),
    ("415-555-2671;ext=5", "US", Reason.EXTENSION),
    ("+7 495 123-45-67 доб. 12", "RU", Reason.EXTENSION),
    ("+372 612 3412", "EE", Reason.LANDLINE),
    ("05141/123456", "DE", Reason.LANDLINE),
    ("+49 30/1234567", "DE", Reason.LANDLINE),
    ("020 7946 0958", "GB", Reason.LANDLINE),
    ("0800 123 4567", "GB", Reason.SERVICE_NUMBER),
    ("1-800-356-9377", "US", Reason.SERVICE_NUMBER),
    ("+800 1234 5678", "US", Reason.SERVICE_NUMBER),
    ("+1 900 555 1234", "US", Reason.PREMIUM),
    ("+44 909 879 0000", "GB", Reason.PREMIUM),
    ("+44 70 1234 5678", "GB", Reason.PREMIUM),
    ("+979 123 456 789", "US", Reason.PREMIUM),
    ("+881 612 345 678", "US", Reason.PREMIUM),
    ("+870 773 111 632", "US", Reason.PREMIUM),
    ("+883 5100 1234 5678", "US", Reason.PREMIUM),
]


@pytest.mark.parametrize(("typed", "country", "expected"), MOBILES)
def test_a_mobile_is_read_as_it_was_typed(typed: str, country: str, expected: str) -> None:
    assert read_number(typed, country) == Number(expected, is_mobile=True)


@pytest.mark.parametrize(("typed", "country", "expected"), PERHAPS_MOBILES)
def test_a_number_that_may_be_a_mobile_is_texted(typed: str, country: str, expected: str) -> None:
    assert read_number(typed, country) == Number(expected, is_mobile=False)


@pytest.mark.parametrize(("typed", "country", "reason"), LEFT_OUT)
def test_what_is_not_surely_one_phone_is_left_out(typed: str, country: str, reason: Reason) -> None:
    assert read_number(typed, country) == NoNumber(reason)


@given(st.text(), st.sampled_from(["", "EE", "US", "DE", "ZZ", "ee "]))
def test_anything_typed_is_read_or_has_a_reason(typed: str, country: str) -> None:
    result = read_number(typed, country)

    if isinstance(result, Number):
        assert phonenumbers.is_valid_number(phonenumbers.parse(result.e164, None))


@given(
    st.text(alphabet="0123456789+ -/.,;x()&\n", min_size=1, max_size=40),
    st.sampled_from(["EE", "US", "DE", "GB"]),
)
def test_no_digit_is_made_up(typed: str, country: str) -> None:
    result = read_number(typed, country)

    if isinstance(result, Number):
        typed_digits = "".join(char for char in typed if char.isdigit())
        national = str(phonenumbers.parse(result.e164, None).national_number)
        assert typed_digits.endswith(national[-7:])


@given(st.sampled_from([typed for typed, _, _ in MOBILES if typed.isascii()]), st.data())
def test_a_number_and_another_one_are_never_read_as_one(first: str, data: st.DataObject) -> None:
    second = data.draw(st.sampled_from(["+372 5551 0001", "+1 415 555 2671", "+44 7911 654321"]))
    between = data.draw(st.sampled_from([" / ", ", ", "; ", "\n", " & ", " or ", " | ", " ", ""]))

    assert isinstance(read_number(first.strip() + between + second, "EE"), NoNumber)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+447911123456", "+44•••••••456"),
        ("+37251234123", "+372•••••123"),
        ("+14155552671", "+1•••••••671"),
        ("123", "•••"),
        ("", ""),
    ],
)
def test_support_sees_a_number_masked_in_the_middle(number: str, expected: str) -> None:
    assert mask(number) == expected


def test_a_number_is_written_as_people_write_it() -> None:
    assert written("+37251234123") == "+372 5123 4123"
    assert written("no number") == "no number"


@pytest.mark.parametrize(
    "typed",
    [
        "+372 5123 4123",
        "5123 4123",
        "51234123",
        "37251234123",
        "00372 5123-4123",
        "(372) 5123.4123",
        "tel 5123 4123"[4:],
    ],
)
def test_support_finds_a_number_in_any_notation(typed: str) -> None:
    assert normalise_query(typed, "EE")[0] == "+37251234123"


def test_support_finds_a_foreign_number_typed_without_its_plus() -> None:
    assert "+447911123456" in normalise_query("44 7911 123456", "EE")
    assert normalise_query("+447911123456", "") == ("+447911123456",)


@pytest.mark.parametrize("typed", ["Mari", "", "12", "SM" + "0" * 32, "Mari 51234123", "4" * 400])
def test_what_is_no_number_is_not_searched_as_one(typed: str) -> None:
    assert normalise_query(typed, "EE") == ()


@given(st.text())
def test_any_query_is_read(typed: str) -> None:
    assert all(number.startswith("+") for number in normalise_query(typed, "EE"))
