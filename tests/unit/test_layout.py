"""The house rules that no linter knows: small files, screens and daemon that know the services only, a light start."""

import ast
import subprocess
import sys
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


def test_nothing_draws_with_paragraphs_whose_markup_runs() -> None:
    """ReportLab evaluates attributes of its paragraphs' markup (CVE-2023-33733)."""
    imported = {name for path in _python_files("core", "pages") for name in _imported(path)}
    assert not {name for name in imported if name.startswith(("reportlab.platypus", "reportlab.lib.rparsexml"))}


def test_migrations_do_not_import_the_typed_tables() -> None:
    """A migration says what was true when it was written; the tables move on."""
    imported = {name for path in _python_files("core/db/migrations") for name in _imported(path)}
    assert not {name for name in imported if name.startswith("core")}


@pytest.mark.parametrize(
    ("modules", "kept_out"),
    [
        ("core.launcher.up", {"pandas", "pyarrow", "duckdb", "alembic", "streamlit", "core.bootstrap"}),
        ("core.bootstrap, core.api.public_routes", {"pandas", "alembic", "fastapi", "reportlab", "procrastinate"}),
        ("core.bootstrap.daemon", {"pandas", "alembic", "fastapi", "reportlab", "plotly", "core.demo.generator"}),
    ],
)
def test_a_start_loads_only_what_it_needs(modules: str, kept_out: set[str]) -> None:
    """Each of these costs a second start up to a second; they are loaded when they are first used."""
    program = f"import sys, os, {modules}; print(*sys.modules, flush=True); os._exit(0)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert kept_out.isdisjoint(loaded.stdout.split())
