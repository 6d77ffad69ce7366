"""What the tree promises: who imports whom, how long a file is, what lies at the top."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in ("web", "workers", "tests")
    for path in (ROOT / top).rglob("*.py")
)
#: Where a file lies → what of ours it may import (the longest prefix of a path decides).
MAY_IMPORT = {
    "web/": "web workers",
    "workers/": "workers",
    "workers/domain/": "workers.domain",
    "workers/ports/": "workers.domain workers.ports workers.settings",
    "workers/stages/": "workers.domain workers.ports workers.stages workers.settings",
    "workers/providers/": "workers.domain workers.ports workers.providers workers.settings",
    "workers/store/": "workers.domain workers.ports workers.store workers.settings",
    "tests/": "web workers tests",
    "tests/simulators/": "tests.simulators",
}
MAY_NOT_IMPORT = {
    "web/": "workers.providers workers.store",
    "workers/": "workers.providers workers.store",
    **dict.fromkeys(("workers/providers/", "workers/store/"), ""),
    # they put the parts together, or look at one of them
    **dict.fromkeys(("workers/runtime.py", "workers/commands.py"), ""),
    **dict.fromkeys(("workers/doctor", "workers/manifest.py"), ""),
}
#: The domain is plain: the standard library without effects, and one package in one corner each.
DOMAIN_PACKAGES = {
    "phone.py": {"phonenumbers"},
    "place.py": {"phonenumbers"},
    "text.py": {"liquid"},
    "liquid_rules.py": {"liquid"},
}
EFFECTS = {"asyncio", "logging", "os", "random", "secrets", "socket", "subprocess", "time"}
TOP = {
    *("web", "workers", "tests", "Procfile", "pyproject.toml", "README.md", "LICENSE"),
    *("CHANGELOG.md", ".ci", ".gitignore", "requirements.lock", "requirements-dev.lock"),
}
LONGEST_FILE = 250
NAMED_FOR_NOTHING = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager|base|service)\.py$")
REGISTRIES = re.compile("|".join((r"pypi\.org", r"pythonhosted", r"npmjs", r"index-url *=")))


def _imports(path: str) -> Iterator[str]:
    """Every module that the file names, also inside functions."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _rule(rules: dict[str, str], path: str) -> tuple[str, ...]:
    prefix = max((prefix for prefix in rules if path.startswith(prefix)), key=len, default="")
    return tuple(f"{name}." for name in rules.get(prefix, "").split())


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    return listed.stdout.split("\n")[:-1]


@pytest.mark.parametrize("path", SOURCES)
def test_imports_follow_the_arrows(path: str) -> None:
    ours = [
        f"{name}." for name in _imports(path) if name.split(".")[0] in ("web", "workers", "tests")
    ]

    assert [name for name in ours if not name.startswith(_rule(MAY_IMPORT, path))] == []
    forbidden = _rule(MAY_NOT_IMPORT, path)
    assert [name for name in ours if forbidden and name.startswith(forbidden)] == []


@pytest.mark.parametrize("path", [path for path in SOURCES if "workers/domain/" in path])
def test_the_domain_is_plain_data_and_functions(path: str) -> None:
    roots = {name.split(".")[0] for name in _imports(path)} - {"workers"}
    allowed = DOMAIN_PACKAGES.get(Path(path).name, set()) | set(sys.stdlib_module_names) - EFFECTS

    assert roots <= allowed


@pytest.mark.parametrize("path", SOURCES)
def test_a_file_fits_in_a_head(path: str) -> None:
    lines = (ROOT / path).read_text().count("\n")

    assert lines <= LONGEST_FILE


def test_files_are_named_for_what_they_hold() -> None:
    assert [path for path in SOURCES if NAMED_FOR_NOTHING.search(path)] == []


def test_the_top_level_holds_what_it_should_and_no_more() -> None:
    top = {path.split("/")[0] for path in _tracked()}

    assert top <= TOP


def test_no_committed_file_names_a_registry_of_packages() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    named = [
        path
        for path in _tracked()
        if path != here and (ROOT / path).is_file()
        if REGISTRIES.search((ROOT / path).read_text(errors="ignore"))
    ]

    assert named == []


def test_locked_packages_all_carry_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
        assert len(blocks) > 50
        assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_ci_runs_exactly_what_the_readme_says() -> None:
    last = (ROOT / ".ci/run").read_text().strip().splitlines()[-1]

    assert last.endswith("-m tests")
    assert last in (ROOT / "README.md").read_text().splitlines()
