"""A clean stop leaves nobody unconfirmed: what is on the wire is waited for, on real processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.servers import wait_until
from tests.staged import Stage, a_stage

TEXT = "We open at nine."


def stop_worker(stage: Stage, how: str) -> None:
    """SIGTERM to Dramatiq's master alone, or to the whole group as systemd and Ctrl-C do."""
    if how == "the group":
        stage.fleet.stop("worker")
        return
    running = stage.fleet.running.pop("worker")
    os.kill(running.pid, signal.SIGTERM)
    running.wait(25)


@pytest.mark.parametrize("how", ["the master", "the group"])
def test_a_worker_stopped_in_the_middle_leaves_nobody_unconfirmed(
    how: str, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    with a_stage(database_url, valkey_url, tmp_path, people=600, latency=0.3) as stage:
        batch = stage.everybody()
        ready = stage.rep.progress(batch)["counts"]["ready"]
        assert stage.rep.send(batch, TEXT).status_code == 202
        wait_until(lambda: len(stage.twilio.accepted) > 100, seconds=60)

        stop_worker(stage, how)

        counts = stage.rep.progress(batch)["counts"]
        assert counts.get("sending", 0) == counts.get("unconfirmed", 0) == 0, stage.fleet.printed()
        assert counts["ready"] == ready - len(stage.texted())
        stage.fleet.start("worker")
        wait_until(lambda: len(stage.twilio.accepted) > ready - counts["ready"] + 20, seconds=60)
        assert max(stage.texted().values()) == 1
