"""Twilio's posts at the door: signed and ours, or refused (S16)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.door import PUBLIC_URL, TWILIO, Browser, Door
from workers.domain.callback import callback_url

pytestmark = pytest.mark.anyio
SID = "SM" + "a" * 32
FORM = [
    ("AccountSid", TWILIO[0]),
    ("MessageSid", SID),
    ("MessageStatus", "delivered"),
    ("To", "+37255512345"),
    ("Blank", ""),
]


def signature(url: str, form: list[tuple[str, str]], token: str = TWILIO[1]) -> str:
    """Twilio's rule, written down again: the address, then every field by name."""
    text = url + "".join(name + value for name, value in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


async def post(
    browser: Browser, address: str, form: list[tuple[str, str]], signed: str, **headers: str
) -> httpx.Response:
    """As Twilio posts: no cookie, no Origin, the address without its fragment."""
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
    return await browser.client.post(address, content=urlencode(form), headers={**kind, **headers})


def an_address(door: Door) -> str:
    key = door.runtime.settings.secret_keys[0]
    return callback_url(PUBLIC_URL, uuid4(), key).partition("#")[0]


async def test_a_signed_receipt_is_taken(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    url = an_address(door)
    answer = await post(browser, url, FORM, signature(url, FORM))
    assert answer.status_code == 204
    assert answer.content == b""


async def test_what_a_proxy_claims_does_not_matter(door: Door, browser: Browser) -> None:
    url = an_address(door)
    claims = {"Host": "10.0.0.1", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http"}
    answer = await post(browser, url, FORM, signature(url, FORM), **claims)
    assert answer.status_code == 204


@pytest.mark.parametrize("k", ["", "k=", "k=wrong", "k=%FF"])
async def test_an_address_that_we_did_not_make_is_refused(
    door: Door, browser: Browser, k: str
) -> None:
    url = f"{an_address(door).partition('?')[0]}?{k}"
    answer = await post(browser, url, FORM, signature(url, FORM))
    assert answer.status_code == 403


async def test_the_proof_of_another_attempt_is_refused(door: Door, browser: Browser) -> None:
    ours, other = urlsplit(an_address(door)), urlsplit(an_address(door))
    url = f"{PUBLIC_URL}{ours.path}?{other.query}"
    assert (await post(browser, url, FORM, signature(url, FORM))).status_code == 403


async def test_no_attempt_no_address(browser: Browser) -> None:
    assert (await post(browser, "/twilio/status/abc?k=x", FORM, "x")).status_code == 404


async def test_only_posts_are_receipts(door: Door, browser: Browser) -> None:
    assert (await browser.get(an_address(door))).status_code == 405


async def test_a_body_that_is_no_form_is_refused(door: Door, browser: Browser) -> None:
    url = an_address(door)
    answer = await browser.client.post(url, content=b"To=%FF%FE")
    assert answer.status_code == 422


async def test_a_reply_is_acknowledged_without_an_answer(browser: Browser) -> None:
    url = f"{PUBLIC_URL}/twilio/inbound"
    form = [("AccountSid", TWILIO[0]), ("From", "+37255512345"), ("Body", "STOP")]
    answer = await post(browser, url, form, signature(url, form))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response></Response>")


async def test_an_unsigned_reply_is_refused(browser: Browser) -> None:
    url = f"{PUBLIC_URL}/twilio/inbound"
    form = [("AccountSid", TWILIO[0]), ("From", "+37255512345"), ("Body", "STOP")]
    for signed in ("", "wrong", signature(url, form, token="other"), signature(url, form[:2])):
        assert (await post(browser, url, form, signed)).status_code == 403
