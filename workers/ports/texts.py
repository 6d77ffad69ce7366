"""What the editor keeps: a company's saved texts, and what was typed before it was replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

#: A company keeps this many; a list that nobody can read helps nobody.
MOST_SAVED = 50
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class SavedText:
    """A text that everyone at the company may use."""

    id: UUID
    name: str
    body: str
    by: str  # who saved it, "" where they are gone


class Texts(Protocol):
    """Keeps texts."""

    async def replace(self, batch_id: UUID, *, revision: int, typed: str, body: str) -> int | None:
        """The draft's text becomes `body`; `typed` is set aside for it to be put back.

        The new revision, or None where `revision` is not the current one or it is no draft.
        """

    async def saved(self, company_id: int) -> Sequence[SavedText]:
        """By name, at most `MOST_SAVED`."""

    async def save(
        self, company_id: int, *, name: str, body: str, by: int
    ) -> Literal["saved", "full"]:
        """A name that is there already gets the new text."""

    async def drop(self, company_id: int, text_id: UUID) -> bool:
        """False where it is gone."""
