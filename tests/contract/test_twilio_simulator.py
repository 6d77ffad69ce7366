"""The simulated Twilio accepts, refuses, breaks and lists as Twilio documents it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.contract.twilio_seat import (
    ACCOUNT,
    KEY,
    PATH,
    SENDER,
    SERVICE,
    TOKEN,
    Seat,
    running_twilio,
)
from tests.servers import wait_until
from tests.simulators.twilio_texts import parts_of


@pytest.fixture
def twilio() -> Iterator[Seat]:
    with running_twilio() as seat:
        yield seat


def test_a_messaging_service_accepts_before_it_has_a_sender(twilio: Seat) -> None:
    answer = twilio.create()
    assert answer.status_code == 201
    text = answer.json()
    assert (text["status"], text["from"], text["num_segments"]) == ("accepted", None, "0")
    assert text["messaging_service_sid"] == SERVICE
    assert answer.headers["twilio-request-id"].startswith("RQ")
    assert answer.headers["twilio-concurrent-requests"] == "1"


def test_a_plain_sender_is_queued_with_its_parts_counted(twilio: Seat) -> None:
    text = twilio.plain(Body="ж" * 71).json()
    assert (text["status"], text["from"], text["num_segments"]) == ("queued", SENDER, "2")


def test_what_was_accepted_is_remembered_for_the_oracle(twilio: Seat) -> None:
    sid = twilio.create(StatusCallback="http://localhost:1/x").json()["sid"]
    [accepted] = twilio.world.accepted
    assert accepted["sid"] == sid
    assert (accepted["to"], accepted["body"]) == ("+37255500100", "Hello")
    assert accepted["status_callback"] == "http://localhost:1/x"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": None}, 21604),
        ({"MessagingServiceSid": None}, 21603),
        ({"Body": None}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "12345"}, 21211),
        ({"MessagingServiceSid": "MG" + "9" * 32}, 21701),
        ({"MessagingServiceSid": "MG9"}, 21705),
        ({"MessagingServiceSid": None, "From": "+37255500002"}, 21606),
        ({"MessagingServiceSid": None, "From": "nobody"}, 21212),
        ({"StatusCallback": "http://a_b.example/x"}, 21609),
        ({"StatusCallback": "/x"}, 21609),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550009"}, 21614),
        ({"MessagingServiceSid": None, "From": SENDER, "To": "+15005550004"}, 21610),
        ({"MessagingServiceSid": None, "From": "+15005550001"}, 21212),
        ({"MessagingServiceSid": None, "From": "+15005550007"}, 21606),
        ({"MessagingServiceSid": None, "From": "+15005550008"}, 21611),
        ({"To": "+37255500193"}, 21211),
    ],
)
def test_a_wrong_create_is_refused_with_twilios_code(
    twilio: Seat, fields: dict[str, Any], code: int
) -> None:
    answer = twilio.create(
        **{("to" if key == "To" else key): value for key, value in fields.items()}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["status"] == 400
    assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert list(twilio.world.accepted) == []


def test_the_magic_sender_works(twilio: Seat) -> None:
    assert twilio.plain(From="+15005550006").status_code == 201


def test_a_wrong_login_is_told_so(twilio: Seat) -> None:
    for auth in [(ACCOUNT, "wrong"), ("AC" + "7" * 32, TOKEN), ("", "")]:
        answer = httpx.post(twilio.url + PATH, auth=auth, data={"To": "+37255500100"})
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert httpx.post(twilio.url + PATH).status_code == 401


def test_an_api_key_signs_in_for_its_account_only(twilio: Seat) -> None:
    assert httpx.get(twilio.url + PATH, auth=KEY).status_code == 200
    other = PATH.replace("1" * 32, "4" * 32)
    answer = httpx.get(twilio.url + other, auth=KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_a_throttled_create_does_nothing_and_may_say_how_long(twilio: Seat) -> None:
    twilio.world.throttle(1, retry_after=3)
    answer = twilio.create()
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert answer.headers["retry-after"] == "3"
    assert list(twilio.world.accepted) == []
    assert twilio.create().status_code == 201


def test_a_lost_answer_was_accepted(twilio: Seat) -> None:
    twilio.world.reset_next()
    with pytest.raises(httpx.ReadError):
        twilio.create()
    twilio.world.hang_next()
    with pytest.raises(httpx.ReadTimeout):
        twilio.http.post(PATH, data={"To": "+37255500101", "From": SENDER, "Body": "x"}, timeout=2)
    twilio.world.error_after_accept()
    assert twilio.create().status_code == 503
    assert len(twilio.world.accepted) == 3


def test_an_answer_ends_at_any_byte(twilio: Seat) -> None:
    for k in (0, 1, 20, 200, 400, 600):
        twilio.world.cut_answer_at(k)
        with pytest.raises(httpx.RemoteProtocolError):
            twilio.create()
    assert len(twilio.world.accepted) == 6


def test_an_account_fault_refuses_everybody_until_it_is_mended(twilio: Seat) -> None:
    twilio.world.account_fault = (401, 20003)
    assert twilio.create().status_code == 401
    twilio.world.account_fault = (400, 21606)
    assert twilio.create().json()["code"] == 21606
    twilio.world.account_fault = None
    assert twilio.create().status_code == 201


def test_reads_meet_their_own_faults(twilio: Seat) -> None:
    path = PATH.replace(".json", f"/{twilio.create().json()['sid']}.json")
    twilio.world.throttle(on="fetch")
    twilio.world.reset_next(on="fetch")
    twilio.world.hang_next(on="list")
    assert twilio.http.get(path).status_code == 429
    with pytest.raises(httpx.ReadError):
        twilio.http.get(path)
    with pytest.raises(httpx.ReadTimeout):
        twilio.http.get(PATH, timeout=2)
    assert twilio.http.get(path).status_code == 200


def test_more_at_once_than_the_account_may_are_throttled(twilio: Seat) -> None:
    twilio.world.latency, twilio.world.concurrency_limit = 3, 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: twilio.create(f"+3725550010{n}"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429]
    assert twilio.world.concurrent_max == 4


def test_a_gateway_may_answer_in_html(twilio: Seat) -> None:
    twilio.world.fail_next(502, body="<h1>Bad gateway</h1>")
    answer = twilio.create()
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")


def test_the_list_lags_and_is_filtered_by_number(twilio: Seat) -> None:
    sid = twilio.create("+37255500101").json()["sid"]
    twilio.create("+37255500102")
    twilio.world.list_lag = 60
    assert twilio.http.get(PATH, params={"To": "+37255500101"}).json()["messages"] == []
    twilio.world.list_lag = 0
    found = twilio.http.get(PATH, params={"To": "+37255500101"}).json()["messages"]
    assert [text["sid"] for text in found] == [sid]


def test_the_list_is_read_page_by_page(twilio: Seat) -> None:
    for _ in range(5):
        twilio.create()
    page = twilio.http.get(PATH, params={"PageSize": 2}).json()
    seen = [text["sid"] for text in page["messages"]]
    while page["next_page_uri"]:
        page = twilio.http.get(page["next_page_uri"]).json()
        seen += [text["sid"] for text in page["messages"]]
    assert seen == [line["sid"] for line in reversed(twilio.world.accepted)]


class ToSimulator:
    """The SDK's own client, led to loopback."""

    def __init__(self, url: str) -> None:
        self.inner, self.url = TwilioHttpClient(timeout=5), url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return self.inner.request(
            method, url.replace("https://api.twilio.com", self.url), *args, **kwargs
        )


def test_the_sdk_creates_fetches_and_lists(twilio: Seat) -> None:
    client = Client(ACCOUNT, TOKEN, http_client=ToSimulator(twilio.url))
    made = client.messages.create(to="+37255500100", messaging_service_sid=SERVICE, body="Hei 😀")
    assert made.sid is not None
    wait_until(lambda: client.messages(str(made.sid)).fetch().status == "delivered")
    text = client.messages(made.sid).fetch()
    assert (text.body, text.price, text.num_segments) == ("Hei 😀", "-0.00750", "1")
    assert text.date_sent is not None
    assert [t.sid for t in client.messages.list(to="+37255500100")] == [made.sid]
    assert [t.sid for t in client.messages.list(date_sent_after=text.date_sent)] == [made.sid]
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to="+15005550009", from_=SENDER, body="x")
    assert (caught.value.status, caught.value.code) == (400, 21614)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 10, 2),
        ("a\r\nb", 1),
        ("ж" * 71, 2),
    ],
)
def test_parts_are_counted_as_twilio_counts_them(body: str, parts: int) -> None:
    assert parts_of(body) == parts
