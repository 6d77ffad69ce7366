"""Phones that answer: what Twilio posts then, signed, and whom it texts no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.twilio_seat import Seat, running_twilio

NUMBER = "+37255500101"


@pytest.fixture
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


def test_a_button_on_a_phone_answers_and_the_phone_shows_it(twilio: Seat) -> None:
    twilio.create(NUMBER)
    answer = twilio.http.post("/reply", data={"number": NUMBER, "body": "Wrong <b>number"})
    assert answer.status_code == 303
    assert "Wrong &lt;b&gt;number" in twilio.http.get("/phones").text


def test_after_stop_no_text_is_taken_until_start(twilio: Seat) -> None:
    twilio.create(NUMBER)
    twilio.http.post("/reply", data={"number": NUMBER, "body": "stop"})
    assert twilio.plain(NUMBER).json()["code"] == 21610
    twilio.http.post("/reply", data={"number": NUMBER, "body": "START"})
    assert twilio.plain(NUMBER).status_code == 201


def test_only_a_phone_that_was_texted_answers_and_only_from_this_page(twilio: Seat) -> None:
    twilio.create(NUMBER)
    form = {"number": NUMBER, "body": "STOP"}
    assert twilio.http.post("/reply", data={**form, "number": "+1"}).status_code == 404
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert twilio.http.post("/reply", data=form, headers=foreign).status_code == 403
    assert twilio.plain(NUMBER).status_code == 201
