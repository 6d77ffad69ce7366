"""An attempt's id: a uuid7, which begins with the time it was made (RFC 9562 §5.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID


def made_at(attempt_id: UUID) -> datetime | None:
    """When, by the clock of the worker that made it; None where it is no id of ours."""
    if attempt_id.version != 7:
        return None
    return datetime.fromtimestamp((attempt_id.int >> 80) / 1000, UTC)
