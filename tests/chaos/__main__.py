"""`python -m tests.chaos [names] [--seed N] [--quick]`: breaks everything, and prints what held."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import time
import traceback
from random import Random

from tests import services
from tests.chaos.rows import ELSEWHERE, ROWS, Row
from tests.chaos.scene import the_servers
from tests.chaos.trial import HURRY, Trial


def main() -> int:
    """0 = everything held."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to end, everything ends
    options = _options()
    chosen = [row for row in ROWS if not options.names or row.name in options.names]
    print(f"seed {options.seed}", flush=True)
    failed = []
    with services.a_folder() as root, the_servers() as servers:
        for row in chosen:
            folder = root / row.name
            folder.mkdir()
            luck = Random(f"{options.seed} {row.name}")
            trial = Trial(servers, folder, luck, HURRY if options.quick else {})
            if not _held(row, trial, quick=options.quick):
                failed.append(row.name)
    if not options.names:
        print("\ntried elsewhere:")
        for name, place in ELSEWHERE.items():
            print(f"  {name:<20} {place}")
    print("failed: " + ", ".join(failed) if failed else "all of it held")
    return len(failed)


def _held(row: Row, trial: Trial, *, quick: bool) -> bool:
    begun = time.monotonic()
    try:
        figures = row.run(trial, **(row.quick if quick else {}))
    except Exception:
        traceback.print_exc()
        figures, held = {}, False
    else:
        held = True
    print(f"\n{row.name}  {row.what}", flush=True)
    print(f"  {'held' if held else 'FAILED':<32} {time.monotonic() - begun:.1f} s")
    for name, figure in figures.items():
        print(f"  {name:<32} {figure}", flush=True)
    return held


def _options() -> argparse.Namespace:
    names = ", ".join(row.name for row in ROWS)
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of {names}; all of them if none is named")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--quick", action="store_true", help="the small form that CI runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
