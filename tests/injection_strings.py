"""Texts that have broken into other products, each pointing at something that can be watched.

They stand in `injection_strings.jsonl`, one a line: SQL and its escapes, shells, templates, markup, formulas, headers,
paths, strange unicode, nothing, directories, logs, ReportLab's paragraphs, format strings, addresses, numbers, objects
and connection texts. What they want to read is a file, what they want to write another one, where they want to go is
a port or a name of the network, what they want computed is a product.
"""

import json
from dataclasses import dataclass
from pathlib import Path

#: 7331 times 1337, which stands in none of the texts.
PRODUCT = "9801547"
#: What the file holds that must not be read.
FILE_CONTENT = "canary-of-a-file-4f1c"
_FILE = Path(__file__).with_name("injection_strings.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """What is watched: a file to read, a file to write, a port of this machine, a name of the network."""

    readable: str
    writable: str
    port: int
    name: str


def injection_strings(canaries: Canaries) -> tuple[str, ...]:
    """Return all of them, always in the same order."""
    texts = []
    for line in _FILE.read_text("utf-8").splitlines():
        text: str = json.loads(line)
        text = text.replace("@READ@", canaries.readable).replace("@WRITE@", canaries.writable)
        texts.append(text.replace("@PORT@", str(canaries.port)).replace("@NAME@", canaries.name))
    return tuple(texts)
