"""The figures that say from outside whether everybody is being served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Who = Literal["sender", "watch"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Ages in seconds by the database's clock; 0 where there is nobody."""

    oldest_runnable: float = 0.0  # who could be texted now and waits
    oldest_sending: float = 0.0  # whose request is on the wire
    oldest_resolve: float = 0.0  # a draft whose people should be looked for and are not
    looks: Mapping[Who, float] = field(default_factory=dict)  # since somebody last looked
    attempts: Mapping[str, int] = field(default_factory=dict)  # of the last hour, by state


class Figuring(Protocol):
    """Reads the figures, and keeps the two that only the lookers know."""

    async def looked(self, who: Who) -> None:
        """The sender or the watch of some process has just looked at everything."""

    async def read(self) -> Figures: ...
