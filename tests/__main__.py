"""`python -m tests`: everything that must be right before a change lands; pytest speaks last."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_CHECKS = {
    "lint": ("ruff", "check"),
    "format": ("ruff", "format", "--check"),
    "types": ("mypy",),
}
# -v takes back the -q of pyproject, so that the closing line is the usual one
_PYTEST = (sys.executable, "-m", "pytest", "-v", "--durations=10")
_WAITING = ("tests/browser", "tests/chaos")
_INTEGRATION = "tests/integration"


def main(arguments: list[str]) -> int:
    """0 = all of it is right; arguments go to pytest."""
    failed = [name for name, command in _CHECKS.items() if not _passes(name, command)]
    tests = _tests(arguments) if arguments else _all_tests()
    if failed:
        print("failed before the tests:", ", ".join(failed), file=sys.stderr)
    return tests or len(failed)


def _all_tests() -> int:
    """Most tests wait: for a browser, for processes, for a time. So three lots of them run at once."""
    files = sorted(str(file) for file in (_ROOT / _INTEGRATION).glob("test_*.py"))
    there = [*_WAITING, *files[::2]]
    with _beside(_WAITING) as waiting, _beside(files[::2]) as half:
        others = _tests([f"--ignore={path}" for path in there])
        return sum([others, waiting(), half()])


@contextmanager
def _beside(paths: Iterable[str]) -> Iterator[Callable[[], int]]:
    """What runs there beside us; asked how it ended, it ends first and then speaks."""
    with tempfile.TemporaryFile("w+") as said:
        tests = subprocess.Popen([*_PYTEST, *paths], cwd=_ROOT, stdout=said, stderr=said)

        def end() -> int:
            code = tests.wait()
            said.seek(0)
            print(said.read(), flush=True)
            return code

        try:
            yield end
        finally:
            tests.terminate()  # by then it has ended, unless we were told to
            tests.wait()


def _tests(arguments: list[str]) -> int:
    return subprocess.run([*_PYTEST, *arguments], cwd=_ROOT).returncode


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
