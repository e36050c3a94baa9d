"""Examples of bodies and answers, and what shape an answer has that looks like its example.

The examples are real ones: `docs/make_api_examples.py` asked a small installation for them.
"""

import json
from pathlib import Path
from typing import Any

from core.api.inputs import Json

_FILE = Path(__file__).with_name("examples.json")
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
#: Names that are never null, wherever they stand.
_ALWAYS = ("id", "items", "total", "page", "limit", "name", "status", "version")
#: How deep names are told: below stand settings and values that differ from one thing to the next.
_DEPTH = 3


def load_examples() -> tuple[Json, Json]:
    """Return the bodies and the answers, each by operation, as in `POST /reports`."""
    found = json.loads(_FILE.read_text(encoding="utf-8"))
    return found["bodies"], found["answers"]


def shape_of(example: object, *, name: str = "", depth: int = 0) -> Json:
    """Return the JSON Schema of what looks like `example`: it has its names, and so have the items of a list."""
    if example is None or depth > _DEPTH:
        return {}
    if isinstance(example, dict):
        return _or_null(_object(example, depth, is_whole=not name), name, depth)
    if isinstance(example, list):
        items = shape_of(example[0], depth=depth + 1) if name == "items" and example else {}
        return _or_null({"type": "array", "items": items}, name, depth)
    kind = "number" if isinstance(example, float) or name.endswith("_s") else _TYPES[type(example)]
    return _or_null({"type": kind}, name, depth)


def _object(example: Json, depth: int, *, is_whole: bool) -> Json:
    properties = {key: shape_of(value, name=key, depth=depth + 1) for key, value in example.items()}
    shape: dict[str, Any] = {"type": "object", "properties": properties}
    # An object inside may stand for one of several, or have names of its own.
    return shape | ({"required": list(example)} if is_whole else {})


def _or_null(shape: Json, name: str, depth: int) -> Json:
    if depth == 0 or name in _ALWAYS or not name:
        return shape
    return {**shape, "type": [shape["type"], "null"]}
