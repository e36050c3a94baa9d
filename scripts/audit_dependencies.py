"""Asks PyPI for known vulnerabilities of every pinned package; needs nothing but Python.

python scripts/audit_dependencies.py [--index ADDRESS] [--accepted FILE] requirements.txt …

The address is that of the index's JSON, as in `ADDRESS/<name>/<version>/json`; ADVISORY_INDEX where it is not given.

Exit code 1: one is known that the file of accepted ones does not name with a reason, or a name there fits none.
Where PyPI cannot be reached, or has no answer about a package, that is said and nothing fails.
"""

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

INDEX = os.environ.get("ADVISORY_INDEX", "")
ACCEPTED = Path(__file__).with_name("accepted_vulnerabilities.txt")
_TIMEOUT_S = 10
_AT_ONCE = 8
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A vulnerability of a pinned package, under all its names."""

    package: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]


class UnreachableError(Exception):
    """The index does not answer."""


def pins(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Every pinned package once."""
    lines = (line for path in paths for line in path.read_text("utf-8").splitlines())
    return sorted({(found[1].lower(), found[2]) for line in lines if (found := _PIN.match(line.strip()))})


def accepted_in(path: Path) -> dict[str, str]:
    """What is lived with, a line each: the name, then why."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    entries = (line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))
    found = {entry[0]: entry[1] if len(entry) > 1 else "" for entry in entries}
    without = [name for name, reason in found.items() if not reason]
    if without:
        sys.exit(f"{path}: say why {', '.join(without)} is accepted.")
    return found


def ask(index: str, pin: tuple[str, str]) -> list[Known] | None:
    """Vulnerabilities of one package; None where the index does not know it. Raises UnreachableError."""
    name, version = pin
    try:
        with urllib.request.urlopen(f"{index}/{name}/{version}/json", timeout=_TIMEOUT_S) as answer:
            told = json.load(answer)["vulnerabilities"]
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise UnreachableError(f"{error.code} {error.reason}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreachableError(str(error)) from error
    return [
        Known(package=f"{name} {version}", names=(one["id"], *one["aliases"]), fixed_in=tuple(one["fixed_in"]))
        for one in told
        if not one.get("withdrawn")
    ]


def main() -> int:
    """Ask about everything and say what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("requirements", nargs="+", type=Path)
    options.add_argument("--index", default=INDEX)
    options.add_argument("--accepted", type=Path, default=ACCEPTED)
    given = options.parse_args()
    if not given.index:
        print("SKIPPED: known vulnerabilities were not looked up, ADVISORY_INDEX names no index to ask.")
        return 0
    packages, accepted = pins(given.requirements), accepted_in(given.accepted)
    try:
        first = ask(given.index, packages[0])  # one try tells whether anybody is there
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = [first, *pool.map(lambda pin: ask(given.index, pin), packages[1:])]
    except UnreachableError as error:
        print(f"SKIPPED: known vulnerabilities were not looked up, {given.index} does not answer ({error}).")
        return 0
    unknown = [" ".join(pin) for pin, answer in zip(packages, answers, strict=True) if answer is None]
    known = [one for answer in answers for one in answer or ()]
    bad = [one for one in known if not accepted.keys() & set(one.names)]
    stale = [name for name in accepted if not any(name in one.names for one in known)]
    for one in bad:
        print(f"{one.package}: {', '.join(one.names)}, mended in {', '.join(one.fixed_in) or 'no release yet'}")
    for name in stale:
        print(f"{given.accepted}: {name} fits no pinned package any more; take it out.")
    if unknown:
        print(f"Not at {given.index}, not looked up: {', '.join(unknown)}.")
    print(f"{len(packages)} packages, {len(known)} known vulnerabilities, {len(known) - len(bad)} accepted.")
    return int(bool(bad or stale))


if __name__ == "__main__":
    sys.exit(main())
