"""What is pasted into Developer Hub: within its limits, only what works, only what is needed."""

from __future__ import annotations

import json

import pytest

from workers.domain.action import LinkAction, read_action
from workers.domain.errors import VolleyError
from workers.domain.offered import OFFERED, offers
from workers.manifest import Manifest, NotPublic, as_json, as_text, made_for
from workers.providers import pipedrive_hub as hub
from workers.settings import Settings
from workers.stages.accept import refuse_unbuilt

URL = "https://volley.example.com"
EVERYTHING = [
    (action, resource, view)
    for action in ("sms", "whatsapp", "history")
    for resource, view in hub.LOCATIONS
]


def a_manifest(public_url: str = URL, **settings: str) -> Manifest:
    known = {"secret_key": "k" * 32, "public_url": public_url, **settings}
    return made_for(Settings.model_validate(known))


def a_click(action: str, resource: str, view: str) -> LinkAction:
    given = {
        "resource": resource, "view": view, "userId": "7", "companyId": "42",
        "selectedIds": "1", "excludedIds": "", "filter": '{"everyone":1}',
    }  # fmt: skip
    return read_action(action, list(given.items()))


def works(action: str, resource: str, view: str) -> bool:
    try:
        refuse_unbuilt(a_click(action, resource, view))
    except VolleyError:
        return False
    return True


def test_names_and_descriptions_fit_developer_hub() -> None:
    for link in a_manifest().link_actions:
        assert 0 < len(link.name) <= hub.LONGEST_NAME
        assert 0 < len(link.description) <= hub.LONGEST_DESCRIPTION


def test_no_location_holds_more_actions_than_pipedrive_takes() -> None:
    places = [place for link in a_manifest().link_actions for place in link.locations]

    assert len(places) <= hub.MOST_IN_AN_APP
    assert max(places.count(place) for place in places) <= hub.MOST_IN_A_LOCATION


@pytest.mark.parametrize(("action", "resource", "view"), EVERYTHING)
def test_exactly_what_works_is_listed(action: str, resource: str, view: str) -> None:
    listed = {
        (link.url, location) for link in a_manifest().link_actions for location in link.locations
    }
    here = (f"{URL}/actions/{action}", hub.LOCATIONS[resource, view])

    assert (here in listed) == works(action, resource, view)


def test_every_offer_has_a_location_at_pipedrive() -> None:
    assert all(
        (resource, view) in hub.LOCATIONS
        for offer in OFFERED
        for resource, views in offer.views.items()
        for view in views
    )


def test_what_is_not_offered_is_not() -> None:
    assert not offers("whatsapp")
    assert not offers("history", "product")
    assert not offers("sms", "product")


def test_addresses_come_from_public_url() -> None:
    shown = a_manifest()

    assert shown.callback_url == f"{URL}/oauth/callback"
    assert shown.installation_url == f"{URL}/install"
    assert [link.url for link in shown.link_actions] == [
        f"{URL}/actions/sms",
        f"{URL}/actions/history",
    ]


def test_the_scopes_are_the_least_and_each_has_a_reason() -> None:
    shown = a_manifest()

    assert [scope.name for scope in shown.scopes] == [
        "base",
        "contacts:read",
        "deals:read",
        "activities:read",
    ]
    assert all(len(scope.reason) > 30 for scope in shown.scopes)


def test_deals_and_activities_need_a_scope_more() -> None:
    names = [scope.name for scope in hub.scopes_for(["deal", "person", "activity"])]

    assert names == ["base", "contacts:read", "deals:read", "activities:read"]


def test_no_secret_is_shown() -> None:
    shown = a_manifest(pipedrive_jwt_secret="j" * 40, pipedrive_client_secret="c" * 40)

    for text in (as_text(shown), as_json(shown)):
        assert "j" * 40 not in text
        assert "c" * 40 not in text
        assert "the value of PIPEDRIVE_JWT_SECRET" in text


def test_without_a_jwt_secret_the_field_stays_empty() -> None:
    assert "leave it empty" in a_manifest().link_actions[0].jwt_secret


def test_the_text_and_the_json_say_the_same() -> None:
    shown = a_manifest()
    text, read = as_text(shown), json.loads(as_json(shown))

    assert read["callback_url"] == shown.callback_url
    for value in (
        read["app_name"],
        read["callback_url"],
        read["installation_url"],
        *(part for scope in read["scopes"] for part in scope.values()),
        *read["link_actions"][0]["locations"],
        read["link_actions"][0]["description"],
        *(step for trial in read["trials"] for step in trial["steps"]),
    ):
        assert value in text


def test_it_is_tried_installed_signed_out_and_cancelled() -> None:
    who = " ".join(trial.who for trial in a_manifest().trials)

    for word in ("cancels", "installs", "signed out"):
        assert word in who


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://volley.example.com"])
def test_an_address_without_https_is_refused_with_what_works(url: str) -> None:
    with pytest.raises(NotPublic, match="volley demo") as refusal:
        a_manifest(url)

    assert url in str(refusal.value)


def test_an_address_with_a_path_is_refused() -> None:
    with pytest.raises(NotPublic, match="host of its own"):
        a_manifest(f"{URL}/volley")
