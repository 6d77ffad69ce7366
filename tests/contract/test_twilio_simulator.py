"""The simulated Twilio behaves as Twilio documents it: answers, refusals, receipts, faults."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.servers import serve, wait_until
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_callbacks import Patience, sign
from tests.simulators.twilio_texts import parts_of
from tests.simulators.twilio_world import World

ACCOUNT, TOKEN = "AC" + "1" * 32, "demo-auth-token-0123456789abcdef"
SERVICE, SENDER = "MG" + "2" * 32, "+37255500001"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


class Inbox:
    """An app that takes receipts: what came, and what it answers next."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.app = Starlette(routes=[Route("/{rest:path}", self.take, methods=["POST"])])
        self.url = ""

    async def take(self, request: Request) -> Response:
        form = [(key, str(value)) for key, value in (await request.form()).multi_items()]
        signature = request.headers["x-twilio-signature"]
        url = f"{self.url}{request.url.path}" + (f"?{q}" if (q := request.url.query) else "")
        status = self.answers.pop(0) if self.answers else 204
        came = {"form": form, "url": url, "signature": signature, "answered": status}
        self.came.append(came | {"status": dict(form)["MessageStatus"]})
        return Response(status_code=status)

    def statuses(self, sid: str = "") -> list[str]:
        return [c["status"] for c in self.came if not sid or dict(c["form"])["MessageSid"] == sid]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()
    with serve(box.app) as url:
        box.url = url
        yield box


class Twilio:
    """A simulator in its own thread with a client that is signed in."""

    def __init__(self, url: str, world: World) -> None:
        self.url, self.world = url, world
        self.http = httpx.Client(base_url=url, auth=(ACCOUNT, TOKEN), timeout=5)

    def create(self, to: str = "+37255500100", **fields: Any) -> httpx.Response:
        form = {"To": to, "MessagingServiceSid": SERVICE, "Body": "Hello"} | fields
        kept = {key: value for key, value in form.items() if value is not None}
        return self.http.post(PATH, data=kept)

    def plain(self, to: str = "+37255500100", **fields: Any) -> httpx.Response:
        return self.create(to, **{"MessagingServiceSid": None, "From": SENDER} | fields)


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    app = create_twilio(pace=0, api_keys={"SK" + "3" * 32: "key-secret"})
    with serve(app) as url:
        there = Twilio(url, app.state.world)
        yield there
        there.http.close()


# ---------------------------------------------------------------- create


def test_a_messaging_service_accepts_before_it_has_a_sender(twilio: Twilio) -> None:
    answer = twilio.create()
    assert answer.status_code == 201
    text = answer.json()
    assert (text["status"], text["from"], text["num_segments"]) == ("accepted", None, "0")
    assert text["messaging_service_sid"] == SERVICE
    assert answer.headers["twilio-request-id"].startswith("RQ")
    assert answer.headers["twilio-concurrent-requests"] == "1"


def test_a_plain_sender_is_queued_with_its_parts_counted(twilio: Twilio) -> None:
    text = twilio.plain(Body="ж" * 71).json()
    assert (text["status"], text["from"], text["num_segments"]) == ("queued", SENDER, "2")


def test_what_was_accepted_is_remembered_for_the_oracle(twilio: Twilio) -> None:
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
    twilio: Twilio, fields: dict[str, Any], code: int
) -> None:
    answer = twilio.create(**{"to": "+37255500100"} | _lower_to(fields))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["status"] == 400
    assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert list(twilio.world.accepted) == []


def _lower_to(fields: dict[str, Any]) -> dict[str, Any]:
    return {("to" if key == "To" else key): value for key, value in fields.items()}


def test_the_magic_sender_works(twilio: Twilio) -> None:
    assert twilio.plain(From="+15005550006").status_code == 201


def test_a_wrong_login_is_told_so(twilio: Twilio) -> None:
    for auth in [(ACCOUNT, "wrong"), ("AC" + "7" * 32, TOKEN), ("", "")]:
        answer = httpx.post(twilio.url + PATH, auth=auth, data={"To": "+37255500100"})
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert httpx.post(twilio.url + PATH).status_code == 401


def test_an_api_key_signs_in_for_its_account_only(twilio: Twilio) -> None:
    key = ("SK" + "3" * 32, "key-secret")
    assert httpx.get(twilio.url + PATH, auth=key).status_code == 200
    other = PATH.replace("1" * 32, "4" * 32)
    answer = httpx.get(twilio.url + other, auth=key)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


# ---------------------------------------------------------------- faults


def test_a_throttled_create_does_nothing_and_may_say_how_long(twilio: Twilio) -> None:
    twilio.world.throttle(1, retry_after=3)
    answer = twilio.create()
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert answer.headers["retry-after"] == "3"
    assert list(twilio.world.accepted) == []
    assert twilio.create().status_code == 201


def test_a_lost_answer_was_accepted(twilio: Twilio) -> None:
    twilio.world.reset_next()
    with pytest.raises(httpx.ReadError):
        twilio.create()
    twilio.world.hang_next()
    with pytest.raises(httpx.ReadTimeout):
        twilio.http.post(
            PATH, data={"To": "+37255500101", "From": SENDER, "Body": "x"}, timeout=0.3
        )
    twilio.world.error_after_accept()
    assert twilio.create().status_code == 503
    assert len(twilio.world.accepted) == 3


def test_an_answer_ends_at_any_byte(twilio: Twilio) -> None:
    for k in (0, 1, 20, 200, 400, 600):
        twilio.world.cut_answer_at(k)
        with pytest.raises(httpx.RemoteProtocolError):
            twilio.create()
    assert len(twilio.world.accepted) == 6


def test_an_account_fault_refuses_everybody_until_it_is_mended(twilio: Twilio) -> None:
    twilio.world.account_fault = (401, 20003)
    assert twilio.create().status_code == 401
    twilio.world.account_fault = (400, 21606)
    assert twilio.create().json()["code"] == 21606
    twilio.world.account_fault = None
    assert twilio.create().status_code == 201


def test_a_gateway_may_answer_in_html(twilio: Twilio) -> None:
    twilio.world.fail_next(502, body="<h1>Bad gateway</h1>")
    answer = twilio.create()
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")


# ---------------------------------------------------------------- receipts


def test_receipts_come_in_order_and_are_signed(twilio: Twilio, inbox: Inbox) -> None:
    callback = f"{inbox.url}/twilio/status/a?k=%7E%C3%A9&z=1#rc=5&rp=ct,rt,5xx&ct=2000&rt=4000"
    sid = twilio.create(StatusCallback=callback).json()["sid"]
    wait_until(lambda: len(inbox.came) == 3)
    assert inbox.statuses(sid) == ["queued", "sent", "delivered"]
    for came in inbox.came:
        assert "#" not in came["url"]
        valid = RequestValidator(TOKEN).validate(came["url"], dict(came["form"]), came["signature"])
        assert valid
    assert dict(inbox.came[-1]["form"])["RawDlrDoneDate"]


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
    twilio: Twilio, inbox: Inbox, to: str, statuses: list[str], error: str | None
) -> None:
    sid = twilio.create(to, StatusCallback=inbox.url).json()["sid"]
    wait_until(lambda: len(inbox.came) == len(statuses))
    assert inbox.statuses(sid) == statuses
    assert dict(inbox.came[-1]["form"]).get("ErrorCode") == error


def test_digits_94_and_95_lose_the_answer_but_not_the_receipts(
    twilio: Twilio, inbox: Inbox
) -> None:
    with pytest.raises(httpx.ReadError):
        twilio.create("+37255500194", StatusCallback=inbox.url)
    assert twilio.create("+37255500195", StatusCallback=inbox.url).status_code == 503
    wait_until(lambda: len(inbox.came) == 6)


def test_digits_98_tell_nothing_but_know_when_asked(twilio: Twilio, inbox: Inbox) -> None:
    sid = twilio.create("+37255500198", StatusCallback=inbox.url).json()["sid"]
    path = PATH.replace(".json", f"/{sid}.json")
    wait_until(lambda: twilio.http.get(path).json()["status"] == "delivered")
    assert inbox.came == []


def test_digits_99_double_and_shuffle(twilio: Twilio, inbox: Inbox) -> None:
    twilio.create("+37255500199", StatusCallback=inbox.url)
    wait_until(lambda: len(inbox.came) == 6)
    assert sorted(inbox.statuses()) == sorted(["queued", "sent", "delivered"] * 2)


def test_without_digits_everybody_is_delivered(twilio: Twilio, inbox: Inbox) -> None:
    twilio.world.digits = False
    twilio.create("+37255500193", StatusCallback=inbox.url)
    wait_until(lambda: inbox.statuses()[-1:] == ["delivered"])


def test_held_receipts_come_when_released(twilio: Twilio, inbox: Inbox) -> None:
    twilio.world.hold_callbacks()
    sid = twilio.create(StatusCallback=inbox.url).json()["sid"]
    wait_until(lambda: twilio.world.texts[sid].status == "delivered")
    assert inbox.came == []
    twilio.world.release_callbacks()
    wait_until(lambda: len(inbox.came) == 3)


def test_a_receipt_can_be_told_late_and_again(twilio: Twilio, inbox: Inbox) -> None:
    sid = twilio.create(StatusCallback=inbox.url).json()["sid"]
    wait_until(lambda: len(inbox.came) == 3)
    assert twilio.world.report(sid, "sent").result(5) == 204
    assert twilio.world.texts[sid].status == "delivered"
    assert twilio.world.report(sid, "undelivered", "30003").result(5) == 204
    assert dict(inbox.came[-1]["form"])["ErrorCode"] == "30003"


def test_a_receipt_is_repeated_only_as_its_url_asks(twilio: Twilio, inbox: Inbox) -> None:
    inbox.answers = [500, 500, 500]
    sid = twilio.create(StatusCallback=f"{inbox.url}/x#rc=2&rp=5xx").json()["sid"]
    wait_until(lambda: len(inbox.came) == 5)
    assert inbox.statuses(sid) == ["queued", "queued", "queued", "sent", "delivered"]
    inbox.came.clear()
    inbox.answers = [500]
    twilio.create(StatusCallback=f"{inbox.url}/x")
    wait_until(lambda: len(inbox.came) == 3)


def test_an_account_fault_may_come_by_receipt(twilio: Twilio, inbox: Inbox) -> None:
    twilio.world.account_fault = (201, 30034)
    assert twilio.create(StatusCallback=inbox.url).status_code == 201
    wait_until(lambda: inbox.statuses()[-1:] == ["undelivered"])


# ---------------------------------------------------------------- list


def test_the_list_lags_and_is_filtered_by_number(twilio: Twilio) -> None:
    sid = twilio.create("+37255500101").json()["sid"]
    twilio.create("+37255500102")
    twilio.world.list_lag = 60
    assert twilio.http.get(PATH, params={"To": "+37255500101"}).json()["messages"] == []
    twilio.world.list_lag = 0
    found = twilio.http.get(PATH, params={"To": "+37255500101"}).json()["messages"]
    assert [text["sid"] for text in found] == [sid]


def test_the_list_is_read_page_by_page(twilio: Twilio) -> None:
    for _ in range(5):
        twilio.create()
    page = twilio.http.get(PATH, params={"PageSize": 2}).json()
    seen = [text["sid"] for text in page["messages"]]
    while page["next_page_uri"]:
        page = twilio.http.get(page["next_page_uri"]).json()
        seen += [text["sid"] for text in page["messages"]]
    assert seen == [line["sid"] for line in reversed(twilio.world.accepted)]


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
        url = f"https://example.com/a/{chance.random()}?k={base64.urlsafe_b64encode(words[0].encode()).decode()}"
        token = f"token{chance.random()}"
        signature = sign(token, url + "#rc=5", list(form.items()))
        assert RequestValidator(token).validate(url, form, signature)


class ToSimulator(TwilioHttpClient):
    """The SDK's own client, led to loopback."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=5)
        self.url = url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(
            method, url.replace("https://api.twilio.com", self.url), *args, **kwargs
        )


def test_the_sdk_creates_fetches_and_lists(twilio: Twilio) -> None:
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
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("😀" * 35, 1), ("😀" * 36, 2)]
    + [("a" * 159 + "€", 2), ("a" * 152 + "€" + "a" * 10, 2), ("a\r\nb", 1), ("ж" * 71, 2)],
)
def test_parts_are_counted_as_twilio_counts_them(body: str, parts: int) -> None:
    assert parts_of(body) == parts


def test_overrides_are_read_from_the_fragment() -> None:
    patience = Patience.read_from("rc=9&rp=ct,rt,5xx&ct=2000&rt=50")
    assert (patience.connect, patience.read, patience.retries) == (2.0, 0.1, 5)
    assert patience.retries_after("5xx")
    assert not patience.retries_after("4xx")
    assert not Patience().retries_after("5xx")
