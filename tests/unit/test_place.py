"""The country and the zones of a number, by the numbering plans."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, timezone

from workers.domain.place import country_of, zones_of


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+37251234123", "EE"),
        ("+14155552671", "US"),
        ("+14165552671", "CA"),
        ("+79161234567", "RU"),
        ("+77011234567", "KZ"),
        ("+881612345678", "001"),
        ("nonsense", ""),
    ],
)
def test_a_number_belongs_to_a_country(number: str, country: str) -> None:
    assert country_of(number) == country


def test_a_number_of_a_city_is_in_one_zone() -> None:
    assert zones_of("+14155552671") == ("America/Los_Angeles",)


def test_a_mobile_may_be_anywhere_in_its_country() -> None:
    assert {"Australia/Sydney", "Australia/Perth"} <= set(zones_of("+61412345678"))


@pytest.mark.parametrize("number", ["+882161234567", "nonsense"])
def test_of_some_numbers_nobody_can_tell(number: str) -> None:
    assert zones_of(number) == ()


@pytest.mark.parametrize(
    "kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE]
)
def test_a_number_is_where_libphonenumbers_own_reading_puts_it(kind: int) -> None:
    examples = [
        phonenumbers.format_number(example, PhoneNumberFormat.E164)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    for number in [*examples, "+390612345678", "+39000123456"]:
        read = phonenumbers.parse(number, None)
        zones = set(timezone.time_zones_for_number(read)) - {timezone.UNKNOWN_TIMEZONE}
        assert set(zones_of(number)) == zones, number
        assert country_of(number) == (phonenumbers.region_code_for_number(read) or ""), number
