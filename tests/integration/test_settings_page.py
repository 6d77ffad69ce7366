"""The settings of a company, over the door: who sees them and what they save."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.counter import ACCOUNT, ADMIN, TOKEN, Counter, choose, connect, words
from tests.door import Browser
from workers.domain.rules import Rules

pytestmark = pytest.mark.anyio


@pytest.fixture
async def rep(counter: Counter) -> AsyncIterator[Browser]:
    """Somebody of the same company who is no admin."""
    async with counter.door.browser() as browser:
        await browser.sign_in(company_id=42, user_id=7)
        yield browser


async def test_an_admin_finds_the_settings_from_every_page(admin: Browser) -> None:
    assert 'href="/settings?company=42"' in (await admin.get("/")).text
    assert (await admin.get("/settings")).status_code == 200


async def test_others_are_told_who_the_admins_are(admin: Browser, rep: Browser) -> None:
    answer = await rep.get("/settings")
    changed = await rep.post("/settings", {"section": "country", "country": "GB"})

    assert (answer.status_code, changed.status_code) == (403, 403)
    assert "Ask Andres Admin." in words(answer)
    assert "/settings" not in (await rep.get("/")).text


async def follow(admin: Browser, left: httpx.Response) -> httpx.Response:
    """Signs in where the answer says so: by a redirect, or by its link."""
    if left.status_code == 401:
        link = re.search(r'href="([^"]*authorize[^"]*)"', left.text)
        assert link
        left = httpx.Response(303, headers={"location": html.unescape(link[1])})
    return await admin.allow(left, **ADMIN)


async def test_who_is_signed_out_comes_back_after_signing_in(
    counter: Counter, browser: Browser
) -> None:
    left = await browser.get("/settings")
    back = await browser.allow(left, **ADMIN)
    assert back.headers["location"] == "/settings"


async def test_another_companys_settings_are_not_there(counter: Counter, admin: Browser) -> None:
    assert (await admin.get("/settings?company=43")).status_code == 404
    assert (
        await admin.post("/settings", {"company": "43", "section": "country"})
    ).status_code == 404


async def test_of_two_companies_the_address_says_which(counter: Counter, admin: Browser) -> None:
    counter.door.pipedrive.add_company(43, "Other OÜ", domain="other", people=1)
    counter.door.pipedrive.add_user(43, 70, "Stella Strange", admin=True)
    await admin.sign_in(company_id=43, user_id=70)

    await admin.post("/settings", {"company": "42", "section": "country", "country": "GB"})

    assert "Settings of Other OÜ" in words(await admin.get("/settings?company=43"))
    companies = counter.door.runtime.companies
    assert (await companies.choices(42)).country == "GB"
    assert (await companies.choices(43)).country == ""


async def test_after_an_hour_the_settings_want_a_new_sign_in(
    counter: Counter, admin: Browser
) -> None:
    await counter.execute("UPDATE session_identities SET proved_at = now() - interval '61 minutes'")
    left = await admin.get("/settings?company=42")
    refused = await admin.post("/settings", {"section": "country", "country": "GB"})

    assert (left.status_code, refused.status_code) == (401, 401)
    assert (await counter.door.runtime.companies.choices(42)).country == ""
    left = await admin.get("/settings?company=42")
    back = await admin.allow(left, **ADMIN)
    assert back.headers["location"] == "/settings?company=42"
    assert (await admin.get("/settings?company=42")).status_code == 200


async def test_a_form_without_a_session_keeps_no_secret(counter: Counter, browser: Browser) -> None:
    left = await connect(browser)
    back = await browser.allow(left, **ADMIN)
    assert back.status_code == 200
    assert ACCOUNT in back.text  # typed, and no secret
    assert TOKEN not in back.text
    assert await counter.stored() == ""


@pytest.mark.parametrize("expired", ["DELETE FROM sessions", "hour"])
async def test_what_was_typed_into_settings_is_still_there_after_signing_in(
    counter: Counter, admin: Browser, expired: str
) -> None:
    if expired == "hour":
        expired = "UPDATE session_identities SET proved_at = now() - interval '61 minutes'"
    await counter.execute(expired)
    typed = {"typed_above": "1 250", "guard_hours": "", "texts_a_day": "77", "quiet_to": "09:30"}
    left = await admin.post("/settings", {"company": "42", "section": "rules", **typed})

    back = await follow(admin, left)

    page = words(back)
    assert "You were signed out, so nothing was done." in page
    assert 'id="typed-above" name="typed_above" inputmode="numeric" value="1 250"' in back.text
    assert "<option selected>09:30</option>" in back.text
    assert 'name="quiet" value="on" autocomplete="off">' in back.text  # it was not ticked
    assert (await counter.door.runtime.companies.rules(42)).texts_a_day is None


async def test_settings_of_one_company_are_not_shown_to_another(
    counter: Counter, admin: Browser
) -> None:
    counter.door.pipedrive.add_company(43, "Other OÜ", domain="other", people=1)
    counter.door.pipedrive.add_user(43, 70, "Stella Strange", admin=True)
    await counter.execute("DELETE FROM sessions")
    form = {"company": "42", "section": "rules", "opt_out_address": "ours.example/stop"}
    left = await admin.post("/settings", form)

    back = await admin.allow(left, company_id=43, user_id=70)

    assert back.headers["location"] == "/settings"
    assert "ours.example" not in back.text


async def test_a_country_goes_before_pipedrives(counter: Counter, admin: Browser) -> None:
    saved = await admin.post("/settings", {"section": "country", "country": "GB"})

    assert saved.headers["location"] == "/settings?company=42&done=country#country"
    assert "✓ Saved." in words(await admin.get(saved.headers["location"]))
    user = await counter.door.runtime.installations.user(42, 8)
    assert user is not None
    assert user.country == "GB"
    await admin.sign_in(**ADMIN)  # Pipedrive tells its country again
    assert (await counter.door.runtime.companies.choices(42)).country == "GB"


@pytest.mark.parametrize("country", ["XX", "gb", "E" * 5000, "'; --"])
async def test_an_unknown_country_is_refused(admin: Browser, country: str) -> None:
    answer = await admin.post("/settings", {"section": "country", "country": country})
    assert answer.status_code == 422
    assert "This country isn't known." in words(answer)


async def test_a_named_colleague_is_support(counter: Counter, admin: Browser, rep: Browser) -> None:
    assert (await rep.get("/support")).status_code == 403

    await admin.post("/settings", {"section": "support", "user": "7"})

    assert (await rep.get("/support")).status_code == 200
    assert (await rep.get("/settings")).status_code == 403
    await admin.post("/settings", {"section": "support"})
    assert (await rep.get("/support")).status_code == 403


async def test_only_colleagues_become_support(counter: Counter, admin: Browser) -> None:
    await admin.post("/settings", {"section": "support", "user": "99999999999999999"})
    await admin.post("/settings", {"section": "support", "user": "12345"})
    colleagues = await counter.door.runtime.companies.colleagues(42)
    assert [it.user_id for it in colleagues if it.is_support] == []


@pytest.mark.parametrize("section", ["", "nonsense", "connect\0"])
async def test_an_unknown_form_changes_nothing(admin: Browser, section: str) -> None:
    answer = await admin.post("/settings", {"section": section})
    assert answer.status_code == 422


async def test_programs_are_told_without_secrets(admin: Browser) -> None:
    await connect(admin)
    await choose(admin)
    told = (await admin.get("/settings", Accept="application/json")).json()
    assert told["twilio"]["account_sid"] == ACCOUNT
    assert told["twilio"]["sends_from"] == "+372 5550 0001"
    assert TOKEN not in str(told)


async def test_an_admin_says_whether_everyone_on_a_deal_may_be_texted(
    counter: Counter, admin: Browser
) -> None:
    companies = counter.door.runtime.companies
    assert (await companies.choices(42)).ask_participants, "as long as nobody says no"

    saved = await admin.post("/settings", {"section": "deals", "participants": "no"})
    wrong = await admin.post("/settings", {"section": "deals", "participants": "perhaps"})

    assert saved.headers["location"] == "/settings?company=42&done=deals#deals"
    assert (wrong.status_code, "Say yes or no." in words(wrong)) == (422, True)
    assert not (await companies.choices(42)).ask_participants
    page = await admin.get("/settings")
    assert re.search(r'value="no"[^>]*checked', page.text)


async def test_rules_are_saved_and_shown(counter: Counter, admin: Browser) -> None:
    form = {"section": "rules", "typed_above": "50", "guard_hours": "24", "texts_a_day": "1 000"}
    saved = await admin.post("/settings", {**form, "texted": "EE"})

    assert saved.headers["location"] == "/settings?company=42&done=rules#rules"
    rules = await counter.door.runtime.companies.rules(42)
    zone = "Europe/Tallinn"
    assert rules == Rules(50, 24, quiet=None, texts_a_day=1000, zone=zone, countries=("EE",))
    told = (await admin.get("/settings", Accept="application/json")).json()["rules"]
    assert told["texts_a_day"] == 1000
    assert "Only 1 country may be texted" in words(await admin.get("/settings"))


@pytest.mark.parametrize("many", ["0" * 17 + "1" + "0" * 30, "0" * 5_000, "721", "9" * 19])
async def test_numbers_that_are_too_long_are_refused_whole(
    counter: Counter, admin: Browser, many: str
) -> None:
    before = await counter.door.runtime.companies.rules(42)

    answer = await admin.post("/settings", {"section": "rules", "guard_hours": many})

    assert answer.status_code == 422
    assert await counter.door.runtime.companies.rules(42) == before


async def test_rules_that_make_no_sense_change_nothing(counter: Counter, admin: Browser) -> None:
    before = await counter.door.runtime.companies.rules(42)
    form = {"section": "rules", "typed_above": "many", "guard_hours": "24"}

    answer = await admin.post("/settings", form)

    assert answer.status_code == 422
    assert "“many” doesn't fit here." in words(answer)
    assert 'value="many"' in answer.text
    assert await counter.door.runtime.companies.rules(42) == before
