"""Tries a company's Twilio login and lists what the account can send from (twilio.md §8)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from twilio.rest import Client

from workers.domain.errors import ProviderError, Unavailable
from workers.ports.company import Senders
from workers.ports.outside import Account
from workers.providers.twilio_answers import understood
from workers.providers.twilio_transport import MESSAGING, TWILIO, TwilioTransport

#: Somebody waits for the page: shorter than what a text may take.
VERIFY_SECONDS = 10.0
_MOST = 100  # of each list; who has more types theirs


class TwilioSetup:
    """Our `AccountSetup`; it only reads."""

    def __init__(self, transport: TwilioTransport, *, seconds: float = VERIFY_SECONDS) -> None:
        self._transport = transport
        self._seconds = seconds

    async def verify(self, account: Account) -> None:
        """Reads one text: standard API keys may not read the account itself.

        https://www.twilio.com/docs/iam/api-keys#types-of-api-keys
        """
        path = f"{TWILIO}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        await self._get(account, path, "messages", {"PageSize": "1"})

    async def senders(self, account: Account) -> Senders:
        """Messaging Services and numbers that can text; a restricted key may not see them.

        https://www.twilio.com/docs/messaging/api/service-resource#read-multiple-service-resources
        https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
        """
        numbers_at = f"{TWILIO}/2010-04-01/Accounts/{account.account_sid}/IncomingPhoneNumbers.json"
        services, numbers = await asyncio.gather(
            self._listed(account, f"{MESSAGING}/v1/Services", "services"),
            self._listed(account, numbers_at, "incoming_phone_numbers"),
        )
        return Senders(
            services=tuple((_text(it, "sid"), _text(it, "friendly_name")) for it in services or ()),
            numbers=tuple(_text(it, "phone_number") for it in numbers or () if _can_text(it)),
            unread=tuple(
                name
                for name, found in (("services", services), ("numbers", numbers))
                if found is None or len(found) == _MOST
            ),
        )

    async def _listed(
        self, account: Account, url: str, name: str
    ) -> list[Mapping[str, Any]] | None:
        try:
            return await self._get(account, url, name, {"PageSize": str(_MOST)})
        except ProviderError:
            return None

    async def _get(
        self, account: Account, url: str, name: str, query: Mapping[str, str]
    ) -> list[Mapping[str, Any]]:
        """The list in an answer; a yes without it is some other server's."""
        login = (account.username, account.password, account.account_sid)
        client = Client(*login, http_client=self._transport)
        try:
            async with asyncio.timeout(self._seconds):
                response = await client.request_async("GET", url, params=dict(query))
        except TimeoutError:
            raise Unavailable("", "No answer in time.") from None
        answer = understood("GET", response)
        listed = answer.content.get(name)
        if not isinstance(listed, list) or not all(isinstance(it, dict) for it in listed):
            raise Unavailable("", "A list that can't be read.", request_id=answer.request_id)
        return listed


def _can_text(number: Mapping[str, Any]) -> bool:
    can = number.get("capabilities")
    return isinstance(can, dict) and bool(can.get("sms"))


def _text(content: Mapping[str, Any], name: str) -> str:
    return str(content.get(name) or "")
