"""The simulated Twilio's receipts: which come, how they are signed, how often they are tried."""

from __future__ import annotations

import random
from collections.abc import Iterator

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.contract.twilio_seat import PATH, TOKEN, Inbox, Seat, running_inbox, running_twilio
from tests.servers import wait_until
from tests.simulators.twilio_callbacks import Patience, sign


@pytest.fixture
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running_inbox() as inbox:
        yield inbox


def test_receipts_come_in_order_and_are_signed(twilio: Seat, inbox: Inbox) -> None:
    callback = f"{inbox.url}/twilio/status/a?k=%7E%C3%A9&z=1#rc=5&rp=ct,rt,5xx&ct=2000&rt=4000"
    twilio.create(StatusCallback=callback)
    wait_until(lambda: len(inbox.came) == 3)
    assert inbox.statuses == ["queued", "sent", "delivered"]
    for came in inbox.came:
        assert "#" not in came["url"]
        valid = RequestValidator(TOKEN).validate(came["url"], came["form"], came["signature"])
        assert valid
    assert inbox.came[-1]["form"]["RawDlrDoneDate"]


@pytest.mark.parametrize(
    ("to", "statuses", "error"),
    [
        ("+37255500190", ["queued", "sent", "undelivered"], "30003"),
        ("+37255500191", ["queued", "sent", "undelivered"], "30005"),
        ("+37255500192", ["queued", "failed"], "21610"),
        ("+37255500196", ["queued", "failed"], "30006"),
        ("+37255500197", ["queued", "sent"], None),
    ],
)
def test_the_last_two_digits_decide_the_fate(
    twilio: Seat, inbox: Inbox, to: str, statuses: list[str], error: str | None
) -> None:
    twilio.create(to, StatusCallback=inbox.url)
    wait_until(lambda: len(inbox.came) == len(statuses))
    assert inbox.statuses == statuses
    assert inbox.came[-1]["form"].get("ErrorCode") == error


def test_digits_94_and_95_lose_the_answer_but_not_the_receipts(twilio: Seat, inbox: Inbox) -> None:
    with pytest.raises(httpx.ReadError):
        twilio.create("+37255500194", StatusCallback=inbox.url)
    assert twilio.create("+37255500195", StatusCallback=inbox.url).status_code == 503
    wait_until(lambda: len(inbox.came) == 6)


def test_digits_98_tell_nothing_but_know_when_asked(twilio: Seat, inbox: Inbox) -> None:
    sid = twilio.create("+37255500198", StatusCallback=inbox.url).json()["sid"]
    path = PATH.replace(".json", f"/{sid}.json")
    wait_until(lambda: twilio.http.get(path).json()["status"] == "delivered")
    assert inbox.came == []


def test_digits_99_double_and_shuffle(twilio: Seat, inbox: Inbox) -> None:
    twilio.create("+37255500199", StatusCallback=inbox.url)
    wait_until(lambda: len(inbox.came) == 6)
    assert sorted(inbox.statuses) == sorted(["queued", "sent", "delivered"] * 2)


def test_without_digits_everybody_is_delivered(twilio: Seat, inbox: Inbox) -> None:
    twilio.world.digits = False
    twilio.create("+37255500193", StatusCallback=inbox.url)
    wait_until(lambda: inbox.statuses[-1:] == ["delivered"])


def test_held_receipts_come_when_released(twilio: Seat, inbox: Inbox) -> None:
    twilio.world.hold_callbacks()
    sid = twilio.create(StatusCallback=inbox.url).json()["sid"]
    wait_until(lambda: twilio.world.texts[sid].status == "delivered")
    assert inbox.came == []
    twilio.world.release_callbacks()
    wait_until(lambda: len(inbox.came) == 3)


def test_a_receipt_can_be_told_late_and_again(twilio: Seat, inbox: Inbox) -> None:
    sid = twilio.create(StatusCallback=inbox.url).json()["sid"]
    wait_until(lambda: len(inbox.came) == 3)
    assert twilio.world.report(sid, "sent").result(30) == 204
    assert twilio.world.texts[sid].status == "delivered"
    assert twilio.world.report(sid, "undelivered", "30003").result(30) == 204
    assert inbox.came[-1]["form"]["ErrorCode"] == "30003"


def test_a_receipt_is_repeated_only_as_its_url_asks(twilio: Seat, inbox: Inbox) -> None:
    inbox.answers = [500, 500, 500]
    twilio.create(StatusCallback=f"{inbox.url}/x#rc=2&rp=5xx")
    wait_until(lambda: len(inbox.came) == 5)
    assert inbox.statuses == ["queued", "queued", "queued", "sent", "delivered"]
    inbox.came.clear()
    inbox.answers = [500]
    twilio.create(StatusCallback=f"{inbox.url}/x")
    wait_until(lambda: len(inbox.came) == 3)


def test_an_account_fault_may_come_by_receipt(twilio: Seat, inbox: Inbox) -> None:
    twilio.world.account_fault = (201, 30034)
    assert twilio.create(StatusCallback=inbox.url).status_code == 201
    wait_until(lambda: inbox.statuses[-1:] == ["undelivered"])


# ---------------------------------------------------------------- two implementations agree


def test_the_published_vector_is_signed_alike() -> None:
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_twilios_validator_agrees_on_200_random_bodies() -> None:
    chance = random.Random(7)
    letters = "abcXYZ0189 +&=%#é😀Ж\n_"
    for _ in range(200):
        words = ["".join(chance.choices(letters, k=chance.randint(0, 9))) for _ in range(16)]
        form = {
            f"{name}{i}": value
            for i, (name, value) in enumerate(zip(words, words[8:], strict=False))
        }
        url = f"https://example.com/a/{chance.random()}?k={words[0].encode().hex()}"
        token = f"token{chance.random()}"
        signature = sign(token, url + "#rc=5", list(form.items()))
        assert RequestValidator(token).validate(url, form, signature)


def test_overrides_are_read_from_the_fragment() -> None:
    patience = Patience.read_from("rc=9&rp=ct,rt,5xx&ct=2000&rt=50")
    assert (patience.connect, patience.read, patience.retries) == (2.0, 0.1, 5)
    assert patience.retries_after("5xx")
    assert not patience.retries_after("4xx")
    assert not Patience().retries_after("5xx")
