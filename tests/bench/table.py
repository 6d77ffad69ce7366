"""The rows of a run: printed as a table, written as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import Figures


@dataclass(slots=True)
class Table:
    """Grows while it is measured, so that a run that is cut short has shown what it found."""

    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, figures: Figures) -> None:
        """Keeps a row and prints it."""
        self.rows[name] = dict(figures)
        told = "  ".join(f"{key} {_short(value)}" for key, value in figures.items())
        print(f"{name:<44}{told}", flush=True)

    def skip(self, name: str, because: str) -> None:
        """Says loudly what was not measured."""
        self.skipped[name] = because
        print(f"{name:<44}NOT MEASURED: {because}", flush=True)

    def ratio(self, name: str, *, of: str, to: str, figure: str) -> None:
        """One row's figure as a part of another's."""
        if of not in self.rows or to not in self.rows:
            return
        if not self.rows[to][figure]:  # CPU is told in hundredths of a second
            return self.skip(name, f"{to}: too short a run")
        part = self.rows[of][figure] / self.rows[to][figure]
        self.add(name, {f"{figure}: {of} / {to}": part})

    def write(self, path: Path) -> None:
        """Everything as JSON, with the machine it was measured on."""
        told: Mapping[str, object] = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "rows": self.rows,
            "not measured": self.skipped,
        }
        path.write_text(json.dumps(told, indent=2))


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"
