"""Lays compiled SQL out for people: its values in their places, one clause a line, what is nested further in.

Only white space changes, and places become values. The text is for reading and copying; what runs is never made of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Dialect

from core.catalog.sources.connector import CompiledQuery

#: The white space before a token, and one of: something quoted, a place for a value, a bracket or comma, a word.
_TOKEN = re.compile(
    r"""(\s*)(?:("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`)"""
    r"""|(%s|\$\d+|\{p\d+:[^}]+\})|([(),])|((?:%%|[^\s"'`(),%$])+|[%$]))"""
)
_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "HAVING", "LIMIT", "OFFSET", "UNION", "WITH", "GROUP", "ORDER"})
_JOINS = frozenset({"LEFT", "RIGHT", "INNER", "CROSS", "FULL", "JOIN"})
_INDENT = "  "
#: Engines in whose texts a backslash begins an escape.
_ESCAPING = ("mysql", "mariadb", "clickhouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """One piece of SQL, and whether white space stands before it."""

    text: str
    gap: bool
    is_word: bool


def laid_out(compiled: CompiledQuery, dialect: Dialect) -> str:
    """Return a statement for people."""
    tokens = list(_tokens(compiled, dialect))
    layout = _Layout()
    for number, token in enumerate(tokens):
        layout.add(token, tokens[number + 1 : number + 3])
    return "".join(layout.parts).strip()


def _tokens(compiled: CompiledQuery, dialect: Dialect) -> Iterator[_Token]:
    # A driver that takes `%s` has every other percent sign doubled.
    is_doubled = dialect.paramstyle in ("format", "pyformat")
    in_order = iter(compiled.parameters)
    for found in _TOKEN.finditer(compiled.sql):
        space, quoted, place, mark, word = found.groups()
        if place is not None:
            text = _value(place, compiled.parameters, in_order, escapes=dialect.name in _ESCAPING)
        else:
            text = quoted or mark or word
            text = text.replace("%%", "%") if is_doubled else text
        yield _Token(text=text, gap=bool(space), is_word=word is not None)


def _value(place: str, values: Sequence[object], in_order: Iterator[object], *, escapes: bool) -> str:
    """What stands in a place: `%s` takes the next value, `$2` and `{p2:Int64}` the second."""
    if place == "%s":
        return literal(next(in_order), escapes=escapes)
    if place.startswith("$"):
        return literal(values[int(place[1:]) - 1], escapes=escapes)
    name, _, kind = place[1:-1].partition(":")
    value = values[int(name[1:]) - 1]
    if isinstance(value, date):
        return f"CAST('{value}' AS {kind})"
    return literal(value, escapes=escapes)


def literal(value: object, *, escapes: bool) -> str:
    """Return a value as SQL writes it; `escapes`: a backslash has to be doubled."""
    match value:
        case None:
            return "NULL"
        case bool() | int() | float() | Decimal():
            return str(value).upper()
        case datetime():
            zoned = "" if value.tzinfo is None else " WITH TIME ZONE"
            return f"TIMESTAMP{zoned} '{value}'"
        case date():
            return f"DATE '{value}'"
        case list() | tuple():
            return f"[{', '.join(literal(each, escapes=escapes) for each in value)}]"
    text = str(value).replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if escapes else text) + "'"


@dataclass(slots=True, kw_only=True)
class _Block:
    """What stands between two brackets; a query has lines of its own."""

    is_query: bool
    clause: str = ""
    is_between: bool = False  #: the next AND belongs to a BETWEEN


@dataclass(slots=True, kw_only=True)
class _Layout:
    """The text so far, and the brackets that are open."""

    parts: list[str] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=lambda: [_Block(is_query=True)])
    before: str = ""  #: the word before, in lines that are a query's own

    def add(self, token: _Token, following: Sequence[_Token]) -> None:
        """Put a token behind what there is."""
        if token.text == "(" and not token.is_word:
            self._say(token)
            opens_query = bool(following) and following[0].is_word and following[0].text in ("SELECT", "WITH")
            self.blocks.append(_Block(is_query=opens_query))
        elif token.text == ")" and len(self.blocks) > 1:
            if self.blocks.pop().is_query:
                self._line()
            self._say(token)
        elif not self.blocks[-1].is_query:
            self._say(token)
        else:
            self._add_to_query(token, [one.text for one in following if one.is_word])
        self.before = token.text

    def _add_to_query(self, token: _Token, following: Sequence[str]) -> None:
        block = self.blocks[-1]
        if token.is_word and self._begins_clause(token.text, following):
            block.clause = token.text
            self._line()
            self.parts.append(token.text)
            if token.text == "SELECT":
                self._line(1)
        elif token.is_word and token.text == "AND" and not block.is_between:
            self._line(1)
            self.parts.append(token.text)
        else:
            self._say(token)
            if token.text == "," and block.clause == "SELECT":
                self._line(1)
            if token.is_word and token.text in ("BETWEEN", "AND"):
                block.is_between = token.text == "BETWEEN"

    def _begins_clause(self, word: str, following: Sequence[str]) -> bool:
        if word in _CLAUSES:
            return self.before != "WITHIN" and (word not in ("GROUP", "ORDER") or following[:1] == ["BY"])
        if word not in _JOINS:
            return False
        return self.before not in (*_JOINS, "OUTER") and (word == "JOIN" or "JOIN" in following)

    def _say(self, token: _Token) -> None:
        is_at_start = not self.parts or self.parts[-1].endswith((" ", "\n"))
        self.parts.append(token.text if is_at_start or not token.gap else f" {token.text}")

    def _line(self, further: int = 0) -> None:
        """Begin a line, `further` in than the query it belongs to."""
        while self.parts and not self.parts[-1].strip():
            self.parts.pop()
        depth = sum(block.is_query for block in self.blocks) - 1 + further
        self.parts.append("\n" + _INDENT * depth)
