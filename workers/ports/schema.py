"""Whether the database is what this version of the app expects."""

from __future__ import annotations

from typing import Protocol


class Schema(Protocol):
    """Looks at the database's schema."""

    async def is_current(self) -> bool:
        """False until `volley migrate` of this version has run; raises where nothing answers."""
