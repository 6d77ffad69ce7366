"""What Prometheus reads: the process's own counters, and what the database knows of everybody."""

from __future__ import annotations

import prometheus_client
from prometheus_client import Gauge

from workers.ports.figures import Figures

RUNNABLE = Gauge("volley_oldest_runnable_seconds", "How long somebody who could be texted waits")
SENDING = Gauge("volley_oldest_sending_seconds", "How long the oldest request is on the wire")
RESOLVE = Gauge("volley_oldest_resolve_seconds", "How long a draft waits for somebody to look")
LOOKS = Gauge("volley_last_look_age_seconds", "Since somebody last looked at everything", ["who"])
ATTEMPTS = Gauge("volley_attempts_last_hour", "Texts tried in the last hour, by state", ["state"])


def shown(figures: Figures) -> bytes:
    """The whole page in Prometheus' text format."""
    RUNNABLE.set(figures.oldest_runnable)
    SENDING.set(figures.oldest_sending)
    RESOLVE.set(figures.oldest_resolve)
    for who, age in figures.looks.items():
        LOOKS.labels(who).set(age)
    ATTEMPTS.clear()
    for state, number in figures.attempts.items():
        ATTEMPTS.labels(state).set(number)
    return prometheus_client.generate_latest()
