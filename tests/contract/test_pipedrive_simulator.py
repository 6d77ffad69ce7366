"""The simulated Pipedrive's API behaves as `pipedrive.md` says the real one does."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.simulated_pipedrive import Pipedrive, served_pipedrive
from tests.simulators.pipedrive_people import person


@pytest.fixture
def pipedrive(request: pytest.FixtureRequest) -> Iterator[Pipedrive]:
    with served_pipedrive(people=getattr(request, "param", 60)) as found:
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


def test_deals_need_their_scope_and_lead_to_their_people(pipedrive: Pipedrive) -> None:
    everything, pipedrive.world.scope = pipedrive.world.scope, "base,contacts:read"
    assert pipedrive.http.get("/api/v2/deals").status_code == 403
    pipedrive.world.scope = everything
    answer = pipedrive.http.get("/api/v2/deals", params={"status": "won"}).json()["data"]
    assert {row["status"] for row in answer} == {"won"}
    assert pipedrive.walk(deal_id=5) == [[5, 6]]
    done = pipedrive.http.get("/api/v2/activities", params={"done": "true"}).json()["data"]
    assert len(done) == 10
    typed = pipedrive.http.get("/api/v2/activities", params={"type": "call"})
    assert typed.status_code == 400


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
