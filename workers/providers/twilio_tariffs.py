"""Reads what texts cost and what a Messaging Service sends from (twilio.md §12, §8)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from twilio.rest import Client

from workers.domain.cost import Range, Tariff
from workers.domain.errors import Unavailable
from workers.domain.senders import Kind, Pool, kind_of
from workers.ports.outside import Account
from workers.providers.twilio_answers import Content, understood
from workers.providers.twilio_transport import MESSAGING, PRICING, TwilioTransport

_MOST = 400  # numbers, short codes or names of a Messaging Service


class TwilioTariffs:
    """Our `TariffReader`; it only reads."""

    def __init__(self, transport: TwilioTransport, *, seconds: float = 10.0) -> None:
        self._transport = transport
        self._seconds = seconds

    async def price(self, account: Account, country: str) -> Tariff:
        """https://www.twilio.com/docs/messaging/api/pricing#messaging-countries-resource"""
        content = await self._get(account, f"{PRICING}/v1/Messaging/Countries/{country}")
        by_type: dict[str, Range] = {}
        for network in _list(content, "outbound_sms_prices"):
            for one in _list(network, "prices"):
                name, price = str(one.get("number_type") or "").lower(), _decimal(one)
                if name and price is not None:
                    known = by_type.get(name, Range(price, price))
                    by_type[name] = Range(min(known.low, price), max(known.high, price))
        return Tariff(str(content.get("price_unit") or "").upper() if by_type else "", by_type)

    async def pool(self, account: Account) -> Pool:
        """https://www.twilio.com/docs/messaging/api/service-resource, and its three lists of senders"""
        at = f"{MESSAGING}/v1/Services/{account.messaging_service_sid}"
        service, numbers, codes, names = await asyncio.gather(
            self._get(account, at),
            self._get(account, f"{at}/PhoneNumbers", {"PageSize": str(_MOST)}),
            self._get(account, f"{at}/ShortCodes", {"PageSize": str(_MOST)}),
            self._get(account, f"{at}/AlphaSenders", {"PageSize": str(_MOST)}),
        )
        kinds = [kind_of(str(it.get("phone_number"))) for it in _list(numbers, "phone_numbers")]
        kinds += [Kind.SHORT_CODE for _ in _list(codes, "short_codes")]
        kinds += [Kind.NAME for _ in _list(names, "alpha_senders")]
        return Pool(str(service.get("friendly_name") or ""), tuple(kinds))

    async def _get(
        self, account: Account, url: str, query: Mapping[str, str] | None = None
    ) -> Content:
        login = (account.username, account.password, account.account_sid)
        client = Client(*login, http_client=self._transport)
        try:
            async with asyncio.timeout(self._seconds):
                response = await client.request_async("GET", url, params=dict(query or {}))
        except TimeoutError:
            raise Unavailable("", "No answer in time.") from None
        return understood("GET", response).content


def _list(content: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    listed = content.get(name)
    if not isinstance(listed, list) or not all(isinstance(it, dict) for it in listed):
        raise Unavailable("", "A list that can't be read.")
    return listed


def _decimal(price: Mapping[str, Any]) -> Decimal | None:
    try:
        found = Decimal(str(price.get("current_price")))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
