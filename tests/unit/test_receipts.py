"""Reading Twilio's status callbacks and checking who signed them."""

from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from uuid import UUID

import pytest

from tests.fakes_twilio import ACCOUNT
from workers.domain.callback import callback_url
from workers.ports.outside import Account
from workers.providers.twilio_receipts import TwilioReceipts

# https://www.twilio.com/docs/usage/security#validating-requests, the published example
PUBLISHED_URL = "https://example.com/myapp.php?foo=1&bar=2"
PUBLISHED_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675310"),
    ("Digits", "1234"),
    ("From", "+14158675310"),
    ("To", "+18005551212"),
]
PUBLISHED_SIGNATURE = "L/OH5YylLD5NRKLltdqwSvS0BnU="

SID = "SM" + "a" * 32
URL = "https://volley.example/twilio/status/0198c5a2-7f00-7000-8000-000000000001?k=abc"
FORM = [
    ("AccountSid", ACCOUNT.account_sid),
    ("MessageSid", SID),
    ("MessageStatus", "delivered"),
    ("From", ""),
    ("To", "+37251234123"),
    ("Greeting", "Zoë 😀"),
]
TOKEN = ACCOUNT.auth_tokens[0]


def signed(url: str, form: list[tuple[str, str]], token: str, hash_name: str = "sha1") -> str:
    """Twilio's algorithm once more, not the SDK's code."""
    fields: dict[str, set[str]] = {}
    for name, value in form:
        fields.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hash_name)).decode()


def accepts(
    account: Account = ACCOUNT,
    *,
    url: str = URL,
    form: list[tuple[str, str]] = FORM,
    signature: str | None = None,
    settings_header: str = "",
) -> bool:
    given = signed(URL, FORM, TOKEN) if signature is None else signature
    return TwilioReceipts().is_signed(
        account, url=url, form=form, signature=given, settings_header=settings_header
    )


def test_the_published_example_is_accepted() -> None:
    account = replace(ACCOUNT, auth_tokens=("12345",))
    form, signature = PUBLISHED_FORM, PUBLISHED_SIGNATURE
    assert accepts(account, url=PUBLISHED_URL, form=form, signature=signature)
    assert signed(PUBLISHED_URL, PUBLISHED_FORM, "12345") == PUBLISHED_SIGNATURE


def test_a_receipt_with_blank_and_foreign_words_is_accepted() -> None:
    assert accepts()


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert accepts(form=FORM[::-1])


def test_a_blank_field_counts() -> None:
    assert not accepts(form=[field for field in FORM if field[1]])


@pytest.mark.parametrize("values", [("a", "b"), ("b", "a"), ("a", "", "b"), ("a", "a", "b")])
def test_repeated_fields_count_with_every_value(values: tuple[str, ...]) -> None:
    form = [*FORM, *(("MediaUrl", value) for value in values)]
    assert accepts(form=form, signature=signed(URL, form, TOKEN))
    assert not accepts(form=[*form[:-1], ("MediaUrl", "c")], signature=signed(URL, form, TOKEN))


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("volley.example", "evil.example"),
        URL.replace("volley.example", "Volley.example"),
        URL.replace("volley.example", "volley.example:8443"),
        URL.replace("k=abc", "k=abd"),
        URL.replace("?k=abc", ""),
        URL.replace("?k=abc", "/?k=abc"),
        URL + "&x=1",
    ],
)
def test_a_signature_for_another_address_is_refused(url: str) -> None:
    assert not accepts(url=URL, signature=signed(url, FORM, TOKEN))


def test_the_default_port_may_be_written_or_left_out() -> None:
    with_port = URL.replace("volley.example", "volley.example:443")
    assert accepts(url=with_port)
    assert accepts(url=URL, signature=signed(with_port, FORM, TOKEN))


def test_the_fragment_is_not_signed() -> None:
    assert accepts(url=URL + "#rc=5&rp=ct,rt,5xx&ct=2000&rt=4000")


@pytest.mark.parametrize(
    "form",
    [
        [*FORM, ("Extra", "1")],
        FORM[:-1],
        [(name, "failed" if name == "MessageStatus" else value) for name, value in FORM],
        [],
    ],
)
def test_a_changed_body_is_refused(form: list[tuple[str, str]]) -> None:
    assert not accepts(form=form)


@pytest.mark.parametrize("signature", ["", "x", "ä" * 28, "=" * 28])
def test_no_or_another_signature_is_refused(signature: str) -> None:
    assert not accepts(signature=signature)


def test_during_a_rotation_each_token_may_have_signed() -> None:
    account = replace(ACCOUNT, auth_tokens=("new", "old"))
    assert accepts(account, signature=signed(URL, FORM, "new"))
    assert accepts(account, signature=signed(URL, FORM, "old"))
    assert not accepts(account, signature=signed(URL, FORM, "older"))


def test_without_a_token_nothing_counts_as_signed() -> None:
    account = replace(ACCOUNT, auth_tokens=())
    assert not accepts(account)
    assert not accepts(account, signature=signed(URL, FORM, ""))


def test_another_account_is_refused_although_the_token_fits() -> None:
    form = [("AccountSid", "AC" + "9" * 32), *FORM[1:]]
    assert not accepts(form=form, signature=signed(URL, form, TOKEN))


def test_sha256_is_accepted_where_the_header_says_so() -> None:
    header = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    long = signed(URL, FORM, TOKEN, "sha256")
    assert accepts(signature=long, settings_header=header)
    assert not accepts(signature=long)
    assert not accepts(settings_header=header)
    assert not accepts(signature=long, settings_header="key=1,algorithm=NONE")


def test_our_own_callback_address_is_signed_without_its_fragment() -> None:
    url = callback_url("https://volley.example", UUID(int=1), "k" * 32)
    assert accepts(url=url, signature=signed(url.partition("#")[0], FORM, TOKEN))


# ---------------------------------------------------------------- reading


def read(**fields: str) -> tuple[str, str, str] | None:
    wanted = {"MessageSid": SID, "MessageStatus": "delivered", **fields}
    report = TwilioReceipts().read(list(wanted.items()))
    return None if report is None else (report.sid, report.state, report.error_code)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "accepted"),
        ("sending", "accepted"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("undelivered", "undelivered"),
        ("failed", "failed"),
        ("canceled", "canceled"),
        ("read", "read"),
    ],
)
def test_a_status_is_read_in_our_words(status: str, state: str) -> None:
    assert read(MessageStatus=status) == (SID, state, "")


def test_the_error_code_is_kept() -> None:
    assert read(MessageStatus="undelivered", ErrorCode="30003") == (SID, "undelivered", "30003")


@pytest.mark.parametrize("code", ["", "0", "none", "1; DROP", "9" * 40])
def test_an_error_code_that_is_none_is_dropped(code: str) -> None:
    assert read(MessageStatus="failed", ErrorCode=code) == (SID, "failed", "")


def test_the_older_names_are_read_where_the_newer_are_missing() -> None:
    report = TwilioReceipts().read([("SmsSid", SID), ("SmsStatus", "sent")])
    assert report is not None
    assert (report.sid, report.state) == (SID, "sent")


def test_a_word_that_twilio_has_invented_since_says_only_that_it_has_the_text() -> None:
    assert read(MessageStatus="teleported") == (SID, "accepted", "")


def test_the_carriers_time_is_a_hint() -> None:
    report = TwilioReceipts().read(
        [("MessageSid", SID), ("MessageStatus", "delivered"), ("RawDlrDoneDate", "2611221034")]
    )
    assert report is not None
    assert report.carrier_time == "2611221034"


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageStatus": "received"},
        {"MessageStatus": "", "SmsStatus": "received"},
        {"MessageStatus": ""},
        {"MessageStatus": "<b>"},
        {"MessageSid": ""},
        {"MessageSid": "../Messages"},
        {"MessageSid": "SM1"},
    ],
)
def test_what_is_no_receipt_is_none(fields: dict[str, str]) -> None:
    assert read(**fields) is None
