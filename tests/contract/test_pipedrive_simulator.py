"""The simulated Pipedrive behaves as `pipedrive.md` says the real one does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from tests.servers import serve
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.pipedrive_people import person
from tests.simulators.pipedrive_world import World

SECRET = "demo-client-secret-0123456789abcdef"
BASIC = httpx.BasicAuth("demo-client", SECRET)
CALLBACK = "http://app.test/oauth/callback"
TEXTABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class Pipedrive:
    """The served simulator, and a client that is signed in to it."""

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        token = world.grant()["access_token"]
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})

    def people(self, **query: object) -> httpx.Response:
        return self.http.get("/api/v2/persons", params={k: str(v) for k, v in query.items()})

    def walk(self, **query: object) -> list[list[int]]:
        pages, cursor = [], ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = self.people(limit=500, sort_by="id", **query, **more).json()
            pages.append([row["id"] for row in answer["data"]])
            cursor = answer["additional_data"]["next_cursor"]
            if cursor is None:
                return pages

    def token(self, **form: str) -> httpx.Response:
        return self.http.post("/oauth/token", data=form, auth=BASIC)


@pytest.fixture
def pipedrive(request: pytest.FixtureRequest) -> Iterator[Pipedrive]:
    people = getattr(request, "param", 60)
    app = create_pipedrive(app_url="http://app.test", people=people)
    with serve(app) as url:
        found = Pipedrive(app.state.world, url)
        with found.http:
            yield found


# ---------------------------------------------------------------- lists


@pytest.mark.parametrize("pipedrive", [10_000], indirect=True)
def test_ten_thousand_people_are_walked_exactly_once_in_twenty_pages(pipedrive: Pipedrive) -> None:
    pages = pipedrive.walk()
    assert [i for page in pages for i in page] == [i for i in range(1, 10_001) if i != 59]
    assert len(pages) == 20
    assert pipedrive.world.tokens_used == 200


def test_pages_go_on_after_an_empty_one_and_in_every_order(pipedrive: Pipedrive) -> None:
    pipedrive.world.empty_pages = 1
    assert [len(page) for page in pipedrive.walk()] == [0, 59]
    for direction in ("asc", "desc"):
        seen: list[str] = []
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            answer = pipedrive.people(
                limit=7, sort_by="update_time", sort_direction=direction, **cursor
            ).json()
            seen += [row["update_time"] for row in answer["data"]]
            token = answer["additional_data"]["next_cursor"]
            cursor = {"cursor": token} if token else None
        assert len(seen) == 59
        assert seen == sorted(seen, reverse=direction == "desc")


def test_missing_and_invisible_ids_are_left_out_without_a_word(pipedrive: Pipedrive) -> None:
    answer = pipedrive.people(ids="2,59,2,1,9999,58").json()["data"]
    assert [(row["id"], row["is_deleted"]) for row in answer] == [
        (1, False),
        (2, False),
        (58, True),
    ]
    assert not [key for row in answer for key in row if key.startswith("_")]


@pytest.mark.parametrize(
    "query",
    [
        {"ids": ",".join(str(i) for i in range(1, 102))},
        {"ids": "1,x"},
        {"ids": ""},
        {"limit": 501},
        {"limit": 0},
        {"sort_by": "name"},
        {"cursor": "rubbish"},
        {"user_id": 7},
        {"updated_since": "2026-01-01T00:00:00.5Z"},
    ],
    ids=lambda query: f"{next(iter(query))}={str(next(iter(query.values())))[:9]}",
)
def test_a_wrong_parameter_is_a_400(pipedrive: Pipedrive, query: dict[str, object]) -> None:
    assert pipedrive.people(**query).status_code == 400


def test_a_filter_makes_ids_and_owner_count_for_nothing(pipedrive: Pipedrive) -> None:
    by_filter = pipedrive.walk(filter_id=11)
    assert by_filter == pipedrive.walk(filter_id=11, ids="1,2", owner_id=9)
    assert 5 < len(by_filter[0]) < 40
    assert {person(i)["owner_id"] for i in pipedrive.walk(owner_id=9)[0]} == {9}
    assert pipedrive.people(filter_id=21).status_code == 400
    assert pipedrive.people(filter_id=999).status_code == 404


def test_organizations_have_names_by_id(pipedrive: Pipedrive) -> None:
    answer = pipedrive.http.get("/api/v2/organizations", params={"ids": "1,2,999"}).json()
    assert [row["name"] for row in answer["data"]] == ["Õunapuu & Pojad OÜ", "Põhjala Kohv OÜ"]


def test_people_endpoints_of_v1_are_gone_and_remembered(pipedrive: Pipedrive) -> None:
    assert pipedrive.http.get("/api/v1/persons").status_code == 410
    assert pipedrive.http.get("/v1/persons/1").status_code == 410
    assert len(pipedrive.world.calls) == 2


def test_users_me_tells_the_company_and_its_country(pipedrive: Pipedrive) -> None:
    me = pipedrive.http.get("/api/v1/users/me").json()["data"]
    assert (me["id"], me["company_id"], me["company_country"]) == (7, 42, "EE")
    assert me["timezone_name"] == "Europe/Tallinn"
    assert pipedrive.http.get("/api/v2/users/me").headers["content-type"].startswith("text/html")
    assert pipedrive.http.get("/api/v1/filters/11").json()["data"]["name"] == "Customers in Tallinn"
    assert [call.cost for call in pipedrive.world.calls] == [2, 10, 2]


# ---------------------------------------------------------------- limits and faults


def test_the_budget_and_the_burst_are_told_in_headers_and_end_in_429(pipedrive: Pipedrive) -> None:
    world = pipedrive.world
    world.budget = 15
    answer = pipedrive.people()
    assert answer.headers["x-daily-ratelimit-token-remaining"] == "5"
    assert answer.headers["x-ratelimit-remaining"] == "399"
    spent = pipedrive.people()
    assert (spent.status_code, spent.headers["x-daily-ratelimit-token-remaining"]) == (429, "0")
    world.budget, world.burst_limit = 1000, 2
    burst = pipedrive.people()
    assert (burst.status_code, burst.headers["x-ratelimit-remaining"]) == (429, "0")
    assert burst.headers["x-daily-ratelimit-token-remaining"] == "1000"
    world.advance(2.1)
    assert pipedrive.people().status_code == 200


def test_injected_faults_happen_so_often_and_then_stop(pipedrive: Pipedrive) -> None:
    pipedrive.world.fail_next("/api/v2/persons", 503, times=2, body="<h1>Bad gateway</h1>")
    pipedrive.world.fail_next("/api/v2/persons", 0)
    assert [pipedrive.people().status_code for _ in range(2)] == [503, 503]
    with pytest.raises(httpx.TransportError):
        pipedrive.people()
    assert pipedrive.people().status_code == 200


def test_an_ended_token_gets_the_gateways_401(pipedrive: Pipedrive) -> None:
    pipedrive.world.expire_tokens()
    answer = pipedrive.people()
    assert (answer.status_code, answer.headers["x-401-by-gw"]) == (401, "true")
    assert answer.json()["errorCode"] == 401


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
    assert claims["iat"] == pytest.approx(time.time(), abs=5)
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
