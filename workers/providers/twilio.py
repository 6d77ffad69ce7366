"""Sends texts through Twilio and asks what became of them (twilio.md §1, §2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.api.v2010.account.message import (  # type: ignore[import-untyped]
    MessageInstance,
    MessageList,
)

from workers.domain.errors import Unavailable, Unconfirmed
from workers.ports.outside import Account, Message, Report
from workers.providers.twilio_codes import state_of
from workers.providers.twilio_transport import TwilioTransport, post_before

_VALIDITY = range(1, 36_001)  # seconds, https://www.twilio.com/docs/messaging/api/message-resource
_PAGE, _MOST = 200, 1_000  # of the messages to one number
_TRIAL = "Sent from your Twilio trial account - "  # put before the text by trial accounts


class TwilioMessenger:
    """Our `Messenger`: every call is one request, except that `find` reads a few pages."""

    def __init__(self, transport: TwilioTransport) -> None:
        self._transport = transport

    async def send(self, account: Account, message: Message) -> Report:
        """One POST, never repeated. Raises any ProviderError."""
        sender = (
            {"messaging_service_sid": account.messaging_service_sid}
            if account.messaging_service_sid
            else {"from_": account.sender}
        )
        with _deadline(message.post_before):
            answer = await self._messages(account).create_with_http_info_async(
                to=message.to,
                body=message.body,
                status_callback=message.status_callback,
                validity_period=_within(message.validity_seconds, _VALIDITY),
                **sender,
            )
        report = _report(answer.data, answer.status_code, answer.headers["request_id"])
        if not report.sid:  # some other "yes" than Twilio's, say a proxy's
            raise Unconfirmed("", "An answer without a SID.", request_id=report.request_id)
        return report

    async def fetch(self, account: Account, sid: str) -> Report:
        """The message as Twilio has it now; `Rejected` when it has none."""
        answer = await self._messages(account).get(sid).fetch_with_http_info_async()
        report = _report(answer.data, answer.status_code, answer.headers["request_id"])
        if report.sid != sid:
            raise Unavailable("", "An answer about no message.", request_id=report.request_id)
        return report

    async def find(
        self, account: Account, *, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[Report]:
        """Our messages to a number with exactly this text, made between the two times."""
        # Asked twice: the list filters by the day a message left, which one in a queue hasn't yet;
        # and unfiltered the list is long, so that what is asked for may be beyond its bound.
        day_before = (since.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        messages = self._messages(account)
        found: dict[str, Report] = {}
        try:
            for days in ({"date_sent_after": day_before}, {}):
                listed = await messages.list_async(to=to, page_size=_PAGE, limit=_MOST, **days)
                for it in listed:
                    if _is_ours(it, account, to, body) and _made(it, since, until):
                        found[it.sid] = _report(it, 200, "")
        except TwilioException:
            raise Unavailable("", "A list that can't be read.") from None
        return list(found.values())

    async def aclose(self) -> None:
        """Closes the connections to Twilio."""
        await self._transport.aclose()

    def _messages(self, account: Account) -> MessageList:
        login = (account.username, account.password, account.account_sid)
        return Client(*login, http_client=self._transport).messages


@contextmanager
def _deadline(moment: float) -> Iterator[None]:
    token = post_before.set(moment)
    try:
        yield
    finally:
        post_before.reset(token)


def _report(message: MessageInstance, http_status: int, request_id: str) -> Report:
    return Report(
        sid=message.sid or "",
        state=state_of(message.status or ""),
        status=message.status or "",
        error_code=str(message.error_code or ""),
        http_status=http_status,
        request_id=request_id,
    )


def _is_ours(message: MessageInstance, account: Account, to: str, body: str) -> bool:
    return (
        message.direction == "outbound-api"
        and message.to == to
        and message.body in {body, _TRIAL + body}
        and account.origin in {message.messaging_service_sid, message.from_}
    )


def _made(message: MessageInstance, since: datetime, until: datetime) -> bool:
    # Twilio's times have whole seconds, cut off.
    made = message.date_created
    return made is not None and since.replace(microsecond=0) <= made <= until


def _within(number: int, bounds: range) -> int:
    return min(max(number, bounds[0]), bounds[-1])
