"""Understands what Twilio answered: a yes with its content, or the error that it means to us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from twilio.http.response import Response

from workers.domain.errors import ProviderError, Throttled
from workers.ports.outside import Report
from workers.providers.twilio_codes import classify, classify_read, state_of

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A clear yes."""

    content: Content
    http_status: int
    request_id: str


def understood(method: str, response: Response) -> Answer:
    """The yes in a response; everything else is raised as the error that it means."""
    content, request_id = _object(response.text), response.headers.get("Twilio-Request-Id", "")
    if 200 <= response.status_code < 300 and content is not None:
        return Answer(content, response.status_code, request_id)
    means = classify_read if method == "GET" else classify
    code = str((content or {}).get("code") or "")
    after = _seconds(response.headers.get("Retry-After", ""))
    error: ProviderError = means(response.status_code, code, after=after, request_id=request_id)
    if isinstance(error, Throttled):  # the account's, of all processes (twilio.md §5)
        counted = response.headers.get("Twilio-Concurrent-Requests", "")
        error.concurrent = int(counted) if counted.isdecimal() and len(counted) < 7 else 0
    raise error


def report_of(message: Content, answer: Answer) -> Report:
    """A message resource in our words."""
    status = str(message.get("status") or "")
    return Report(
        sid=str(message.get("sid") or ""),
        state=state_of(status),
        status=status,
        error_code=str(message.get("error_code") or ""),
        http_status=answer.http_status,
        request_id=answer.request_id,
    )


def moment(text: object) -> datetime | None:
    """A date as Twilio and HTTP write it (RFC 2822), or None."""
    with suppress(ValueError):
        return parsedate_to_datetime(str(text or ""))
    return None


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object in the answer, or None: cut, empty, or a gateway's page."""
    with suppress(ValueError):
        content = json.loads(text)
        if isinstance(content, dict):
            return content
    return None


def _seconds(text: str) -> float | None:
    """How long to wait, from seconds or a date (RFC 9110 §10.2.3)."""
    if text.isdecimal():
        return float(text)
    until = moment(text)
    return None if until is None else max(0.0, (until - datetime.now(UTC)).total_seconds())
