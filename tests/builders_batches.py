"""Builders of batches and people as pages read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from workers.domain.action import Chosen
from workers.domain.batch import Counts, Life
from workers.domain.delivery import State
from workers.ports.outside import Account, User
from workers.ports.reading import BatchView, RecipientRow

NOW = datetime(2026, 11, 22, 12, 31, 0, tzinfo=UTC)
REP = User(1, 11, "Mari Maasikas", "Acme", "acme", "EE", "Europe/Tallinn")
ADMIN = User(1, 12, "Andres Admin", "Acme", "acme", "EE", "Europe/Tallinn", is_admin=True)
STRANGER = User(2, 21, "Sam Stranger", "Other", "other", "GB", "Europe/London", is_admin=True)
ACCOUNT = Account("AC0", "AC0", "secret", sender="+37255500001")


def a_row(nth: int = 1, **given: Any) -> RecipientRow:
    """One person; `nth` makes everything about them unique."""
    made: dict[str, Any] = {
        "id": nth,
        "person_id": 1000 + nth,
        "name": f"Person {nth}",
        "number": f"+3725123{nth:04d}",
        "label": "mobile",
        "state": State.READY,
        "reason": None,
        "seq": nth,
        "changed_at": NOW,
    }
    return RecipientRow(**{**made, **given})


def a_batch(rows: Sequence[RecipientRow] = (), *, looking: int = 0, **given: Any) -> BatchView:
    """A resolved draft of Mari's with these people; a Life's fields may be given too."""
    facts: dict[str, Any] = {
        "created_at": NOW - timedelta(minutes=5),
        "resolved_at": NOW - timedelta(minutes=4),
    }
    facts |= {key: given.pop(key) for key in list(given) if key in Life.__dataclass_fields__}
    made: dict[str, Any] = {
        "id": uuid4(),
        "company_id": 1,
        "company_name": "Acme",
        "company_domain": "acme",
        "country": "EE",
        "user_id": 11,
        "user_name": "Mari Maasikas",
        "timezone": "Europe/Tallinn",
        "channel": "sms",
        "resource": "person",
        "view": "list",
        "selection": Chosen(tuple(row.person_id or 0 for row in rows)),
        "source_name": "",
        "total": len(rows),
        "revision": 1,
        "body": "",
        "seq": max((row.seq for row in rows), default=0),
        "life": Life(**facts),
        "counts": Counts(dict(Counter(row.state for row in rows)), looking),
        "now": NOW,
    }
    return BatchView(**{**made, **given})
