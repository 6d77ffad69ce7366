"""The benchmark still runs: tiny, so that its figures say nothing and only rot is noticed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.__main__ import main


def test_every_part_that_needs_no_download_can_be_measured(tmp_path: Path) -> None:
    told = tmp_path / "bench.json"
    sections = ["far-away", "door"]

    assert main(["--people", "40", "--runs", "1", "--json", str(told), "--only", *sections]) == 0

    rows = json.loads(told.read_text())["rows"]
    assert rows["Volley's worker at 100 ms"]["a second"] > 0
    assert rows["receipts"]["a second"] > 0


def test_finding_people_can_be_measured(tmp_path: Path) -> None:
    told = tmp_path / "bench.json"

    assert main(["--people", "60", "--json", str(told), "--only", "found"]) == 0

    rows = json.loads(told.read_text())["rows"]
    assert rows["1,200 people, Premium: by filter"]["calls"] == 3
    picked = rows["1,200 people, Premium: picked"]
    assert (picked["calls"], picked["tokens"]) == (12, 120)
