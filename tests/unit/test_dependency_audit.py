"""The look-up of known vulnerabilities: what fails it, what does not, and that an index out of reach is no fault."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "audit_dependencies.py"
KNOWN = {"id": "PYSEC-1", "aliases": ["CVE-2023-33733"], "fixed_in": ["3.6.13"], "withdrawn": None}


class Index(BaseHTTPRequestHandler):
    """Answers as PyPI does about three packages."""

    told: ClassVar[dict[str, list[dict[str, Any]]]] = {
        "/reportlab/3.6.12/json": [KNOWN],
        "/jinja2/3.1.6/json": [KNOWN | {"id": "PYSEC-2", "aliases": [], "withdrawn": "2024-01-01T00:00:00Z"}],
        "/anyio/4.9.0/json": [],
    }

    def do_GET(self) -> None:
        """Answer."""
        found = self.told.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"vulnerabilities": found}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("# a lock\nanyio==4.9.0\nJinja2==3.1.6\nreportlab[x]==3.6.12 ; python_version > '3'\nours==1\n")
    return path


def audited(requirements: Path, index: str, accepted: str = "") -> "subprocess.CompletedProcess[str]":
    file = requirements.with_name("accepted.txt")
    file.write_text(accepted)
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--index", index, "--accepted", str(file), str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_known_fails_until_it_is_accepted_with_a_reason(index: str, requirements: Path) -> None:
    found = audited(requirements, index)
    assert found.returncode == 1
    assert "reportlab 3.6.12: PYSEC-1, CVE-2023-33733, mended in 3.6.13" in found.stdout
    assert "Not at" in found.stdout
    assert "ours 1" in found.stdout
    assert "PYSEC-2" not in found.stdout, "it was withdrawn"
    accepted = audited(requirements, index, "CVE-2023-33733 no text of people reaches its paragraphs unescaped\n")
    assert (accepted.returncode, "1 accepted" in accepted.stdout) == (0, True)
    assert audited(requirements, index, "CVE-2023-33733\n").returncode == 1, "no reason"
    stale = audited(requirements, index, "CVE-2023-33733 a reason\nCVE-1999-1 a reason\n")
    assert (stale.returncode, "take it out" in stale.stdout) == (1, True)


def test_an_index_out_of_reach_is_said_and_fails_nothing(requirements: Path) -> None:
    skipped = audited(requirements, "http://127.0.0.1:9")
    assert skipped.returncode == 0
    assert skipped.stdout.startswith("SKIPPED: known vulnerabilities were not looked up")
