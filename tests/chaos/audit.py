"""The books, closed: the page, the database and the oracle's file must say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.chaos.scene import Scene
from tests.servers import wait_until

TAKEN = frozenset({"accepted", "sent", "delivered", "read", "undelivered"})
OPEN = frozenset({"pending", "ready", "sending"})


@dataclass(frozen=True, slots=True)
class Books:
    """What became of a batch's people: how many in each state, and who."""

    counts: Counter[str]
    state_of: dict[str, str]  # by number

    def those(self, *states: str) -> set[str]:
        return {number for number, state in self.state_of.items() if state in states}


def ask(scene: Scene, sql: str, *given: object) -> list[tuple[Any, ...]]:
    """What a statement answers, over a connection of its own."""
    with psycopg.connect(scene.database_url) as connection:
        return connection.execute(sql, given).fetchall()


def closed(
    scene: Scene,
    batch: str,
    *,
    open_states: frozenset[str] = frozenset(),
    hidden_in: frozenset[str] = frozenset(),
) -> Books:
    """The books of a batch at rest: nobody twice, nobody forgotten, all figures equal.

    `hidden_in`: states in which a text that Twilio has may wait for a look-up.
    """
    books = _books(scene, batch)
    texted = {to: n for to, n in scene.oracle.texted().items() if to in books.state_of}
    twice = sorted(number for number, times in texted.items() if times > 1)
    assert not twice, f"texted twice: {len(twice)} people, {twice[:5]}"
    page = scene.rep.progress(batch)
    shown = Counter({state: n for state, n in page["counts"].items() if n})
    assert shown == books.counts, f"the page says {shown}, the database {books.counts}"
    assert sum(shown.values()) == page["total"], f"{shown} are not {page['total']}"
    hidden = sorted(set(texted) - books.those(*TAKEN, *hidden_in))
    assert not hidden, f"accepted and not shown so: {[(n, books.state_of[n]) for n in hidden[:5]]}"
    invented = sorted(books.those(*TAKEN) - set(texted))
    assert not invented, f"shown as accepted and never asked for: {invented[:5]}"
    left = {state for state in books.counts if state in OPEN - open_states - hidden_in}
    assert not left, f"nobody may be left {left}: {books.counts}"
    return books


def is_all_shown(scene: Scene, batch: str) -> bool:
    """Nobody is ready or sending, and everybody whom Twilio has is shown so."""
    books = _books(scene, batch)
    texted = scene.oracle.texted().keys() & books.state_of.keys()
    return not (OPEN & books.counts.keys() or texted - books.those(*TAKEN))


def _books(scene: Scene, batch: str) -> Books:
    _, sep, batch_id = batch.rpartition("/")
    assert sep
    found = ask(scene, "SELECT number, state FROM recipients WHERE batch_id = %s", UUID(batch_id))
    return Books(
        Counter(state for _, state in found),
        # who shares a number with somebody who is texted is skipped
        {number: state for number, state in found if number is not None and state != "skipped"},
    )


def until_quiet(scene: Scene, batch: str, *, seconds: float = 60) -> None:
    """Until nobody is ready or sending, and no look-up is still to come."""

    def quiet() -> bool:
        page = scene.rep.progress(batch)
        return page["phase"] in {"settled", "canceled"}

    try:
        wait_until(quiet, seconds=seconds, every=0.2)
    except AssertionError:
        page = scene.rep.progress(batch)
        raise AssertionError(
            f"not quiet in {seconds} s: {page['phase']} {page['counts']}"
        ) from None


def finished(scene: Scene, batch: str) -> Books:
    """The rep sends anyway to whom nobody knows of; then everybody was texted exactly once."""
    until_quiet(scene, batch)
    books = closed(scene, batch)
    unknown = books.those("unconfirmed")
    if unknown:
        seq = scene.rep.progress(batch)["seq"]
        answer = scene.rep.post(f"{batch}/send-anyway", seq=seq)
        assert answer.json().get("people") == len(unknown), answer.text
        until_quiet(scene, batch)
        books = closed(scene, batch)
    assert books.counts["unconfirmed"] == 0
    return books


def found_late(scene: Scene) -> dict[str, int]:
    """How the texts whose answer was lost became known: by a receipt, or by a look-up."""
    told = ask(
        scene,
        """SELECT DISTINCT ON (a.id) t.source FROM attempts a JOIN receipts t ON t.attempt_id = a.id
        WHERE a.http_status IS NULL AND a.sid IS NOT NULL ORDER BY a.id, t.id""",
    )
    counted = Counter(source for (source,) in told)
    return {"by receipt": counted["callback"], "by look-up": counted["look-up"]}
