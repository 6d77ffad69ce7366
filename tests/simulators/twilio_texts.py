"""A text as Twilio's Message resource shows it, with its parts and its dates.

Field by field after Twilio's OpenAPI description, `api.v2010.account.message`
(https://www.twilio.com/docs/messaging/api/message-resource).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from tests.simulators.twilio_price_list import CURRENCY, price_of

API = "/2010-04-01"
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("\f^{}\\[~]|€")


@dataclass(slots=True)
class Text:
    """One message; `sender` stays empty until a Messaging Service has picked one."""

    sid: str
    account: str
    to: str
    sender: str
    service: str
    body: str
    callback: str
    status: str
    created: float = field(default_factory=time.time)
    updated: float = 0.0
    sent_at: float | None = None
    error: int | None = None
    media: int = 0
    price_lag: float = 0.0  # seconds after it was sent until it has a price
    currency: str = CURRENCY
    history: list[tuple[str, float]] = field(default_factory=list)

    def move(self, status: str, error: int | None) -> None:
        """Now in `status`; the history is what the outbox page shows."""
        now = time.time()
        self.status, self.error, self.updated = status, error, now
        self.history.append((status, now))
        if status == "sent" and self.sent_at is None:
            self.sent_at = now

    def resource(self, words: Mapping[int, str]) -> dict[str, Any]:
        """The JSON that Twilio answers; `words` are the sentences of its error codes."""
        uri = f"{API}/Accounts/{self.account}/Messages/{self.sid}"
        parts = parts_of(self.body) if self.sender else 0
        charged = self.sent_at is not None and time.time() >= self.sent_at + self.price_lag
        return {
            "body": self.body,
            "num_segments": str(parts),
            "direction": "outbound-api",
            "from": self.sender or None,
            "date_updated": rfc_2822(int(self.updated or self.created)),
            "price": f"-{parts * price_of(self.to):.5f}" if charged else None,
            "error_message": words.get(self.error, "Unknown error") if self.error else None,
            "uri": f"{uri}.json",
            "account_sid": self.account,
            "num_media": str(self.media),
            "to": self.to,
            "date_created": rfc_2822(int(self.created)),
            "status": self.status,
            "sid": self.sid,
            "date_sent": rfc_2822(int(self.sent_at)) if self.sent_at is not None else None,
            "messaging_service_sid": self.service or None,
            "error_code": self.error,
            "price_unit": self.currency if charged else None,
            "api_version": API.strip("/"),
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


@lru_cache(maxsize=64)
def rfc_2822(second: int) -> str:
    """`Thu, 24 Aug 2023 05:01:45 +0000`."""
    return format_datetime(datetime.fromtimestamp(second, UTC))


def parts_of(body: str) -> int:
    """How many texts this is charged as (https://www.twilio.com/docs/glossary/what-sms-character-limit)."""
    if all(letter in GSM or letter in GSM_DOUBLE for letter in body):
        return _parts([2 if letter in GSM_DOUBLE else 1 for letter in body], 160, 153)
    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in body], 70, 67)


def _parts(widths: list[int], alone: int, each: int) -> int:
    if sum(widths) <= alone:
        return 1
    parts, room = 1, each
    for width in widths:
        if width > room:
            parts, room = parts + 1, each
        room -= width
    return parts
