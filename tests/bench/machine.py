"""Which core does what, and what it costs: CPU seconds and memory of process trees."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import psutil

_CAN_PIN = hasattr(os, "sched_setaffinity")  # Linux
_CORES = sorted(os.sched_getaffinity(0)) if _CAN_PIN else [0]


@contextlib.contextmanager
def around() -> Iterator[None]:
    """Processes started in this block share the first core."""
    with _on({_CORES[0]}):
        yield


@contextlib.contextmanager
def under_test() -> Iterator[None]:
    """Processes started in this block have the last core, for what is measured."""
    with _on({_CORES[-1]}):
        yield


@contextlib.contextmanager
def _on(cores: set[int]) -> Iterator[None]:
    if not _CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_of(pid: int) -> float:
    """CPU seconds, user and system, of a process and all it ever started."""
    seconds = 0.0
    for process in _tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])  # own, and of children that have ended
    return seconds


def memory_of(pid: int) -> float:
    """The largest resident size in the tree, in MB."""
    sizes = [0.0]
    for process in _tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            sizes.append(process.memory_info().rss / 2**20)
    return max(sizes)


def _tree(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []
