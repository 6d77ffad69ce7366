"""The countries an admin may choose are those whose numbers we can read."""

from __future__ import annotations

import phonenumbers

from web.countries import COUNTRIES


def test_every_country_with_numbers_has_a_name() -> None:
    without_people = {"AC", "TA"}  # not in ISO 3166
    assert set(COUNTRIES) == set(phonenumbers.SUPPORTED_REGIONS) - without_people
    assert all(name[0].isupper() for name in COUNTRIES.values())


def test_countries_stand_in_the_order_of_their_names() -> None:
    names = [name for name in COUNTRIES.values() if name.isascii()]
    assert names == sorted(names)
    assert COUNTRIES["EE"] == "Estonia"
