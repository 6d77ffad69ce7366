"""The oracle: the simulator's own append-only file of what Twilio accepted, read and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Oracle:
    """One JSON line per accepted text: `sid`, `to`, `body`, `at` (seconds) and more."""

    log: Path
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _read: int = 0

    def accepted(self) -> Sequence[dict[str, Any]]:
        """Every text accepted so far; only what is new is read."""
        if self.log.exists():
            with self.log.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read += len(whole)
            self._lines += map(json.loads, whole.splitlines())
        return self._lines

    def texts(self) -> int:
        """How many were accepted so far."""
        return len(self.accepted())

    def texted(self) -> Counter[str]:
        """How often, by number."""
        return Counter(text["to"] for text in self.accepted())
