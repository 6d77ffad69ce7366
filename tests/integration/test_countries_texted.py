"""Whom a company never texts: dear numbers, and countries that are not on its list (S17)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.builders import person
from tests.office import NO_RULES, Office, an_office, found
from workers.domain.person import choose
from workers.domain.reason import Reason
from workers.domain.rules import Rules, rules_to_json
from workers.store.company_settings import PgCompanies

pytestmark = pytest.mark.anyio
DEAR = [
    *("+882161234567", "+88213300001", "+883510001234567", "+870773111632", "+881612345678"),
    *("+979012345678", "+87810012345678", "+88812345678901"),
    *("+19002341234", "+449098790001", "+447012345678", "+448431234567", "+80081234567"),
    *("+3729001234", "+491901234567", "+33899123456", "+39892123456", "+35315501234567"),
]


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


@pytest.mark.parametrize("number", DEAR)
def test_premium_shared_cost_and_satellite_numbers_are_never_texted(number: str) -> None:
    choice = choose(person(number), "EE", {})

    assert choice.number is None
    assert choice.reason in {Reason.PREMIUM, Reason.SERVICE_NUMBER, Reason.NOT_POSSIBLE}


def test_of_two_numbers_the_one_in_an_allowed_country_is_texted() -> None:
    choice = choose(person("+4915123456789", "+37251234123"), "EE", {}, ("EE",))

    assert choice.number == "+37251234123"


def test_who_lives_in_a_country_off_the_list_is_left_out_with_that_reason() -> None:
    assert choose(person("+4915123456789"), "EE", {}, ("EE", "LV")).reason is Reason.COUNTRY


async def test_the_list_is_read_with_the_selection(office: Office) -> None:
    await allow(office, "EE", "LV")

    work = await office.leased(await office.clicked())

    assert work.countries == ["EE", "LV"]


async def test_a_country_taken_off_the_list_after_confirming_is_left_out_at_the_claim(
    office: Office,
) -> None:
    await allow(office)
    batch_id = await office.confirmed(found(1, "+37251234123"), found(2, "+4915123456789"))
    await allow(office, "EE")

    claimed = await office.claim(batch_id)

    assert [one.number for one in claimed] == ["+37251234123"]
    assert await office.reasons(batch_id) == {1: None, 2: "country"}


async def allow(office: Office, *countries: str) -> None:
    rules = Rules(quiet=None, guard_hours=0, countries=countries)
    await PgCompanies(office.pool, rules=NO_RULES).set_rules(42, rules)
    assert await PgCompanies(office.pool, rules=NO_RULES).rules(42) == rules
    assert rules_to_json(rules)["countries"] == list(countries)
