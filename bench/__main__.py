"""Every bench in one command: prints their tables and writes each to its part of bench/RESULTS.md.

python -m bench [start|workspace|query|grouped|export|pdf|chart|schedules|kills …] [--options]

Options are those of one bench, as in `kills --slots 10000`; what they ask for is printed and not written down.
"""

import itertools
import subprocess
import sys
from pathlib import Path

from bench.figures import machine

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
#: Each runs in a process of its own, so that none warms or burdens another.
BENCHES = {
    "start": "Starting",
    "workspace": "The demo workspace",
    "people": "People in the builder",
    "query": "Previews and compiling",
    "grouped": "Grouped previews of ten million rows, beside SQL written by hand",
    "export": "Files",
    "csv": "CSV straight from the source",
    "xlsx": "Excel",
    "pdf": "PDF",
    "chart": "Pictures of charts",
    "schedules": "Schedules at scale",
    "burst": "Recipients from data",
    "fire_times": "Fire times of every timezone",
    "kills": "Daemons that are killed",
    "forged": "Forged tokens",
    "injection": "Texts that must not be run",
    "schemas": "The API beside its own document",
    "api": "Reads of the API while files are made",
}


def main(arguments: list[str]) -> None:
    """Run the named benches, or all of them; the parts of the others stay as they are."""
    names = list(itertools.takewhile(lambda argument: not argument.startswith("--"), arguments))
    options = arguments[len(names) :]
    if options:
        subprocess.run([sys.executable, "-m", f"bench.{names[0]}_bench", *options], check=True)
        return
    parts = written(RESULTS.read_text() if RESULTS.exists() else "")
    for name in names or BENCHES:
        output = subprocess.run(
            [sys.executable, "-m", f"bench.{name}_bench"], stdout=subprocess.PIPE, text=True, check=True
        )
        parts[BENCHES[name]] = f"{machine()}\n\n{output.stdout.strip()}"
        print(f"## {BENCHES[name]}\n\n{parts[BENCHES[name]]}\n")
        known = [title for title in BENCHES.values() if title in parts]
        RESULTS.write_text("\n\n".join(["# Measured", *(f"## {title}\n\n{parts[title]}" for title in known)]) + "\n")


def written(text: str) -> dict[str, str]:
    """The parts of a file of results, by title."""
    found = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {title.strip(): content.strip() for title, _, content in found}


if __name__ == "__main__":
    main(sys.argv[1:])
