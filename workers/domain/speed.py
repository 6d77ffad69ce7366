"""How fast a sender's parts leave, and how fast they are handed over (pure, twilio.md §5)."""

from __future__ import annotations

from workers.domain.senders import Pool

#: What a company may say: Twilio hands over at most 2,000 parts a second for a whole account (63017).
SLOWEST, FASTEST = 0.1, 2_000.0


def ceiling(*, agreed: float, most: float) -> float:
    """Parts a second that an account is handed at most; 0 = as many as it takes.

    `agreed` is what the company says that its sender sends, `most` the operator's bound; 0 = none.
    No kind of sender has a ceiling of its own. Whatever comes faster is queued by Twilio, 36,000
    parts for a long code, and leaves in turn; the rates are no limits but habits: a registered US
    long code sends 1 to 225 parts a second, and a guess of 1 would keep it waiting for hours. Who
    knows better says so: then what is not Twilio's turn yet waits here, where Stop reaches it.
    """
    return min((limit for limit in (agreed, most) if limit), default=0.0)


def rate(pool: Pool | None, *, agreed: float, most: float) -> float:
    """Parts a second that leave: as agreed, else what is usual for the senders; 0 = nobody knows.

    Of a Messaging Service's senders all send at once.
    """
    leaves = agreed or (float(pool.rate) if pool else 0.0)
    return min(leaves, most) if leaves and most else leaves
