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


def last_text(stage: Stage) -> float:
    """When the newest text left for Twilio, in Unix seconds."""
    return max(float(text["asked"] - text["lag"]) for text in list(stage.twilio.accepted))


def test_a_text_to_five_overtakes_one_to_thousands_within_ten_seconds(stage: Stage) -> None:
    big = draft(stage, range(FEW + 1, PEOPLE + 1))
    small = draft(stage, range(1, FEW + 1))
    few = stage.rep.progress(small)["counts"]["ready"]
    assert few >= 5
    send(stage, big)
    wait_until(lambda: stage.has_texted(300), seconds=30)

    begun = time.monotonic()
    send(stage, small)
    said = stage.rep.progress(small)
    while said["counts"].get("ready", 0) + said["counts"].get("sending", 0):
        said = stage.rep.progress(small)
        time.sleep(0.05)  # the worker works meanwhile
    seconds = time.monotonic() - begun

    print(f"{few} people handed over in {seconds:.2f} s")
    assert seconds < 10
    assert stage.rep.progress(big)["counts"]["ready"] > 1_000


@pytest.mark.parametrize(("press", "phase"), [("pause", "paused"), ("cancel", "canceled")])
def test_no_text_leaves_a_second_after_pause_or_stop(stage: Stage, press: str, phase: str) -> None:
    batch = draft(stage, range(1, PEOPLE + 1))
    send(stage, batch)
    wait_until(lambda: stage.has_texted(500), seconds=30)

    answer = stage.rep.post(f"{batch}/{press}")
    answered = time.time()
    assert answer.status_code == 202, answer.text
    time.sleep(2)  # in which no text leaves

    print(f"the last text left {last_text(stage) - answered:+.2f} s after {press}")
    assert last_text(stage) - answered < 1
    said = stage.rep.progress(batch)
    assert said["phase"] == phase
    assert not said["counts"].get("sending", 0) + said["counts"].get("unconfirmed", 0)
    left = said["counts"].get("ready", 0) + said["counts"].get("canceled", 0)
    assert left > 1_000


def test_what_is_on_the_wire_grows_with_success_and_shrinks_where_twilio_says_no(
    stage: Stage,
) -> None:
    world = stage.twilio
    world.latency = 0.3  # long enough that a slow machine has twenty on the wire, too
    batch = draft(stage, range(1, PEOPLE + 1))
    send(stage, batch)
    wait_until(lambda: world.concurrent_max >= 18, seconds=30, what="twenty at once")

    world.latency, world.concurrency_limit = 0.1, 6
    time.sleep(3)  # halved, and after a pause halved again, until it fits
    taken, asked = len(world.accepted), len(world.requests)
    world.concurrent_max = 0
    time.sleep(3)  # it tries one more now and then
    taken, asked = len(world.accepted) - taken, len(world.requests) - asked

    print(f"at most {world.concurrent_max} at once, {asked - taken} of {asked} refused")
    assert world.concurrent_max <= 10
    assert taken > 10
    assert asked - taken < asked / 4
    world.concurrency_limit = None
    stage.rep.post(f"{batch}/cancel")
    said = stage.rep.until(batch, "canceled")
    assert not said["counts"].get("failed", 0) + said["counts"].get("unconfirmed", 0)
    assert max(stage.texted().values()) == 1
