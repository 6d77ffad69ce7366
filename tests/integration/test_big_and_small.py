"""Thousands of texts under way on the real processes: small ones overtake, pauses and stops are heard."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.servers import wait_until
from tests.staged import Stage, a_stage

PEOPLE, FEW, TEXT = 2_500, 8, "We open at nine."


@pytest.fixture
def stage(
    database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Twilio takes a tenth of a second for a text, and twenty at once."""
    folder = tmp_path_factory.mktemp("fleet")
    with a_stage(database_url, valkey_url, folder, people=PEOPLE, latency=0.1) as stage:
        stage.pipedrive.allow_at_once = True
        yield stage


def draft(stage: Stage, people: range) -> str:
    batch = stage.rep.click(stage.pipedrive.link_url(people))
    stage.rep.until(batch, "draft")
    return batch


def send(stage: Stage, batch: str) -> None:
    assert stage.rep.send(batch, TEXT).status_code == 202


def on_the_wire(stage: Stage, batch: str) -> int:
    """How many people's texts may have left, and nobody knows yet."""
    counts = stage.rep.progress(batch)["counts"]
    return int(counts.get("sending", 0) + counts.get("unconfirmed", 0))


def last_text(stage: Stage) -> float:
    """When the newest text left for Twilio, in Unix seconds."""
    return max(float(text["asked"] - text["lag"]) for text in list(stage.twilio.accepted))


def test_a_text_to_five_overtakes_one_to_thousands(stage: Stage) -> None:
    big = draft(stage, range(FEW + 1, PEOPLE + 1))
    small = draft(stage, range(1, FEW + 1))
    few = stage.rep.progress(small)["counts"]["ready"]
    assert few >= 5
    send(stage, big)
    wait_until(lambda: stage.has_texted(300), seconds=60)

    begun = time.monotonic()
    send(stage, small)
    said = stage.rep.progress(small)
    while said["counts"].get("ready", 0) + said["counts"].get("sending", 0):
        said = stage.rep.progress(small)
        time.sleep(0.05)  # the worker works meanwhile
    seconds = time.monotonic() - begun

    print(f"{few} people handed over in {seconds:.2f} s")
    assert stage.rep.progress(big)["counts"]["ready"] > 1_000


@pytest.mark.parametrize(("press", "phase"), [("pause", "paused"), ("cancel", "canceled")])
def test_no_text_leaves_a_second_after_pause_or_stop(stage: Stage, press: str, phase: str) -> None:
    batch = draft(stage, range(1, PEOPLE + 1))
    send(stage, batch)
    wait_until(lambda: stage.has_texted(500), seconds=60)

    answer = stage.rep.post(f"{batch}/{press}")
    answered = time.time()
    assert answer.status_code == 202, answer.text
    # Two seconds in which a text might leave, and until what was on the wire is answered.
    wait_until(
        lambda: time.time() > answered + 2 and not on_the_wire(stage, batch), seconds=60, every=0.1
    )

    print(f"the last text left {last_text(stage) - answered:+.2f} s after {press}")
    assert last_text(stage) - answered < 1
    said = stage.rep.progress(batch)
    assert said["phase"] == phase
    left = said["counts"].get("ready", 0) + said["counts"].get("canceled", 0)
    assert left > 1_000


def test_what_is_on_the_wire_grows_with_success_and_shrinks_where_twilio_says_no(
    stage: Stage,
) -> None:
    world = stage.twilio
    world.latency = 0.3  # long enough that a slow machine has twenty on the wire, too

    def fits() -> bool:
        """Few of the next texts are refused, and hardly more than fit are on the wire."""
        taken, asked, world.concurrent_max = len(world.accepted), len(world.requests), 0
        wait_until(lambda: len(world.requests) >= asked + 80, seconds=60, what="more texts")
        taken, asked = len(world.accepted) - taken, len(world.requests) - asked
        print(f"at most {world.concurrent_max} at once, {asked - taken} of {asked} refused")
        return world.concurrent_max <= 10 and asked - taken < asked / 4

    batch = draft(stage, range(1, PEOPLE + 1))
    send(stage, batch)
    wait_until(lambda: world.concurrent_max >= 18, seconds=60, what="twenty at once")

    world.latency, world.concurrency_limit = 0.1, 6
    wait_until(fits, seconds=120, what="fewer at once")  # halved, and halved again after a pause

    world.concurrency_limit = None
    stage.rep.post(f"{batch}/cancel")
    said = stage.rep.until(batch, "canceled")
    assert not said["counts"].get("failed", 0) + said["counts"].get("unconfirmed", 0)
    assert max(stage.texted().values()) == 1
