"""The simulated Pipedrive's OAuth, people, links and pages are what the app and the demo rely on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from tests.contract.simulated_pipedrive import (
    BASIC,
    CALLBACK,
    SECRET,
    Pipedrive,
    served_pipedrive,
)
from tests.simulators.pipedrive_people import person

TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@pytest.fixture
def pipedrive() -> Iterator[Pipedrive]:
    with served_pipedrive() as found:
        yield found


# ---------------------------------------------------------------- OAuth


def consent(pipedrive: Pipedrive, decision: str) -> dict[str, list[str]]:
    ask = {"client_id": "demo-client", "redirect_uri": CALLBACK, "state": "s 1"}
    shown = pipedrive.http.get("/oauth/authorize", params=ask)
    assert shown.status_code == 200
    assert "Allow and install" in shown.text
    answer = pipedrive.http.post("/oauth/authorize", data={**ask, "decision": decision})
    assert answer.headers["location"].startswith(CALLBACK)
    return parse_qs(urlsplit(answer.headers["location"]).query)


def test_consent_leads_to_a_code_that_buys_tokens_once(pipedrive: Pipedrive) -> None:
    answer = consent(pipedrive, "allow")
    assert answer["state"] == ["s 1"]
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": CALLBACK}
    tokens = pipedrive.token(**form).json()
    assert tokens["expires_in"] == 3599
    assert tokens["api_domain"] == str(pipedrive.http.base_url)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert pipedrive.http.get("/api/v1/users/me", headers=headers).status_code == 200
    assert pipedrive.token(**form).status_code == 400


def test_a_refusal_leads_back_without_a_code(pipedrive: Pipedrive) -> None:
    assert consent(pipedrive, "cancel") == {"error": ["user_denied"]}


def test_an_old_code_a_foreign_callback_and_a_wrong_secret_buy_nothing(
    pipedrive: Pipedrive,
) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    old = pipedrive.world.grant_code()
    pipedrive.world.advance(301)
    assert pipedrive.token(**form, code=old).status_code == 400
    new = pipedrive.world.grant_code()
    assert pipedrive.token(**{**form, "redirect_uri": "http://evil"}, code=new).status_code == 400
    wrong = pipedrive.http.post(
        "/oauth/token", data={**form, "code": new}, auth=("demo-client", "x")
    )
    assert wrong.status_code == 400
    assert pipedrive.token(**form, code=new).status_code == 200


def test_refreshing_keeps_or_rotates_the_refresh_token_and_may_lose_its_answer(
    pipedrive: Pipedrive,
) -> None:
    first = pipedrive.world.grant()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}
    assert pipedrive.token(**form).json()["refresh_token"] == first
    pipedrive.world.rotate_refresh_tokens, pipedrive.world.lose_refresh_answer = True, 1
    with pytest.raises(httpx.TransportError):
        pipedrive.token(**form)
    assert pipedrive.token(**form).status_code == 400


def test_revoking_the_refresh_token_ends_the_installation(pipedrive: Pipedrive) -> None:
    token = pipedrive.world.grants[42, 7].refresh_token
    answer = pipedrive.http.post("/oauth/revoke", data={"token": token}, auth=BASIC)
    assert answer.status_code == 200
    assert pipedrive.people().status_code == 401


# ---------------------------------------------------------------- people and links


def number_of(person_id: int, at: int = 0) -> phonenumbers.PhoneNumber:
    return phonenumbers.parse(person(person_id)["phones"][at]["value"], "EE")


def e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_ordinary_people_have_valid_mobile_numbers_of_their_own() -> None:
    ordinary = [i for i in [*range(1, 3000), *range(150_000, 152_000)] if not person(i)["_odd"]]
    numbers = [number_of(i, 1 if i % 12 == 0 else 0) for i in ordinary]
    assert {phonenumbers.number_type(number) for number in numbers} == {PhoneNumberType.MOBILE}
    assert len({e164(number) for number in numbers}) == len(numbers)
    assert not [n for n in numbers if e164(n)[-2] == "9"]


def test_sixty_people_hold_every_fate_and_the_usual_trouble() -> None:
    odd = [person(i) for i in range(1, 61)]
    typed = {i: [phone["value"] for phone in person(i)["phones"]] for i in range(1, 61)}
    fates = {value[-2:] for values in typed.values() for value in values if value[-2:-1] == "9"}
    assert fates >= {str(n) for n in range(90, 100)}
    for record in odd:
        for phone in record["phones"]:
            if phone["value"][-2:] in fates:
                assert (
                    phonenumbers.number_type(phonenumbers.parse(phone["value"], "EE")) in TEXTABLE
                )
    assert phonenumbers.number_type(number_of(6)) == PhoneNumberType.FIXED_LINE
    assert phonenumbers.number_type(number_of(46)) == PhoneNumberType.FIXED_LINE
    assert phonenumbers.number_type(number_of(54)) == PhoneNumberType.PREMIUM_RATE
    assert e164(number_of(26)) == e164(number_of(27))
    for name in ("{{7*7}}", "<script>", "=cmd", "🌻"):
        assert [record for record in odd if name in record["name"]]


def test_a_link_has_pipedrives_parameters_in_order_and_a_signed_token(pipedrive: Pipedrive) -> None:
    world = pipedrive.world
    url = world.link_url([1, 9])
    assert url.startswith(
        "http://app.test/actions/sms?resource=person&view=list&userId=7&companyId=42"
        "&selectedIds=1%2C9&excludedIds=&filter=%7B%22everyone%22%3A1%7D&token="
    )
    claims = jwt.decode(url.rpartition("=")[2], SECRET, algorithms=["HS256"])
    assert (claims["userId"], claims["companyId"]) == (7, 42)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["iat"] == pytest.approx(time.time(), abs=60)
    assert world.link_url([5], view="details", token=None).endswith("&selectedIds=5")
    assert "excludedIds=3%2C4&filter=%7B%22user_id%22%3A7%7D" in world.link_url(
        excluded=[3, 4], filter={"user_id": 7}
    )


@pytest.mark.parametrize("kind", ["expired", "forged"])
def test_a_link_may_carry_a_bad_token(pipedrive: Pipedrive, kind: str) -> None:
    token = pipedrive.world.link_url([1], token=kind).rpartition("=")[2]
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(token, SECRET, algorithms=["HS256"])


# ---------------------------------------------------------------- pages


def test_the_list_shows_everybody_as_text_and_what_a_select_all_would_take(
    pipedrive: Pipedrive,
) -> None:
    shown = pipedrive.http.get("/")
    assert "58 people" in shown.text
    assert shown.text.count('name="selectedIds"') == 60  # two of them went a minute ago
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert" in shown.text
    mine = pipedrive.http.get("/", params={"list": "mine"})
    assert "{&#34;user_id&#34;:7}" in mine.text
    assert pipedrive.http.get("/person/13").status_code == 200
    assert pipedrive.http.get("/person/59").status_code == 404


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("selectedIds=1&selectedIds=9&sign=none", "selectedIds=1%2C9&excludedIds=&filter=%7B"),
        ("all=1&selectedIds=1&excludedIds=3,4", "selectedIds=&excludedIds=3%2C4&filter=%7B"),
        (
            "view=details&selectedIds=5&sign=none",
            "view=details&userId=7&companyId=42&selectedIds=5",
        ),
    ],
)
def test_the_menu_leads_to_the_app_with_what_was_ticked(
    pipedrive: Pipedrive, form: str, expected: str
) -> None:
    url = f"/app-extensions/actions/sms?{form}&filter=%7B%22everyone%22:1%7D"
    answer = pipedrive.http.get(url)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(
        "http://app.test/actions/sms?resource=person&view="
    )
    assert expected in answer.headers["location"]
    assert ("token=" in answer.headers["location"]) == ("sign=none" not in form)


def test_nobody_ticked_leads_nowhere(pipedrive: Pipedrive) -> None:
    assert pipedrive.http.get("/app-extensions/actions/sms").status_code == 400
