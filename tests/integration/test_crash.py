"""Workers killed, the broker flushed or hung, on real processes: nobody twice, nobody forgotten."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from tests.servers import wait_until
from tests.staged import a_stage
from workers.bell import RING_SECONDS
from workers.pace import MOST_AHEAD

PEOPLE, TRIES = 1_000, 6
IN_FLIGHT = 20  # as a stage sets it
TEXT = "Hello {{ person.first_name | default: 'there' }}, we open at nine."


def shown(progress: dict[str, Any]) -> Counter[str]:
    return Counter(progress["counts"])


def test_a_killed_worker_texts_nobody_twice_and_forgets_nobody(
    database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    with a_stage(database_url, valkey_url, tmp_path, people=PEOPLE) as stage:
        batch = stage.everybody()
        ready = stage.rep.progress(batch)["counts"]["ready"]
        assert stage.rep.send(batch, TEXT).status_code == 202
        for share in (0.2, 0.5):
            wait_until(
                partial(stage.has_texted, int(share * ready)),
                seconds=60,
                what="texts",
            )
            stage.fleet.kill("worker")
            stage.fleet.start("worker")

        end = stage.rep.until(batch, "settled", seconds=90)

        texted, counts = stage.texted(), shown(end)
        assert max(texted.values()) == 1
        assert counts["ready"] == counts["sending"] == 0
        assert counts["delivered"] == len(texted)
        assert sum(counts.values()) == end["total"]
        assert counts["delivered"] + counts["unconfirmed"] == ready
        assert counts["unconfirmed"] <= 2 * (IN_FLIGHT + MOST_AHEAD)


def test_a_flushed_broker_costs_seconds_and_nobody(
    database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    # Slow enough that somebody is left to be texted after the last flush.
    with a_stage(database_url, valkey_url, tmp_path, people=PEOPLE, latency=0.2) as stage:
        batch = stage.everybody()
        assert stage.rep.send(batch, TEXT).status_code == 202
        with redis.Redis.from_url(valkey_url) as broker:
            for _ in range(3):
                at = len(stage.twilio.accepted)
                broker.flushall()
                wait_until(partial(stage.has_texted, at + 50), seconds=60)

        end = stage.rep.until(batch, "settled", seconds=90)

        assert set(stage.texted().values()) == {1}
        assert shown(end)["delivered"] == len(stage.texted())


def test_with_a_hung_broker_a_click_answers_at_once_and_sending_goes_on(
    database_url: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:  # accepts, and never says a word
        broker_url = f"redis://127.0.0.1:{hung.getsockname()[1]}/0"
        with a_stage(database_url, broker_url, tmp_path, people=PEOPLE) as stage:
            stage.everybody()
            batches, clicks, sends = [], [], []
            for n in range(TRIES):
                answer = stage.rep.http.get(
                    stage.pipedrive.link_url(list(stage.pipedrive.people)[n::TRIES])
                )
                assert answer.is_redirect
                clicks.append(answer.elapsed.total_seconds())
                batches.append(urlsplit(answer.headers["location"]).path)
                sent = stage.rep.send(batches[-1], TEXT)
                assert sent.status_code == 202
                sends.append(sent.elapsed.total_seconds())
            # Who waited for the broker waited at least so long; some may have met a busy machine.
            assert max(min(clicks), min(sends)) < RING_SECONDS
            for batch in batches:
                stage.rep.until(batch, "settled", seconds=60)
            assert set(stage.texted().values()) == {1}


@pytest.fixture(autouse=True)
def _says_what_was_printed(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """A fleet's words, where its test failed."""
    yield
    for log in sorted(tmp_path.glob("*.log")):
        print(f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}")
