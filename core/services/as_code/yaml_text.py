"""YAML in and out: the values that JSON has and no others, each with its line, always written the same way.

What YAML 1.1 reads as something else (`no`, `on`, `09:00`, `2026-11-23`, `1_000`) is text here, as in YAML 1.2, and is
quoted when written, so that no reader takes it for anything else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.errors import InvalidInput

MAX_BYTES = 8_000_000
_MAX_DEPTH = 60
_TAG = "tag:yaml.org,2002:"
_NULL, _BOOL, _INT, _FLOAT, _STR = (f"{_TAG}{name}" for name in ("null", "bool", "int", "float", "str"))
#: How plain words are read, by tag: pattern and first characters (YAML 1.2, 10.2, without octal and hexadecimal).
_READ = (
    (_NULL, re.compile(r"(?:~|null|Null|NULL|)"), ["~", "n", "N", ""]),
    (_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)"), list("tTfF")),
    (_INT, re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), list("-+0123456789")),
    (_FLOAT, re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), list("-+.0123456789")),
)
_MAX_DIGITS = 400


class YamlMistake(InvalidInput):
    """The file is not such YAML as is read here."""

    def __init__(self, user_message: str, *, line: int) -> None:
        """`line`: counted from 1."""
        self.line = line
        super().__init__(user_message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadYaml:
    """What a file says, and on which line each of its places begins, as in `fields[3].label`."""

    data: Any
    lines: Mapping[str, int]

    def line_of(self, place: str | None) -> int:
        """The line of a place, or of the nearest one around it."""
        at = place or ""
        while at and at not in self.lines:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        return self.lines.get(at, 1)


def read_yaml(text: str) -> ReadYaml:
    """Read one document. Raises YamlMistake."""
    if len(text) > MAX_BYTES:
        raise YamlMistake(f"A file has at most {MAX_BYTES // 1_000_000} MB.", line=1)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlMistake(f"This is not YAML: {error.problem}.", line=mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise YamlMistake("This is not YAML: it holds characters that no text has.", line=1) from error
    lines: dict[str, int] = {"": 1}
    return ReadYaml(data=None if node is None else _value(node, "", lines), lines=lines)


def write_yaml(data: object) -> str:
    """Write values as they stand: keys in their order, texts of several lines as blocks."""
    written: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**31
    )
    return written


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Composes nodes; they are read by `_value`, which makes nothing but JSON of them."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name and kind
    _depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlMistake("Anchors (&) and aliases (*) are not read here. Write it out.", line=line)
        if self._depth >= _MAX_DEPTH:
            raise YamlMistake(f"This nests more than {_MAX_DEPTH} levels deep.", line=line)
        self._depth += 1
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Dumper(yaml.SafeDumper):  # type: ignore[misc] # PyYAML has no types
    """Writes lists indented and repeats what comes twice."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _write_text(dumper: yaml.SafeDumper, value: str) -> ScalarNode:
    return dumper.represent_scalar(_STR, value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _write_text)
for _tag, _pattern, _first in _READ:
    _whole = re.compile(f"(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(_tag, _whole, _first)
    _Dumper.add_implicit_resolver(_tag, _whole, _first)


def _value(node: Node, place: str, lines: dict[str, int]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(node, place, lines)
    if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
        return [_value(item, f"{place}[{index}]", lines) for index, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: MappingNode, place: str, lines: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode) or key_node.tag != _STR:
            raise YamlMistake("A key is a text; put it in quotes.", line=line)
        key = str(key_node.value)
        if key in found:
            raise YamlMistake(f"'{key[:80]}' is there twice.", line=line)
        inner = f"{place}.{key}" if place else key
        lines.setdefault(inner, line)
        found[key] = _value(value_node, inner, lines)
    return found


def _scalar(node: Node) -> Any:
    words, line = node.value, node.start_mark.line + 1
    match node.tag:
        case tag if tag == _STR:
            return words
        case tag if tag == _NULL:
            return None
        case tag if tag == _BOOL:
            return words.lower() == "true"
        case tag if tag in (_INT, _FLOAT) and len(words) <= _MAX_DIGITS:
            number = int(words) if tag == _INT else float(words)
            if abs(number) != float("inf"):
                return number
            raise YamlMistake("This number is too large.", line=line)
    raise YamlMistake("Only texts, numbers, true, false, null, lists and keys are read here.", line=line)
