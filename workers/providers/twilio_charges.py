"""Reads what texts did cost from Twilio's list of them, 1,000 a request (twilio.md §1.4, §12).

`price` is null at first and filled some time after the text was sent; no receipt tells it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from twilio.rest import Client

from workers.domain.bill import Charge
from workers.domain.errors import Unavailable
from workers.ports.bills import ChargesPage
from workers.ports.outside import Account
from workers.providers.twilio_answers import Answer, understood
from workers.providers.twilio_transport import TWILIO, TwilioTransport

_MOST = 1000  # https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
#: A text may wait in Twilio's queue past midnight, and whether `DateSent<` holds the day itself is
#: not said clearly: a day more on either question costs little.
_LATER = timedelta(days=2)


class TwilioCharges:
    """Our `ChargeReader`; it only reads."""

    def __init__(self, transport: TwilioTransport, *, seconds: float = 30.0) -> None:
        self._transport = transport
        self._seconds = seconds

    async def page(
        self, account: Account, *, first_day: date, last_day: date, cursor: str | None
    ) -> ChargesPage:
        """One page; a Messaging Service picks its numbers, so its texts have no `From` to ask by."""
        listed = f"/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        query = {
            "DateSent>": first_day.isoformat(),
            "DateSent<": (last_day + _LATER).isoformat(),
            "PageSize": str(_MOST),
        }
        if not account.messaging_service_sid:
            query["From"] = account.sender
        if cursor is not None and cursor.startswith(f"{listed}?"):
            answer = await self._get(account, cursor, {})
        else:
            answer = await self._get(account, listed, query)
        messages = answer.content.get("messages")
        if not isinstance(messages, list):
            raise Unavailable("", "A list that can't be read.", request_id=answer.request_id)
        charges = (_charge(one) for one in messages if isinstance(one, dict))
        following = answer.content.get("next_page_uri")
        return ChargesPage(
            tuple(one for one in charges if one is not None), str(following) if following else None
        )

    async def _get(self, account: Account, path: str, query: Mapping[str, str]) -> Answer:
        login = (account.username, account.password, account.account_sid)
        client = Client(*login, http_client=self._transport)
        try:
            async with asyncio.timeout(self._seconds):
                response = await client.request_async("GET", TWILIO + path, params=dict(query))
        except TimeoutError:
            raise Unavailable("", "No answer in time.") from None
        return understood("GET", response)


def _charge(message: Mapping[str, Any]) -> Charge | None:
    """What a text cost, or None while Twilio has not said: `price` is "-0.00750" for us to pay."""
    sid, currency = str(message.get("sid") or ""), str(message.get("price_unit") or "").upper()
    if not sid or not currency or not isinstance(message.get("price"), str):
        return None
    with suppress(InvalidOperation):
        price = Decimal(message["price"])
        if price.is_finite():
            return Charge(sid, 0 - price, currency)
    return None
