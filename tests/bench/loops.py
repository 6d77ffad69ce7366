"""Loops that post texts as fast as a client allows: `python -m tests.bench.loops KIND URL PEOPLE AT_ONCE`.

KIND is `raw` (tuned aiohttp; the text is rendered and the form encoded for every person, the
answer's SID is read), `encoded` (the same with a form made beforehand, the answer only read), or
`sdk` (the Twilio SDK in threads). Prints messages, seconds and CPU seconds as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import aiohttp
import uvloop
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.bench.ground import TEXT
from workers.domain.text import read_template, render

ACCOUNT, TOKEN, SENDER = "AC" + "1" * 32, "bench-token", "+37255500001"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def form_of(number: int) -> dict[str, str]:
    """A person's form, with the text rendered for them."""
    fields = {"person": {"first_name": f"Ada{number}", "last_name": "Lovelace"}}
    return {
        "To": f"+3725{number:07d}",
        "Body": render(read_template(TEXT), fields),
        "From": SENDER,
        "StatusCallback": f"http://127.0.0.1:8000/twilio/status/{uuid.uuid4()}?k={'k' * 43}",
        "ValidityPeriod": "14000",
    }


async def post_all(url: str, people: int, at_once: int, body: Callable[[int], bytes]) -> None:
    """Everybody's POST over one pooled session, `at_once` at a time."""
    numbers = iter(range(people))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN),
    }
    reads = body is not encoded
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=at_once),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers=headers,
    ) as session:

        async def work(own: Iterator[int]) -> None:
            for number in own:
                async with session.post(url + PATH, data=body(number)) as answer:
                    content = await answer.read()
                if reads:
                    assert json.loads(content)["sid"]

        await asyncio.gather(*(work(numbers) for _ in range(at_once)))


def fresh(number: int) -> bytes:
    """Rendered and encoded for this person."""
    return urlencode(form_of(number)).encode()


_SAME = urlencode(form_of(1)).encode()


def encoded(number: int) -> bytes:
    """Made beforehand."""
    return _SAME


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's own client; the SDK knows no base URL."""

    def __init__(self, url: str, connections: int) -> None:
        super().__init__(timeout=30, max_retries=None)
        self._url = url
        adapter = self.session.get_adapter("https://")
        adapter.__init__(pool_connections=1, pool_maxsize=connections)
        self.session.mount("http://", adapter)

    def request(self, method: str, url: str, **given: Any) -> Any:
        """The same request, to the stub."""
        return super().request(
            method, self._url + url.removeprefix("https://api.twilio.com"), **given
        )


def post_with_sdk(client: Client, number: int) -> None:
    """One text through the SDK's resources."""
    form = form_of(number)
    client.messages.create(
        to=form["To"],
        body=form["Body"],
        from_=form["From"],
        status_callback=form["StatusCallback"],
        validity_period=14_000,
    )


def sdk(url: str, connections: int) -> Client:
    """A client of the SDK with a pool that is large enough."""
    return Client(ACCOUNT, TOKEN, http_client=Redirected(url, connections))


def main(kind: str, url: str, people: int, at_once: int) -> None:
    """Runs one loop and prints what it took."""
    begun, cpu = time.monotonic(), sum(os.times()[:2])
    if kind == "sdk":
        client = sdk(url, at_once)
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda number: post_with_sdk(client, number), range(people)))
    else:
        uvloop.run(post_all(url, people, at_once, fresh if kind == "raw" else encoded))
    seconds = time.monotonic() - begun
    print(json.dumps({"seconds": seconds, "cpu": sum(os.times()[:2]) - cpu}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
