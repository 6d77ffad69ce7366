"""Twilio's own description holds for the simulator's answers and catches wrong requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.openapi_check import (
    assert_valid_answer,
    assert_valid_create,
    assert_valid_requests,
    needs_description,
)
from tests.contract.twilio_seat import PATH, SENDER, Seat, running_twilio
from tests.servers import wait_until


@pytest.fixture
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


@needs_description
def test_every_answer_is_as_twilio_describes_it(twilio: Seat) -> None:
    for answer in (twilio.create(), twilio.plain(), twilio.plain(Body="x" * 500)):
        assert_valid_answer("POST", PATH, 201, answer.json())
    path = PATH.replace(".json", f"/{answer.json()['sid']}.json")
    wait_until(lambda: twilio.http.get(path).json()["status"] == "delivered")
    assert_valid_answer("GET", path, 200, twilio.http.get(path).json())
    for page in ({"PageSize": "1"}, {"PageSize": "1", "Page": "1"}, {"To": "+37255500109"}):
        assert_valid_answer("GET", PATH, 200, twilio.http.get(PATH, params=page).json())
    assert assert_valid_requests(twilio.world.requests) >= 7


@needs_description
@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"Body": "x", "From": SENDER}, "To is required"),
        ({"To": SENDER, "From": SENDER}, "one of body"),
        ({"To": SENDER, "Body": "x"}, "one of from"),
        ({"To": SENDER, "Body": "x", "MessagingServiceSid": "MG1"}, "pattern"),
        ({"To": SENDER, "Body": "x", "From": SENDER, "ValidityPeriod": "4 h"}, "integer"),
        ({"To": SENDER, "Body": "x", "From": SENDER, "SmartEncoded": "yes"}, "boolean"),
        ({"To": SENDER, "Body": "x", "From": SENDER, "StatusCallback": "/x"}, "uri"),
        ({"To": SENDER, "Body": "x", "From": SENDER, "Tags": "{}"}, "Tags is not described"),
        ({"To": "call me maybe?", "Body": "x", "From": SENDER}, "phone-number"),
    ],
)
def test_a_request_that_twilio_does_not_describe_is_caught(
    form: dict[str, str], wrong: str
) -> None:
    with pytest.raises(AssertionError, match=wrong):
        assert_valid_create(form)
    good = {"To": SENDER, "Body": "", "From": SENDER, "ValidityPeriod": "14400"}
    assert_valid_create(good | {"SmartEncoded": "true", "MessageIntent": "customercare"})
