"""Our Twilio adapter over a real socket: what is asked, what is answered, what stays unsaid."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.contract.messenger_parts import (
    BODY,
    KEY,
    MESSAGE,
    NUMBER,
    SENDER,
    Twilio,
    error_of,
    from_number,
    messenger_at,
    sids,
    simulator,
)
from tests.fakes_twilio import ACCOUNT
from workers.domain.errors import (
    Misconfigured,
    ProviderError,
    Rejected,
    Throttled,
)
from workers.ports.outside import Messenger


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with simulator() as running:
        yield running


# ---------------------------------------------------------------- a yes


@pytest.mark.anyio
async def test_a_text_is_taken_with_everything_that_was_asked(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        keeps_the_port: Messenger = messenger
        report = await keeps_the_port.send(ACCOUNT, MESSAGE)
    assert (report.state, report.status, report.http_status) == ("accepted", "accepted", 201)
    assert report.request_id.startswith("RQ")
    assert report.sid in twilio.world.texts
    assert twilio.world.requests[0]["form"] == {
        "To": NUMBER,
        "Body": BODY,
        "MessagingServiceSid": ACCOUNT.messaging_service_sid,
        "StatusCallback": MESSAGE.status_callback,
        "ValidityPeriod": "14400",
    }


@pytest.mark.anyio
@pytest.mark.parametrize("around", ["", "\n", "é"])
async def test_every_mark_of_a_text_arrives_as_it_was_written(twilio: Twilio, around: str) -> None:
    body = around + "".join(map(chr, range(33, 127))) + " %2B a  b" + around + "."
    async with messenger_at(twilio.url) as messenger:
        await messenger.send(ACCOUNT, replace(MESSAGE, body=body))
    assert twilio.world.requests[0]["form"]["Body"] == body


@pytest.mark.anyio
async def test_without_a_messaging_service_the_number_sends(twilio: Twilio) -> None:
    async with messenger_at(twilio.url) as messenger:
        report = await messenger.send(from_number(ACCOUNT), MESSAGE)
    assert (report.state, report.status) == ("accepted", "queued")
    assert twilio.world.requests[0]["form"]["From"] == SENDER
    assert "MessagingServiceSid" not in twilio.world.requests[0]["form"]


@pytest.mark.anyio
async def test_an_api_key_signs_in_for_the_account(twilio: Twilio) -> None:
    account = replace(ACCOUNT, username=KEY, password="key-secret")
    async with messenger_at(twilio.url) as messenger:
        assert (await messenger.send(account, MESSAGE)).sid
    assert twilio.world.requests[0]["path"].split("/")[3] == ACCOUNT.account_sid


@pytest.mark.anyio
@pytest.mark.parametrize(("asked", "sent"), [(-5, "1"), (0, "1"), (36_001, "36000")])
async def test_validity_stays_within_what_twilio_takes(
    twilio: Twilio, asked: int, sent: str
) -> None:
    async with messenger_at(twilio.url) as messenger:
        await messenger.send(ACCOUNT, replace(MESSAGE, validity_seconds=asked))
    assert twilio.world.requests[0]["form"]["ValidityPeriod"] == sent


# ---------------------------------------------------------------- a clear no


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", "21211"),
        ("+15005550002", "21612"),
        ("+15005550003", "21408"),
        ("+15005550004", "21610"),
        ("+15005550009", "21614"),
    ],
)
async def test_a_magic_number_is_refused(twilio: Twilio, to: str, code: str) -> None:
    """https://www.twilio.com/docs/iam/test-credentials"""
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(from_number(ACCOUNT), replace(MESSAGE, to=to)))
    assert type(error) is Rejected
    assert error.code == code
    assert error.request_id.startswith("RQ")
    assert to not in str(error) + repr(error.__context__)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("sender", "code", "means"),
    [
        ("+15005550001", "21212", Misconfigured),
        ("+15005550007", "21606", Misconfigured),
        ("+15005550008", "21611", Throttled),
    ],
)
async def test_a_magic_sender_is_refused(
    twilio: Twilio, sender: str, code: str, means: type[ProviderError]
) -> None:
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(from_number(ACCOUNT, sender), MESSAGE))
    assert type(error) is means
    assert error.code == code


@pytest.mark.anyio
async def test_a_wrong_password_or_account_stops_us(twilio: Twilio) -> None:
    elsewhere = "AC" + "9" * 32
    async with messenger_at(twilio.url) as messenger:
        login = await error_of(messenger.send(replace(ACCOUNT, password="wrong"), MESSAGE))
        lost = await error_of(messenger.send(replace(ACCOUNT, account_sid=elsewhere), MESSAGE))
    assert (type(login), login.code) == (Misconfigured, "20003")
    assert (type(lost), lost.code) == (Misconfigured, "20404")
    assert not twilio.world.accepted


@pytest.mark.anyio
async def test_a_gateways_refusal_without_json_is_understood(twilio: Twilio) -> None:
    twilio.world.fail_next(403, body="<html>Forbidden</html>")
    twilio.world.fail_next(400, body="[1]")
    async with messenger_at(twilio.url) as messenger:
        forbidden = await error_of(messenger.send(ACCOUNT, MESSAGE))
        odd = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert (type(forbidden), forbidden.code) == (Misconfigured, "403")
    assert (type(odd), odd.code) == (Rejected, "400")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("header", "after"), [({"Retry-After": "7"}, 7.0), ({"Retry-After": "soon"}, 1.0), ({}, 1.0)]
)
async def test_a_429_says_how_long_to_wait(
    twilio: Twilio, header: dict[str, str], after: float
) -> None:
    twilio.world.fail_next(429, 20429, headers=header)
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert isinstance(error, Throttled)
    assert error.after == after
    assert len(twilio.world.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize(("told", "concurrent"), [("40", 40), ("many", 0), ("", 0)])
async def test_a_429_may_say_how_many_were_asked_at_once(
    twilio: Twilio, told: str, concurrent: int
) -> None:
    twilio.world.fail_next(429, 20429, headers={"Twilio-Concurrent-Requests": told})
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert isinstance(error, Throttled)
    assert error.concurrent == concurrent


@pytest.mark.anyio
async def test_a_429_may_name_a_moment(twilio: Twilio) -> None:
    twilio.world.fail_next(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})
    async with messenger_at(twilio.url) as messenger:
        error = await error_of(messenger.send(ACCOUNT, MESSAGE))
    assert isinstance(error, Throttled)
    assert error.after == 0


# ---------------------------------------------------------------- what stays unsaid


@pytest.mark.anyio
async def test_no_number_text_or_secret_is_logged(
    twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    twilio.world.fail_next(503)
    async with messenger_at(twilio.url) as messenger:
        await error_of(messenger.send(ACCOUNT, MESSAGE))
        await messenger.send(ACCOUNT, MESSAGE)
        await sids(messenger)
    assert NUMBER[1:] not in caplog.text
    assert "Zoë" not in caplog.text
    assert ACCOUNT.password not in caplog.text
