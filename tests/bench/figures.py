"""What is measured of one run, and the middle of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

Figures = Mapping[str, float]


def figures(things: int, seconds: float, cpu: float) -> dict[str, float]:
    """Rate, CPU per thing, and how many a core would do if nothing else had it."""
    return {
        "a second": things / seconds,
        "CPU ms": 1000 * cpu / things,
        "a core-second": things / cpu if cpu else 0.0,
    }


def middle(runs: Sequence[Figures]) -> dict[str, float]:
    """The median of every figure."""
    return {name: median(run[name] for run in runs) for name in runs[0]}
