"""The time by which the page says all is sent, on the real processes and numbers that queue.

Each number sends one part a second, as a US long code does. `PEOPLE=5000 NUMBERS=20 .venv/bin/pytest
tests/integration/test_done_by.py -s` looks at a longer line, `NUMBERS=1` at one as it is.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.counter import SERVICE
from tests.servers import wait_until
from tests.staged import Stage, a_stage

PEOPLE, NUMBERS = int(os.environ.get("PEOPLE", "120")), int(os.environ.get("NUMBERS", "10"))
TEXT = "We open at nine."
OFF = 0.15


@dataclass(frozen=True)
class Seen:
    """What the page said, `after` seconds from Send; `end` in Unix seconds."""

    after: float
    end: float


@pytest.fixture
def stage(
    database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("fleet")
    with a_stage(
        database_url,
        valkey_url,
        folder,
        people=PEOPLE,
        SILENCE="3h",
        TWILIO_MESSAGING_SERVICE_SID=SERVICE,
    ) as stage:
        stage.twilio.senders = tuple(f"+3725550{n:04}" for n in range(1, NUMBERS + 1))
        stage.twilio.rate = 1
        yield stage


def page(stage: Stage, batch: str) -> str:
    return stage.rep.http.get(stage.url + batch).text


def looked_at(stage: Stage, batch: str, begun: float) -> Iterator[Seen]:
    """Every end that the page names until all texts have left the sender's queue."""
    said, since = stage.rep.progress(batch), ""
    while said["counts"].get("ready", 0) + said["counts"].get("accepted", 0):
        found = re.search(r'about <time datetime="([^"]+)"', said["html"]["status"])
        if found is not None:
            end = datetime.fromisoformat(found[1]).timestamp()
            yield Seen(time.time() - begun, end)
        since = said["next_since"]
        time.sleep(PEOPLE / NUMBERS / 40)  # the sender's queue runs meanwhile
        said = stage.rep.progress(batch, since)


def test_the_end_is_foretold_within_15_percent_from_the_queue_of_a_slow_sender(
    stage: Stage,
) -> None:
    batch = stage.everybody()
    stage.rep.post(f"{batch}/draft", revision=1, body=TEXT)
    wait_until(lambda: "in about" in page(stage, batch), what="what the service sends from")
    assert stage.rep.send(batch, TEXT).status_code == 202
    begun = time.time()

    looks = list(looked_at(stage, batch, begun))

    first = float(stage.twilio.accepted[0]["at"])  # how soon it comes tells of the machine
    seen = [one for one in looks if begun + one.after > first + 2]
    end = time.time() - time.monotonic() + max(stage.twilio.free_at.values())
    for one in seen[:: max(1, len(seen) // 20)]:
        print(f"after {one.after:7.1f} s: {one.end - end:+7.1f} s of {end - begun:.1f}")
    assert len(seen) > 5
    wrong = [one for one in seen if abs(one.end - end) > OFF * (end - begun)]
    assert len(wrong) < len(seen) / 4, wrong  # a machine that stops for a moment spoils a few
