"""The expression language of computed columns and measures: its text read into a tree, mistakes named by character."""

import re
from dataclasses import dataclass
from decimal import Decimal

from core.domain.expression_tree import (
    AGGREGATES,
    Binary,
    Call,
    Expression,
    Flag,
    In,
    IsEmpty,
    Name,
    Null,
    Number,
    Text,
    Unary,
    aggregates_in,
    children,
    field_names_in,
    measure_names_in,
    names_in,
    walk,
)
from core.errors import InvalidInput

__all__ = [
    "AGGREGATES",
    "Binary",
    "Call",
    "Expression",
    "Flag",
    "In",
    "IsEmpty",
    "Name",
    "Null",
    "Number",
    "Text",
    "Unary",
    "aggregates_in",
    "children",
    "field_names_in",
    "measure_names_in",
    "mistake_at",
    "names_in",
    "parse_expression",
    "walk",
]

MAX_CHARACTERS = 2_000
MAX_DEPTH = 40
_MAX_DIGITS = 30
_LARGEST_INTEGER = 2**63 - 1

_TOKEN = re.compile(
    r"""
    (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
    | (?P<text>'(?:[^']|'')*')
    | (?P<bracketed>\[(?:[^\]]|\]\])*\])
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><>|<=|>=|!=|[-+*/%=<>(),])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_RESERVED = frozenset({"and", "or", "not", "in", "is", "true", "false", "null"})
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
#: Binding strength of what stands between two operands; comparisons stand alone at theirs.
_LEVELS = {"or": 1, "and": 2, **dict.fromkeys(_COMPARISONS, 4), "in": 4, "is": 4, "not": 4}
_LEVELS |= {"+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_NOT_LEVEL = 3
_COMPARISON_LEVEL = 4
_MINUS_LEVEL = 7
_UNKNOWN = {
    "'": "this text has no closing quote.",
    '"': "texts stand in single quotes, names in square brackets.",
    "[": "this name has no closing bracket.",
}


def parse_expression(text: str) -> Expression:
    """Read an expression. Raises InvalidInput that says what is wrong at which character, counted from 1."""
    if not text.strip():
        raise InvalidInput("An expression is missing here.")
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"An expression has at most {MAX_CHARACTERS:,} characters; this one has {len(text):,}.")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("An expression must not hold NUL or half of a surrogate pair.")
    expression = _Parser(_tokens(text)).parse()
    _check_height(expression)
    return expression


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def shown(self) -> str:
        return f"'{self.text}'" if self.kind != "end" else "the end"


def mistake_at(position: int, reason: str) -> InvalidInput:
    """What is wrong at a character; `position` counts from 0, people from 1."""
    return InvalidInput(f"Character {position + 1}: {reason}")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            character = text[position]
            raise mistake_at(position, _UNKNOWN.get(character, f"'{character}' is not part of the language."))
        tokens.append(_token(str(found.lastgroup), found.group(), position))
        position = _SPACE.match(text, found.end()).end()  # type: ignore[union-attr]
    tokens.append(_Token(kind="end", text="", position=len(text)))
    return tokens


def _token(kind: str, text: str, position: int) -> _Token:
    """Reserved words are signs in lower case; `<>` is another spelling of `!=`."""
    if kind == "word" and text.lower() in _RESERVED:
        return _Token(kind="sign", text=text.lower(), position=position)
    return _Token(kind=kind, text="!=" if text == "<>" else text, position=position)


def _check_height(expression: Expression) -> None:
    level: list[Expression] = [expression]
    for _ in range(MAX_DEPTH):
        level = [child for part in level for child in children(part)]
        if not level:
            return
    raise InvalidInput(f"The expression nests more than {MAX_DEPTH} levels deep; compute parts of it by themselves.")


class _Parser:
    """Precedence climbing over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def parse(self) -> Expression:
        expression = self._operation(0)
        if self._next.kind != "end":
            raise mistake_at(self._next.position, f"{self._next.shown} is not expected here.")
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _accept(self, sign: str) -> bool:
        if self._next.kind == "sign" and self._next.text == sign:
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise mistake_at(self._next.position, f"'{sign}' is expected instead of {self._next.shown}.")

    def _operation(self, weakest: int) -> Expression:
        """An operand and every operator behind it that binds at least as strongly as `weakest`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise mistake_at(self._next.position, f"an expression nests at most {MAX_DEPTH} levels deep.")
        left = self._operand()
        compared = False
        while self._next.kind == "sign" and (level := _LEVELS.get(self._next.text, -1)) >= weakest:
            if level == _COMPARISON_LEVEL:
                if compared:
                    raise mistake_at(self._next.position, "comparisons are joined with 'and', as in a < b and b < c.")
                compared = True
            left = self._with_right_side(left, level)
        self._depth -= 1
        return left

    def _with_right_side(self, left: Expression, level: int) -> Expression:
        token = self._take()
        match token.text:
            case "is":
                negated = self._accept("not")
                self._expect_empty()
                return IsEmpty(operand=left, negated=negated, position=token.position)
            case "in":
                return In(operand=left, options=self._list(), position=token.position)
            case "not":
                self._expect("in")
                return In(operand=left, options=self._list(), negated=True, position=token.position)
            case operator:
                right = self._operation(level + 1)
                return Binary(operator=operator, left=left, right=right, position=token.position)

    def _expect_empty(self) -> None:
        token = self._take()
        if token.kind != "word" or token.text.lower() != "empty":
            raise mistake_at(token.position, f"'empty' is expected instead of {token.shown}.")

    def _list(self) -> tuple[Expression, ...]:
        """Expressions in parentheses, at least one."""
        self._expect("(")
        items = [self._operation(0)]
        while self._accept(","):
            items.append(self._operation(0))
        self._expect(")")
        return tuple(items)

    def _operand(self) -> Expression:
        token = self._take()
        match token.kind:
            case "number":
                return Number(value=_number(token), position=token.position)
            case "text":
                return Text(value=token.text[1:-1].replace("''", "'"), position=token.position)
            case "bracketed":
                return Name(name=_bracketed(token), position=token.position)
            case "word":
                if self._next.kind == "sign" and self._next.text == "(":
                    return Call(function=token.text.lower(), arguments=self._arguments(), position=token.position)
                return Name(name=token.text, position=token.position)
            case _:
                return self._signed(token)

    def _arguments(self) -> tuple[Expression, ...]:
        if self._tokens[self._at + 1].text == ")" and self._tokens[self._at + 1].kind == "sign":
            self._at += 2
            return ()
        return self._list()

    def _signed(self, token: _Token) -> Expression:
        """An operand that begins with a sign or a reserved word."""
        match token.text:
            case "-":
                return Unary(operator="-", operand=self._operation(_MINUS_LEVEL), position=token.position)
            case "not":
                return Unary(operator="not", operand=self._operation(_NOT_LEVEL), position=token.position)
            case "(":
                inner = self._operation(0)
                self._expect(")")
                return inner
            case "true" | "false":
                return Flag(value=token.text == "true", position=token.position)
            case "null":
                return Null(position=token.position)
            case _:
                raise mistake_at(token.position, f"a value is expected instead of {token.shown}.")


def _number(token: _Token) -> int | Decimal:
    if len(token.text) > _MAX_DIGITS:
        raise mistake_at(token.position, f"a number has at most {_MAX_DIGITS - 1} digits.")
    if "." in token.text:
        return Decimal(token.text)
    if int(token.text) > _LARGEST_INTEGER:
        raise mistake_at(token.position, f"a whole number is at most {_LARGEST_INTEGER:,}.")
    return int(token.text)


def _bracketed(token: _Token) -> str:
    name = token.text[1:-1].replace("]]", "]")
    if not name.strip():
        raise mistake_at(token.position, "a name stands between the brackets.")
    return name
