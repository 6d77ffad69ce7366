"""The simulated Pipedrive's pages of deals, organizations and activities: what a rep ticks there."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.simulated_pipedrive import Pipedrive, served_pipedrive

KINDS = {"deals": "deal", "organizations": "organization", "activities": "activity"}
FILTERS = {"deals": 22, "organizations": 31, "activities": 41}


def ticked(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'name="selectedIds" value="(\d+)"', page)]


@pytest.mark.parametrize("several", KINDS)
def test_a_list_shows_what_the_api_lists(several: str) -> None:
    with served_pipedrive() as pipedrive:
        for key, asked in (
            ("everyone", {}), ("mine", {"owner_id": 7}), (f"{FILTERS[several]}", {"filter_id": FILTERS[several]}),
        ):  # fmt: skip
            is_open = {"status": "open"} if several == "deals" and key.isalpha() else {}
            shown = pipedrive.http.get(f"/{several}", params={"list": key}).text
            told = pipedrive.http.get(
                f"/api/v2/{several}", params={"limit": 500, **asked, **is_open}
            ).json()["data"]
            assert ticked(shown) == [row["id"] for row in told] != []


@pytest.mark.parametrize("several", KINDS)
def test_the_menu_opens_the_action_for_these_records(several: str) -> None:
    with served_pipedrive() as pipedrive:
        form = {"resource": KINDS[several], "view": "list", "filter": '{"everyone":1}'}
        link = act(pipedrive, {**form, "selectedIds": "2,3"})
        assert (link["resource"], link["selectedIds"]) == ([KINDS[several]], ["2,3"])
        link = act(pipedrive, {**form, "all": "1", "excludedIds": "4"})
        assert (link["excludedIds"], link["filter"]) == (["4"], ['{"everyone":1}'])


def act(pipedrive: Pipedrive, form: dict[str, str]) -> dict[str, list[str]]:
    answer = pipedrive.http.get("/app-extensions/actions/sms", params=form)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["location"]).query)


@pytest.mark.parametrize("one", ["deal", "organization"])
def test_deals_and_organizations_have_pages_of_their_own(one: str) -> None:
    with served_pipedrive() as pipedrive:
        shown = pipedrive.http.get(f"/{one}/1")
        assert 'name="view" value="details"' in shown.text
        assert re.findall(r'name="selectedIds" value="(\d+)"', shown.text) == ["1"]
        assert pipedrive.http.get(f"/{one}/4711").status_code == 404
