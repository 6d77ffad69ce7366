"""What Pipedrive's answers mean: one table from statuses and headers to our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled, Unavailable

_SHORT_WAIT = (2.0, 10.0)  # seconds: bursts are counted over two of them
_LONGEST_WAIT = 3600.0  # a longer "please wait" is asked about again after an hour
_BLOCKED_WAIT = 600.0  # Cloudflare's page after ignored 429s: asking fast makes it last

#: Somebody must do something before this works again (pipedrive.md §7).
_STOP = {
    401: "Pipedrive does not accept the access token",
    402: "the company's Pipedrive subscription is not active",
    403: "Pipedrive does not let this user see that",
    405: "Pipedrive does not know this call any more",
    415: "this Pipedrive feature is switched off",
}

#: The call itself cannot be answered; another one can.
_NO = {
    400: "Pipedrive finds the request malformed",
    404: "Pipedrive has no such thing",
    410: "Pipedrive has it no longer",
    422: "Pipedrive cannot follow the request",
}

Clock = Callable[[], datetime]


def error_in(response: httpx.Response, clock: Clock) -> ProviderError | None:
    """The reaction that an answer asks for, or None where it is fine."""
    body = _object(response)
    status = response.status_code
    if status < 300:
        if body is None:
            return Unavailable("json", "Pipedrive's answer is not readable")
        if body.get("success") is not False:
            return None
        status = _status_within(body)
    seen = response.headers.get("x-correlation-id", "")
    return _of_status(status, response, body, clock, seen)


def is_worth_a_quick_try(error: Exception) -> bool:
    """A hiccup that is over in a moment; a slow answer or a gateway's page is not one (RATE)."""
    return isinstance(error, Unavailable) and error.code not in {"timeout", "html"}


def _of_status(
    status: int,
    response: httpx.Response,
    body: Mapping[str, Any] | None,
    clock: Clock,
    seen: str,
) -> ProviderError:
    code = str(status)
    if status == 429:
        return _throttled(response.headers, clock, seen)
    if status == 403 and body is None:  # Cloudflare answers in HTML, Pipedrive in JSON
        return Throttled(_BLOCKED_WAIT, "403", "Pipedrive's gate keeps us out", request_id=seen)
    if status == 403 and "scope" in str((body or {}).get("error", "")).lower():
        return Misconfigured("scope", "the app was not given this right", request_id=seen)
    if status in _STOP:
        return Misconfigured(code, _STOP[status], request_id=seen)
    if status in _NO:
        return Rejected(code, _NO[status], request_id=seen)
    if status < 400:
        return Misconfigured(code, "Pipedrive sends us elsewhere; not followed", request_id=seen)
    if status < 500:
        return Rejected(code, "Pipedrive refuses the request", request_id=seen)
    if (wait := _asked_to_wait(response.headers, clock)) is not None:
        return Throttled(wait, code, "Pipedrive is under maintenance", request_id=seen)
    # A page instead of JSON is a gateway's; asked fast, it lasts (RATE).
    return Unavailable(code if body is not None else "html", "Pipedrive is down", request_id=seen)


def _throttled(headers: httpx.Headers, clock: Clock, seen: str) -> Throttled:
    """Out of the day's budget, or only too fast for the moment."""
    if headers.get("x-daily-ratelimit-token-remaining", "").strip() == "0":
        wait = min(_until_midnight(clock()), _LONGEST_WAIT)
        return Throttled(wait, "budget", "the company's daily budget is used up", request_id=seen)
    if (asked := _asked_to_wait(headers, clock)) is not None:
        return Throttled(max(asked, _SHORT_WAIT[0]), request_id=seen)
    reset = _seconds(headers.get("x-ratelimit-reset", ""))  # unit unstated, so it is only a hint
    low, high = _SHORT_WAIT
    return Throttled(min(max(reset or low, low), high), request_id=seen)


def _asked_to_wait(headers: httpx.Headers, clock: Clock) -> float | None:
    """`Retry-After` in seconds or as a date; Pipedrive documents none, gateways send it."""
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is None and text:
        try:
            seconds = (parsedate_to_datetime(text) - clock()).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)


def _until_midnight(now: datetime) -> float:
    """Seconds to the next UTC day (RATE: "midnight server time", the zone is not named)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    # At least a minute: a clock that is a little ahead must not lose us another day.
    return max((midnight - now).total_seconds(), 60.0)


def _status_within(body: Mapping[str, Any]) -> int:
    """`success: false` on a 200 names its status in the body, or is a fault."""
    named = body.get("errorCode")
    return named if isinstance(named, int) and 400 <= named <= 599 else 500


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 13 else None


def _object(response: httpx.Response) -> Mapping[str, Any] | None:
    """The JSON object in the body, or None where it is something else (HTML, cut short)."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def grant_error(response: httpx.Response, clock: Clock) -> ProviderError | None:
    """The same for the token endpoint, whose refusals are all 400 with a text (OSTAT)."""
    if response.status_code not in {400, 401}:
        body = _object(response)
        if response.status_code < 300 and body is not None:
            return None  # RFC 6749: no envelope
        return error_in(response, clock)
    said = response.text[:2000].lower()
    seen = response.headers.get("x-correlation-id", "")
    if response.status_code == 401 or _any(said, "invalid_client", "client is", "client cred"):
        return Misconfigured("invalid_client", "Pipedrive does not know our app", request_id=seen)
    if _any(said, "redirect_uri", "grant_type", "content type", "content-type"):
        return Misconfigured("400", "Pipedrive finds our sign-in request wrong", request_id=seen)
    return Misconfigured("invalid_grant", "the sign-in is used, expired or gone", request_id=seen)


def _any(text: str, *needles: str) -> bool:
    return any(needle in text for needle in needles)
