"""The simulated account: its texts, what was asked of it, and the knobs that break it.

Knobs are plain attributes and methods that any thread may use while the server runs in another.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, MutableSequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.simulators.twilio_callbacks import Callback, Poster, callback_form
from tests.simulators.twilio_faults import Faults
from tests.simulators.twilio_phonebook import Phonebook
from tests.simulators.twilio_rules import Fate, Form, word
from tests.simulators.twilio_texts import Text, parts_of

ORDER = ("accepted", "queued", "sending", "sent", "failed", "undelivered", "delivered", "read")
#: The steps that wait for the sender's turn.
_LEAVES = frozenset({"sent", "failed"})


class World(Faults):
    """Everything a test looks at or turns while the simulator runs."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        api_keys: dict[str, str],
        senders: Collection[str],
        services: Collection[str],
        log: Path | None = None,
    ) -> None:
        super().__init__()
        self.account_sid, self.auth_token = account_sid, auth_token
        self.logins = {account_sid: auth_token, **api_keys}
        self.senders, self.services = tuple(senders), tuple(services)
        self.pace, self.latency, self.list_lag = 1.0, 0.0, 0.0
        self.rate = 0.0  # parts a second that one sender sends, the rest is queued; 0 = at once
        self.free_at: dict[str, float] = {}  # when a sender's queue is through, monotonic
        self.price_lag = 0.0  # seconds after a text was sent until it has a price
        self.currencies: dict[str, str] = {}  # by how a number begins, where it isn't the usual one
        self.digits = self.callbacks = True
        self.account_fault: tuple[int, int] | None = None
        self.opted_out: set[str] = set()
        self.phonebook = Phonebook()  # whose phones the outbox shows
        self.inbound = ""  # where replies are posted
        self.replies: dict[str, list[str]] = {}  # what phones answered, by number
        self.closed: set[str] = set()  # lists that no login may read: services, numbers
        self.voice_only: set[str] = set()  # numbers that can't text
        self.concurrency_limit: int | None = None
        self.concurrent = self.concurrent_max = 0
        self.lag = 0.0  # how late this program came to what was due in the last seconds
        self.shuffle = False
        self.double = self.lose = 0.0  # shares of the callbacks; True means all
        self.extra_fields: dict[str, str] = {}
        self.random = random.Random(20260101)
        self.texts: dict[str, Text] = {}
        self.by_number: dict[str, list[Text]] = {}  # the number texted last stands last
        self.accepted: MutableSequence[dict[str, Any]] = []
        self.requests: MutableSequence[dict[str, Any]] = []
        self.priced: list[str] = []  # the countries whose price was asked for
        self.version = 0  # raised by whatever the outbox page shows
        self.poster = Poster(auth_token)
        self._log = _opened(log)
        self._held: list[Callback] | None = None
        self._kept: defaultdict[str, list[Callback]] = defaultdict(list)
        self.loop: asyncio.AbstractEventLoop | None = None

    # -------------------------------------------------------- texts

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Counts a request as in flight."""
        self.concurrent += 1
        self.concurrent_max = max(self.concurrent, self.concurrent_max)
        try:
            yield
        finally:
            self.concurrent -= 1

    def accept(self, form: Form, fate: Fate, *, asked: float) -> Text:
        """Takes a text for good: remembered, logged, and on its way to its fate."""
        self.loop = asyncio.get_running_loop()
        service, media = word(form, "MessagingServiceSid"), form.get("MediaUrl", [])
        text = Text(
            sid=f"SM{os.urandom(16).hex()}",
            account=self.account_sid,
            to=word(form, "To"),
            sender="" if service else word(form, "From"),
            service=service,
            body=word(form, "Body"),
            callback=word(form, "StatusCallback"),
            status="accepted" if service else "queued",
            media=len(media) if isinstance(media, list) else 1,
            price_lag=self.price_lag,
        )
        for begins, currency in self.currencies.items():
            text.currency = currency if text.to.startswith(begins) else text.currency
        self.texts[text.sid] = text
        here = self.by_number[text.to] = self.by_number.pop(text.to, [])
        here.append(text)
        text.move(text.status, None)
        self._remember(text, asked)
        leaves, wait = _steps(fate, bool(service), self.random), self._queued(text)
        steps = [(after * self.pace + wait * (it in _LEAVES), it) for after, it in leaves]
        self._walk(text, fate, steps)
        return text

    def _queued(self, text: Text) -> float:
        """Seconds until its sender has sent all before it and this one; a service has all senders.

        https://help.twilio.com/articles/115002943027 (twilio.md §5)
        """
        if not self.rate:
            return 0.0
        origin, senders = text.service or text.sender, len(self.senders) if text.service else 1
        now = time.monotonic()
        begins = max(now, self.free_at.get(origin, now))
        self.free_at[origin] = begins + parts_of(text.body) / self.rate / senders
        return self.free_at[origin] - now

    def _remember(self, text: Text, asked: float) -> None:
        line = {
            "sid": text.sid,
            "to": text.to,
            "from": text.sender or text.service,
            "body": text.body,
            "status_callback": text.callback,
            "at": text.created,
            "asked": asked,  # when its request was read, and how late that may have been
            "lag": self.lag,
        }
        self.accepted.append(line)
        self.version += 1
        if self._log is not None:  # one write to an append-only file: it is out before the answer
            os.write(self._log, json.dumps(line).encode() + b"\n")

    def _walk(self, text: Text, fate: Fate, steps: list[tuple[float, str]]) -> None:
        """The next step now or after its delay, then the ones behind it."""
        assert self.loop is not None
        if not steps:
            return
        self.loop.call_later(steps[0][0], self._step, text, fate, steps)

    def _step(self, text: Text, fate: Fate, steps: list[tuple[float, str]]) -> None:
        status = steps.pop(0)[1]
        text.sender = text.sender or self.senders[0]
        text.move(status, fate.error if status == fate.end else None)
        self.version += 1
        self._tell(text, fate.receipts, last=not steps)
        self._walk(text, fate, steps)

    # -------------------------------------------------------- callbacks

    def report(self, sid: str, status: str, error_code: str = "") -> Future[int]:
        """Posts a callback now; the future holds the app's answer (0: none came).

        The text itself moves only forward, so an old status can be told late.
        """
        assert self.loop is not None, "nothing was accepted yet"
        return asyncio.run_coroutine_threadsafe(self._report(sid, status, error_code), self.loop)

    async def _report(self, sid: str, status: str, error_code: str) -> int:
        text, error = self.texts[sid], int(error_code) if error_code else None
        if ORDER.index(status) >= ORDER.index(text.status):
            text.move(status, error)
            self.version += 1
        told = Text(**{name: getattr(text, name) for name in Text.__slots__})
        told.status, told.error = status, error
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        form = callback_form(told, self.extra_fields)
        self.poster.post(Callback(sid, status, text.callback, form, answer))
        return await answer

    def hold_callbacks(self) -> None:
        """Callbacks wait until they are released; texts go on."""
        self._held = self._held or []

    @property
    def holding(self) -> bool:
        return self._held is not None

    @property
    def held(self) -> int:
        """How many callbacks wait to be released."""
        return len(self._held or ())

    def release_callbacks(self) -> None:
        held, self._held = self._held or [], None
        for callback in held:
            self._on_loop(self.poster.post, callback)

    def _tell(self, text: Text, receipts: str, *, last: bool) -> None:
        if not text.callback or not self.callbacks or receipts == "none":
            return
        form = callback_form(text, self.extra_fields)
        mixed = receipts != "all"
        copies = 2 if mixed or self.random.random() < self.double else 1
        kept = self._kept[text.sid]
        kept += [Callback(text.sid, text.status, text.callback, form)] * copies
        if (self.shuffle or mixed) and not last:
            return
        if self.shuffle or mixed:
            self.random.shuffle(kept)
        for callback in self._kept.pop(text.sid):
            self._send_off(callback)

    def _send_off(self, callback: Callback) -> None:
        if self.random.random() < self.lose:
            return
        if self._held is not None:
            self._held.append(callback)
        else:
            self.poster.post(callback)

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(call, *arguments)


def _opened(log: Path | None) -> int | None:
    return None if log is None else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _steps(fate: Fate, service: bool, chance: random.Random) -> list[tuple[float, str]]:
    """Seconds after the step before, and the status then
    (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    steps = [(fate.late + 0.2, "queued")] if service else []
    late = 0.0 if service else fate.late
    if fate.end == "failed":
        return [*steps, (late + 0.6, "failed")]
    steps.append((late + 0.3 + 0.4 * chance.random(), "sent"))
    return steps if fate.end == "sent" else [*steps, (0.5 + 1.3 * chance.random(), fate.end)]
