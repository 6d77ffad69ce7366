"""What a simulated Twilio accepted, and how often people asked for one more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from workers.ports.outside import Report
from workers.ports.sending import Answer, Claimed


@dataclass
class Text:
    """One text that was accepted; `arrives` is decided at once, and told by receipts later."""

    claimed: Claimed
    sid: str
    arrives: bool

    def report(self, status: str) -> Report:
        """`end` stands for what becomes of the text."""
        end = "delivered" if self.arrives else "undelivered"
        status = end if status == "end" else status
        return Report(self.sid, status, status, "" if self.arrives or status != end else "30003")


@dataclass
class Oracle:
    """Knows nothing of the ledger's rules: it counts."""

    texts: dict[UUID, Text] = field(default_factory=dict)  # by attempt
    claims: list[UUID] = field(default_factory=list)  # attempts that the guard knows, in order
    unasked: set[UUID] = field(default_factory=set)
    intents: Counter[int] = field(default_factory=Counter)  # arriving texts by first recipient
    more: Counter[int] = field(default_factory=Counter)  # tries that people asked for
    first: dict[int, int] = field(default_factory=dict)  # whose follow-up a recipient is
    tests: set[UUID] = field(default_factory=set)

    def post(self, claimed: Claimed, fate: str, *, arrives: bool) -> Answer:
        """What the worker hears; "lost" fates leave it with nothing."""
        taken = fate in {"taken", "lost, taken"}
        sid = f"SM{claimed.attempt_id.hex}"
        if taken:
            self.texts[claimed.attempt_id] = Text(claimed, sid, arrives)
        if taken and arrives and claimed.batch_id not in self.tests:
            self.intents[self.root(claimed.recipient_id)] += 1
        states = {"taken": "accepted", "no": "failed", "not sent": "not_sent"}
        return Answer(
            claimed.attempt_id,
            claimed.recipient_id,
            claimed.batch_id,
            states.get(fate, "unconfirmed"),
            sid=sid if fate == "taken" else None,
            error_code="30003" if fate == "no" else None,
        )

    def root(self, recipient_id: int) -> int:
        while recipient_id in self.first:
            recipient_id = self.first[recipient_id]
        return recipient_id

    def claimed(self, claimed: Claimed, *, override: bool) -> None:
        """In this order the guard heard of them; `override` = a rep said yes to one more text."""
        if claimed.batch_id not in self.tests:
            self.claims.append(claimed.attempt_id)
            if not override and not self.more[self.root(claimed.recipient_id)]:
                self.unasked.add(claimed.attempt_id)

    def wanted(self, recipient_id: int) -> None:
        """A person asked for one more text."""
        self.more[self.root(recipient_id)] += 1

    def assert_nobody_twice(self) -> None:
        texted: set[str] = set()
        for attempt_id in self.claims:
            text = self.texts.get(attempt_id)
            if text is not None and text.arrives:
                number = text.claimed.number
                assert number not in texted or attempt_id not in self.unasked, number
                texted.add(number)
        for recipient_id, times in self.intents.items():
            assert times <= 1 + self.more[recipient_id], recipient_id
