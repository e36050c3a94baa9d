"""The house rules that no linter knows: small files, and screens and daemon that know the services only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300
#: What screens and the daemon may import of the core.
OPEN_TO_SCREENS = ("core.services", "core.domain", "core.errors", "core.bootstrap", "core.settings")


def _python_files(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _python_files("core", "pages", "app.py", "scheduler_daemon.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


@pytest.mark.parametrize("place", ["pages", "scheduler_daemon.py"])
def test_screens_and_daemon_know_the_services_only(place: str) -> None:
    forbidden = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in _python_files(place)
        for name in _imported(path)
        if name.split(".")[0] == "core" and not name.startswith(OPEN_TO_SCREENS)
    }
    assert forbidden == set()


def test_migrations_do_not_import_the_typed_tables() -> None:
    """A migration says what was true when it was written; the tables move on."""
    imported = {name for path in _python_files("core/db/migrations") for name in _imported(path)}
    assert not {name for name in imported if name.startswith("core")}
