"""`python -m tests`: everything that must be right before a change lands; pytest speaks last."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_CHECKS = {
    "lint": ("ruff", "check"),
    "format": ("ruff", "format", "--check"),
    "types": ("mypy",),
}


def main(arguments: list[str]) -> int:
    """0 = all of it is right; arguments go to pytest."""
    failed = [name for name, command in _CHECKS.items() if not _passes(name, command)]
    # -v takes back the -q of pyproject, so that the closing line is the usual one
    tests = subprocess.run([sys.executable, "-m", "pytest", "-v", *arguments], cwd=_ROOT)
    if failed:
        print("failed before the tests:", ", ".join(failed), file=sys.stderr)
    return tests.returncode or len(failed)


def _passes(name: str, command: tuple[str, ...]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=_ROOT, capture_output=True, text=True
    )
    verdict = "FAILED" if done.returncode else "ok"
    print(f"{name:<8}{verdict}  {time.monotonic() - started:.1f} s", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
