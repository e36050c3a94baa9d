"""Every bench in one command: prints their tables and writes them to bench/RESULTS.md.

python -m bench [start|workspace|query|export|pdf …]
"""

import subprocess
import sys
from pathlib import Path

from bench.figures import machine

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
#: Each runs in a process of its own, so that none warms or burdens another.
BENCHES = {
    "start": "Starting",
    "workspace": "The demo workspace",
    "query": "Previews and compiling",
    "export": "Files",
    "pdf": "PDF",
}


def main(names: list[str]) -> None:
    """Run the named benches, or all of them; only all of them together are written down."""
    parts = []
    for name in names or BENCHES:
        output = subprocess.run(
            [sys.executable, "-m", f"bench.{name}_bench"], stdout=subprocess.PIPE, text=True, check=True
        )
        part = f"## {BENCHES[name]}\n\n{output.stdout.strip()}\n"
        print(part)
        parts.append(part)
    if not names:
        RESULTS.write_text("\n".join(["# Measured", "", machine(), "", *parts]))


if __name__ == "__main__":
    main(sys.argv[1:])
