"""The outbox page shows what phones would show, and its panel turns the knobs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.twilio_seat import Seat, running_twilio
from tests.servers import serve, wait_until
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.twilio_phonebook import Phonebook


@pytest.fixture
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


def test_a_text_is_shown_literally_with_its_state_and_reason(twilio: Seat) -> None:
    twilio.create("+37255500190", Body="<script>alert('x')</script>")
    wait_until(lambda: "undelivered: Unreachable" in twilio.http.get("/").text)
    page = twilio.http.get("/")
    assert "&lt;script&gt;alert(" in page.text
    assert "<script>alert" not in page.text
    assert "+37255500190" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_phone_texted_last_comes_first_and_a_repeat_is_pointed_out(twilio: Seat) -> None:
    for to in ("+37255500101", "+37255500102", "+37255500101"):
        twilio.create(to)
    page = twilio.http.get("/phones").text
    assert page.index("+37255500101") < page.index("+37255500102")
    assert page.count("The same text more than once") == 1


def test_phones_have_the_names_that_a_phonebook_knows(twilio: Seat) -> None:
    crm = create_pipedrive(app_url="http://localhost", people=30)
    with serve(crm) as site:
        twilio.world.phonebook = Phonebook(f"{site}/simulator/phones")
        twilio.create("+37256120003")
        twilio.create("+37256120026")
        twilio.create("+37255500101")
        page = twilio.http.get("/phones").text
    assert "<bdi>Kati 🌻 Kask</bdi> <small>+37256120003</small>" in page
    assert "<bdi>Shared Silvi, Shared Sander</bdi>" in page
    assert "<h3>+37255500101</h3>" in page


def test_phones_are_sent_again_only_when_they_changed(twilio: Seat) -> None:
    twilio.create("+37255500196")
    wait_until(lambda: "failed: Landline" in twilio.http.get("/phones").text)
    seen = {"If-None-Match": twilio.http.get("/phones").headers["etag"]}
    assert twilio.http.get("/phones", headers=seen).status_code == 304
    twilio.world.throttle()
    assert twilio.http.get("/phones", headers=seen).status_code == 200


def test_a_thousand_phones_are_counted_but_not_all_drawn(twilio: Seat) -> None:
    for n in range(70):
        twilio.create(f"+3725550{n:04}")
    page = twilio.http.get("/").text
    assert page.count('class="phone"') == 60
    assert "and 10 more phones" in page


def test_the_panel_refuses_our_login_and_takes_it_again(twilio: Seat) -> None:
    assert twilio.http.post("/control", data={"do": "refuse login"}).status_code == 303
    assert twilio.create().status_code == 401
    assert "Accept our login again" in twilio.http.get("/").text
    twilio.http.post("/control", data={"do": "no account fault"})
    assert twilio.create().status_code == 201


def test_the_panel_slows_us_down_loses_answers_and_makes_all_well(twilio: Seat) -> None:
    twilio.http.post("/control", data={"do": "throttle", "value": "1"})
    twilio.http.post("/control", data={"do": "lose answers", "value": "2"})
    assert twilio.create().status_code == 429
    with pytest.raises(httpx.ReadError):
        twilio.create()
    assert twilio.world.waiting_faults == 1
    twilio.http.post("/control", data={"do": "well again"})
    assert twilio.create().status_code == 201


def test_knobs_turn_only_from_this_page_and_only_those_there_are(twilio: Seat) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = twilio.http.post("/control", data={"do": "refuse login"}, headers=foreign)
    assert answer.status_code == 403
    assert twilio.http.post("/control", data={"do": "explode"}).status_code == 400
    assert twilio.create().status_code == 201


def test_another_process_reads_the_world_in_numbers(twilio: Seat) -> None:
    twilio.create("+37255500197")
    wait_until(lambda: twilio.http.get("/world.json").json()["statuses"] == {"sent": 1})
    asked = {"Accept": "application/json"}
    told = twilio.http.post("/control", data={"do": "latency", "value": "150"}, headers=asked)
    assert told.json()["accepted"] == 1
    assert twilio.world.latency == 0.15
