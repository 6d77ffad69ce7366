"""When a page asks again: all that show one batch at the same moment, those of another at another.

Two hundred polls at once share what is read and made for them, and cost half of what they cost one by
one: a process that is woken for each of them does little else. `python -m tests.bench --only door`
"""

from __future__ import annotations

from uuid import UUID

#: Milliseconds between the polls of a page on which something moves; `web/static/volley.js` knows it too.
BEAT = 2_000
#: Nobody asks again sooner than this after an answer.
SOONEST = 1_000


def again_in(batch_id: UUID, now: float) -> int:
    """Milliseconds from `now` (seconds since 1970) to the beat at which this page asks next."""
    return SOONEST + (batch_id.int - int(now * 1000) - SOONEST) % BEAT
