"""Twilio's words in ours: answers to a request become errors, message statuses become states.

https://www.twilio.com/docs/messaging/api/message-resource#message-status-values and
https://www.twilio.com/docs/api/errors; the meaning of each code is in `domain/reasons.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from workers.domain.errors import (
    Misconfigured,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
    Unconfirmed,
)
from workers.domain.reasons import CODES, code_of

#: What a text is to us in each of Twilio's words; "" = it is one that came in, not ours.
STATES: Mapping[str, str] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    # Deprecated; a part has arrived. As `sent` it can neither be claimed delivered nor sent again.
    "partially_delivered": "sent",
    "canceled": "canceled",
    "failed": "failed",
    "undelivered": "undelivered",
    "delivered": "delivered",
    "read": "read",
    "receiving": "",
    "received": "",
}

#: How long to wait when we are told to wait but not how long, by code.
_WAITS = {"20429": 1.0, "21611": 60.0, "63017": 5.0, "63018": 60.0}
_OUR_FAULT = frozenset({"account", "sender", "bug"})


def state_of(status: str) -> str:
    """Our word for one of Twilio's; of a new word we know only that Twilio has the text."""
    return STATES.get(status, "accepted")


def classify(
    http_status: int, code: str, *, after: float | None = None, request_id: str = ""
) -> ProviderError:
    """What an answer that is not a yes means for the one text that was to be made."""
    if http_status == 429 or code == "20429":
        return _throttled(code or "429", after, request_id)
    # Only a 4xx says clearly that no message was made; a 5xx may follow after it was
    # (https://www.twilio.com/docs/api/errors/20500), and a 408 comes from a gateway in between.
    if not 400 <= http_status < 500 or http_status == 408:
        return Unconfirmed(code or str(http_status), "No clear answer.", request_id=request_id)
    return _refusal(http_status, code, after, request_id)


def classify_read(
    http_status: int, code: str, *, after: float | None = None, request_id: str = ""
) -> ProviderError:
    """The same for a request that only reads, so that asking again is always safe."""
    if http_status == 429 or code == "20429":
        return _throttled(code or "429", after, request_id)
    if not 400 <= http_status < 500 or http_status == 408:
        return Unavailable(code or str(http_status), "No clear answer.", request_id=request_id)
    if http_status == 404:
        return Rejected(code or "404", "Twilio has no such message.", request_id=request_id)
    return _refusal(http_status, code, after, request_id)


def _throttled(code: str, after: float | None, request_id: str) -> Throttled:
    wait = after if after is not None else _WAITS.get(code, 1.0)
    return Throttled(wait, code, code_of(code).advice, request_id=request_id)


def _refusal(http_status: int, code: str, after: float | None, request_id: str) -> ProviderError:
    known = CODES.get(code)
    if known is None:
        # 401, 403 and 404 are about us whatever the code: login, rights, address.
        kind = Misconfigured if http_status in {401, 403, 404} else Rejected
        return kind(code or str(http_status), code_of(code).advice, request_id=request_id)
    if known.kind == "throttle":
        return _throttled(code, after, request_id)
    if known.stops_batch and known.kind in _OUR_FAULT:
        return Misconfigured(code, known.advice, request_id=request_id)
    return Rejected(code, known.advice, request_id=request_id)
