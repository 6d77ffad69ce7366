"""The small form of the suite, in every test run: what must never happen, tried for a minute or two."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.chaos.kills import naive_control
from tests.chaos.rows import ELSEWHERE, ROWS, Row
from tests.chaos.scene import Scene, Servers, the_servers
from tests.chaos.trial import HURRY, Sharing, Trial
from tests.fleet import ROOT

#: `SEED=7 pytest tests/chaos` tries another luck; a failure prints the one it had.
SEED = os.environ.get("SEED", "1")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a Valkey to kill."""
    with the_servers() as servers:
        yield servers


@pytest.fixture(scope="module")
def scene(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for several scenarios: whoever fails in it may take the next ones along."""
    folder = tmp_path_factory.mktemp("together")
    trial = Trial(servers, folder, Random(SEED), HURRY)
    with trial.scene(people=0, twilio="--latency 0.1 --lose 0.5") as scene:
        yield scene


def luck(name: str) -> Random:
    print(f"seed {SEED}")
    return Random(f"{SEED} {name}")


def rows(in_ci: str) -> list[Row]:
    return [row for row in ROWS if row.in_ci == in_ci]


@pytest.mark.parametrize("row", rows("together"), ids=lambda row: f"{row.name} {row.what}")
def test_one_after_the_other_nobody_is_texted_twice_and_nobody_is_forgotten(
    row: Row, servers: Servers, scene: Scene, tmp_path: Path
) -> None:
    row.run(Sharing(servers, tmp_path, luck(row.name), there=scene), **row.quick)


@pytest.mark.parametrize("row", rows("alone"), ids=lambda row: f"{row.name} {row.what}")
def test_nobody_is_texted_twice_and_nobody_is_forgotten(
    row: Row, servers: Servers, tmp_path: Path
) -> None:
    row.run(Trial(servers, tmp_path, luck(row.name), HURRY), **row.quick)


def test_a_naive_worker_texts_somebody_twice_and_is_caught(
    servers: Servers, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="texted twice"):
        naive_control(Trial(servers, tmp_path, luck("naive"), HURRY))


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_is_said_to_be_tried_elsewhere_is_there(place: str) -> None:
    path, _, name = place.partition("::")

    assert f"def {name}" in (ROOT / path).read_text()
