"""Status callbacks: what is posted, how it is signed, and how often it is tried.

https://www.twilio.com/docs/usage/webhooks/webhooks-security ·
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import aiohttp
from yarl import URL

from tests.simulators.twilio_texts import API, Text

Pairs = Sequence[tuple[str, str]]
WORKERS = 32


def sign(token: str, url: str, form: Pairs) -> str:
    """`X-Twilio-Signature`: the URL without its fragment, then every field in order of name.

    A repeated field counts each of its different values once; a blank one counts with its name.
    """
    signed = url.partition("#")[0] + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(
        hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()


def _within(value: str, low: int, high: int, default: int) -> int:
    return min(max(int(value), low), high) if value.isdecimal() else default


@dataclass(frozen=True, slots=True)
class Patience:
    """The connection overrides in a URL's fragment: `#rc=5&rp=ct,rt,5xx&ct=2000&rt=4000`."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    retried: frozenset[str] = frozenset({"ct"})

    @classmethod
    def read_from(cls, fragment: str) -> Patience:
        words = dict(parse_qsl(fragment.replace("+", "%2B")))
        return cls(
            connect=_within(words.get("ct", ""), 100, 10_000, 5000) / 1000,
            read=_within(words.get("rt", ""), 100, 15_000, 15_000) / 1000,
            total=_within(words.get("tt", ""), 100, 15_000, 15_000) / 1000,
            retries=_within(words.get("rc", ""), 0, 5, 1),
            retried=frozenset(words.get("rp", "ct").split(",")),
        )

    def retries_after(self, outcome: str) -> bool:
        return outcome in self.retried or ("all" in self.retried and outcome != "2xx")


def callback_form(text: Text, extra: dict[str, str]) -> list[tuple[str, str]]:
    """The fields of one status callback, `extra` being what Twilio might add tomorrow."""
    form = {
        "SmsSid": text.sid,
        "SmsStatus": text.status,
        "MessageStatus": text.status,
        "To": text.to,
        "MessageSid": text.sid,
        "AccountSid": text.account,
        "From": text.sender,
        "ApiVersion": API.strip("/"),
    }
    if text.service:
        form["MessagingServiceSid"] = text.service
    if text.error:
        form["ErrorCode"] = str(text.error)
    if text.status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
    return [*form.items(), *extra.items()]


@dataclass(slots=True)
class Callback:
    """One POST on its way: signed when made, sent in the order made for each text."""

    sid: str
    status: str
    url: str
    form: list[tuple[str, str]]
    answer: asyncio.Future[int] | None = None


@dataclass(slots=True)
class Told:
    """What became of a callback: the last HTTP status, or 0 when nobody answered."""

    sid: str
    status: str
    answer: int
    tries: int
    at: float = field(default_factory=time.time)


class Poster:
    """Posts callbacks over one pooled client; those of one text never overtake each other."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.told: deque[Told] = deque(maxlen=200_000)
        self._lines: dict[str, deque[Callback]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    def post(self, callback: Callback) -> None:
        """Queues; only from the loop that serves the simulator."""
        self._start()
        line = self._lines.get(callback.sid)
        if line is None:
            line = self._lines[callback.sid] = deque()
            self._ready.put_nowait(callback.sid)
        line.append(callback)

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _start(self) -> None:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=WORKERS)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=jar)
            self._workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]

    async def _work(self) -> None:
        while True:
            sid = await self._ready.get()
            line = self._lines[sid]
            while line:
                callback = line.popleft()
                told = await self._deliver(callback)
                self.told.append(told)
                if callback.answer is not None and not callback.answer.done():
                    callback.answer.set_result(told.answer)
            del self._lines[sid]

    async def _deliver(self, callback: Callback) -> Told:
        target, _, fragment = callback.url.partition("#")
        patience, end = Patience.read_from(fragment), time.monotonic()
        end += patience.total
        for tries in range(1, patience.retries + 2):
            answer, outcome = await self._try(target, callback, patience, end - time.monotonic())
            wait = 0.1 * 2**tries
            if not patience.retries_after(outcome) or time.monotonic() + wait > end:
                break
            if tries <= patience.retries:
                await asyncio.sleep(wait)
        return Told(callback.sid, callback.status, answer, tries)

    async def _try(
        self, target: str, callback: Callback, patience: Patience, left: float
    ) -> tuple[int, str]:
        """The HTTP status (0 = none) and the outcome in the words of `rp`."""
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(
            total=max(left, 0.1), sock_connect=patience.connect, sock_read=patience.read
        )
        try:
            async with self._session.post(
                URL(target, encoded=True),
                data=urlencode(callback.form).encode(),
                headers=self._headers(target, callback),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                await response.read()
                return response.status, f"{response.status // 100}xx"
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            return 0, "ct"
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, "rt"

    def _headers(self, target: str, callback: Callback) -> dict[str, str]:
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": sign(self.token, target, callback.form),
        }
