"""Lists texts as `GET Messages.json` does: filters, pages, and a lag before a text appears.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from tests.simulators import twilio_rules
from tests.simulators.twilio_texts import Text
from tests.simulators.twilio_world import World

LARGEST_PAGE = 1000
DAY = timedelta(days=1).total_seconds()


def page(world: World, path: str, query: QueryParams) -> dict[str, Any] | None:
    """One page, newest first; None where a filter cannot be read."""
    size, number = query.get("PageSize", "50"), query.get("Page", "0")
    if not (size.isdecimal() and number.isdecimal() and int(size)):
        return None
    try:
        found = _matching(world, query)
    except ValueError:
        return None
    each, index = min(int(size), LARGEST_PAGE), int(number)
    window = list(islice(found, index * each, index * each + each + 1))
    shown, more = window[:each], len(window) > each
    return _frame(path, query, index, each, more) | {
        "end": index * each + max(len(shown) - 1, 0),
        "messages": [text.resource(twilio_rules.WORDS) for text in shown],
    }


def _frame(path: str, query: QueryParams, index: int, each: int, more: bool) -> dict[str, Any]:
    def uri(number: int) -> str:
        kept = {key: value for key, value in query.items() if key not in ("Page", "PageToken")}
        token = {"PageToken": f"PA{number}"} if number else {}
        return f"{path}?{urlencode({**kept, 'PageSize': each, 'Page': number, **token})}"

    return {
        "page": index,
        "page_size": each,
        "start": index * each,
        "uri": uri(index),
        "first_page_uri": uri(0),
        "next_page_uri": uri(index + 1) if more else None,
        "previous_page_uri": uri(index - 1) if index else None,
    }


def _matching(world: World, query: QueryParams) -> Iterator[Text]:
    to, sender, until = query.get("To"), query.get("From"), time.time() - world.list_lag
    span = _span(query)
    texts: Iterable[Text] = world.by_number.get(to, []) if to else world.texts.values()
    return (
        text
        for text in reversed(list(texts))
        if text.created <= until
        and (not sender or text.sender == sender)
        and (span is None or _sent_within(text, *span))
    )


def _sent_within(text: Text, start: float, end: float) -> bool:
    """A text that waits has no `date_sent`; whether Twilio then lists it is not documented, so no."""
    return text.sent_at is not None and start <= text.sent_at < end


def _span(query: QueryParams) -> tuple[float, float] | None:
    """`DateSent=` is a day, `DateSent>=` from its start, `DateSent<=` to its end."""
    if not any(key in query for key in ("DateSent", "DateSent>", "DateSent<")):
        return None
    start, end = 0.0, float("inf")
    if day := query.get("DateSent"):
        start, end = _moment(day), _moment(day) + DAY
    if after := query.get("DateSent>"):
        start = max(start, _moment(after))
    if before := query.get("DateSent<"):
        end = min(end, _moment(before) + (DAY if len(before) == 10 else 1e-6))
    return start, end


def _moment(written: str) -> float:
    """`2026-01-31`, or a timestamp, which works in practice; both are GMT."""
    moment = datetime.fromisoformat(written)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
