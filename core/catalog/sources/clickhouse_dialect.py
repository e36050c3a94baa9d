"""How statements are written for ClickHouse: quoting, types, numbered typed parameters, and checked arithmetic.

Of our own, beside the one that clickhouse-connect carries: that one groups by the names of labels, which here may be
the names of raw columns too, and knows no numbered parameters.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Double, Float, Integer, Numeric, String, exc
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import GenericTypeCompiler, IdentifierPreparer, SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, Case, ColumnClause, ColumnElement, Null
from sqlalchemy.sql.functions import Function, FunctionElement
from sqlalchemy.types import TypeEngine

#: Decimals are widened to this before they are added and multiplied: their own width may be as small as nine digits.
_WIDE = "toDecimal128('1', 0)"
_MAX_DIGITS = 76
#: What it calls the functions that count and fold characters, not bytes.
_CHARACTER_FUNCTIONS = {
    "lower": "lowerUTF8",
    "upper": "upperUTF8",
    "length": "lengthUTF8",
    "char_length": "lengthUTF8",
    "left": "leftUTF8",
    "right": "rightUTF8",
    "substring": "substringUTF8",
    "substr": "substringUTF8",
}


def type_name(kind: TypeEngine[Any], value: object = None) -> str:
    """ClickHouse's name of a type; where SQLAlchemy leaves it open, of the type that suits `value`."""
    if isinstance(value, list | tuple):
        return f"Array({_common_name(kind, value)})"
    match kind:
        case Float():
            return "Float64"
        case Numeric():
            return _number_name(kind, value)
        case Integer():
            return "Int64"
        case Boolean():
            return "Bool"
        case DateTime():
            return "DateTime64(6, 'UTC')"
        case Date():
            return "Date32"
        case String():
            return "String"
    raise exc.CompileError(f"ClickHouse has no type for {kind!r}")


def _number_name(kind: Numeric[Any], value: object) -> str:
    if kind.precision is not None:
        return f"Decimal({kind.precision}, {kind.scale or 0})"
    match value:
        case int():
            return "Int64"
        case Decimal() | float():
            return decimal_name(Decimal(str(value)))
        case _:
            return "Float64"


def decimal_name(*values: Decimal) -> str:
    """The narrowest exact type that holds all `values`."""
    scale = max((max(0, -_exponent(value)) for value in values), default=0)
    whole = max((len(value.as_tuple().digits) + _exponent(value) for value in values), default=1)
    digits = max(whole, 0) + scale
    return "Float64" if digits > _MAX_DIGITS else f"Decimal({max(digits, 1)}, {scale})"


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else _MAX_DIGITS + 1


def _common_name(kind: TypeEngine[Any], values: Sequence[object]) -> str:
    """SQLAlchemy gives a list the type of its first value."""
    if not isinstance(kind, Integer | Numeric) or all(isinstance(value, int) for value in values):
        return type_name(kind)
    return decimal_name(*(Decimal(str(value)) for value in values))


class Quantile(FunctionElement[float]):
    """The interpolated quantile of all values: a function with a parameter before its argument."""

    __visit_name__ = "clickhouse_quantile"
    type = Double()
    inherit_cache = False

    def __init__(self, operand: ColumnElement[Any], *, share: float) -> None:
        self.share = share
        super().__init__(operand)


class _Types(GenericTypeCompiler):
    def process(self, type_: TypeEngine[Any], **_kw: Any) -> str:
        return type_name(type_)


class _Names(IdentifierPreparer):
    """Double quotes; inside them a backslash escapes, so that it is doubled as quotes are."""

    def _escape_identifier(self, value: str) -> str:
        return super()._escape_identifier(value).replace("\\", "\\\\")

    def _requires_quotes(self, _value: str) -> bool:
        return True


class ClickHouseCompiler(SQLCompiler):
    """Parameters become `{p1:String}`: the server parses the values, apart from the statement."""

    @property
    def positiontup(self) -> list[str]:
        """The names of the parameters in the order of their numbers."""
        return list(self._numbers)

    @positiontup.setter
    def positiontup(self, _names: object) -> None:
        """What SQLAlchemy finds out by itself is for dialects that it numbers."""

    @property
    def _numbers(self) -> dict[str, int]:
        # The constructor compiles: there is no moment before it to make this in.
        numbers: dict[str, int] = self.__dict__.setdefault("_clickhouse_numbers", {})
        return numbers

    def visit_bindparam(self, bindparam: BindParameter[Any], **kw: Any) -> str:  # type: ignore[override]
        """Number the parameter and name its type; lists stay one parameter."""
        text: str = super().visit_bindparam(bindparam, **kw)  # type: ignore[no-untyped-call]
        if kw.get("literal_binds") or bindparam.literal_execute:
            return text
        self.post_compile_params = self.post_compile_params.difference([bindparam])
        number = self._numbers.setdefault(self.bind_names[bindparam], len(self._numbers) + 1)
        return f"{{p{number}:{type_name(bindparam.type, bindparam.effective_value)}}}"

    def visit_in_op_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """Plain IN wants the very type of the left side, which of numbers is not known here."""
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if _is_open_number(binary.left) and isinstance(binary.right, BindParameter):
            return f"arrayExists(element -> element = {left}, {right})"
        return f"{left} IN {right}"

    def visit_not_in_op_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        """The opposite; null stays null."""
        found = self.visit_in_op_binary(binary, operator, **kw)
        return f"if(isNull({self.process(binary.left, **kw)}), NULL, NOT ({found}))"

    def visit_add_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """An addition that does not wrap."""
        return self._checked(binary, "+", **kw)

    def visit_sub_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """A subtraction that does not wrap."""
        return self._checked(binary, "-", **kw)

    def visit_mul_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """A multiplication that does not wrap."""
        return self._checked(binary, "*", **kw)

    def visit_mod_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """The rest of a division cut towards zero; ClickHouse's own is wrong for decimals of different scales."""
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if _is_whole(binary.left) and _is_whole(binary.right):
            return f"{left} % nullIf({right}, 0)"
        left = f"({left}) * {_WIDE}"
        return f"({left} - ({right}) * trunc({left} / nullIf({right}, 0)))"

    def _checked(self, binary: BinaryExpression[Any], sign: str, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if _is_whole(binary.left) and _is_whole(binary.right):
            return f"accurateCast(toInt128({left}) {sign} toInt128({right}), 'Int64')"
        if _is_open_number(binary.left) or _is_open_number(binary.right):
            return f"({left}) * {_WIDE} {sign} {right}"
        return f"{left} {sign} {right}"

    def visit_case(self, clause: Case[Any], **kw: Any) -> str:
        """Exact and floating numbers have no type in common: each branch is brought to the one they add up to."""
        results = [result for _, result in clause.whens] + ([clause.else_] if clause.else_ is not None else [])
        zero = self._zero(results, **kw)
        if not zero:
            text: str = super().visit_case(clause, **kw)  # type: ignore[no-untyped-call]
            return text
        value = "" if clause.value is None else f" {self.process(clause.value, **kw)}"
        whens = "".join(
            f" WHEN {self.process(condition, **kw)} THEN {self._raised(result, zero, **kw)}"
            for condition, result in clause.whens
        )
        last = "" if clause.else_ is None else f" ELSE {self._raised(clause.else_, zero, **kw)}"
        return f"CASE{value}{whens}{last} END"

    def visit_coalesce_func(self, function: FunctionElement[Any], **kw: Any) -> str:
        """As CASE."""
        return self._promoted("coalesce", function, **kw)

    def visit_least_func(self, function: FunctionElement[Any], **kw: Any) -> str:
        """As CASE."""
        return self._promoted("least", function, **kw)

    def visit_greatest_func(self, function: FunctionElement[Any], **kw: Any) -> str:
        """As CASE."""
        return self._promoted("greatest", function, **kw)

    def _promoted(self, name: str, function: FunctionElement[Any], **kw: Any) -> str:
        parts = list(function.clauses)
        zero = self._zero(parts, **kw)
        return f"{name}({', '.join(self._raised(part, zero, **kw) for part in parts)})"

    def _zero(self, parts: Sequence[ColumnElement[Any]], **kw: Any) -> str:
        """Zero in the type that the sum of `parts` has; empty where they are of one type anyway."""
        numbers = [part for part in parts if not _is_null(part)]
        if len(numbers) < 2 or not any(_is_open_number(part) for part in numbers):
            return ""
        given = [f"defaultValueOfArgumentType(assumeNotNull({self.process(part, **kw)}))" for part in numbers]
        return " + ".join(dict.fromkeys(given))

    def _raised(self, part: ColumnElement[Any], zero: str, **kw: Any) -> str:
        text = self.process(part, **kw)
        return f"({text}) + ({zero})" if zero and not _is_null(part) else text

    def visit_function(self, func: Function[Any], **kw: Any) -> str:  # type: ignore[override]
        """Texts are made of characters."""
        name = _CHARACTER_FUNCTIONS.get(func.name.lower())
        if name is None:
            return str(super().visit_function(func, **kw))
        return f"{name}{self.function_argspec(func, **kw)}"

    def visit_clickhouse_quantile(self, quantile: Quantile, **kw: Any) -> str:
        """`quantileExactInclusive` is what others call percentile_cont."""
        return f"quantileExactInclusive({quantile.share!r})({self.process(quantile.clauses, **kw)})"

    def visit_like_op_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        r"""LIKE, whose escape character is always `\`."""
        return f"{self.process(binary.left, **kw)} {_like(binary, 'LIKE')} {self.process(binary.right, **kw)}"

    def visit_not_like_op_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        """The opposite."""
        return f"{self.process(binary.left, **kw)} {_like(binary, 'NOT LIKE')} {self.process(binary.right, **kw)}"


def _like(binary: BinaryExpression[Any], keyword: str) -> str:
    if binary.modifiers.get("escape") not in (None, "\\"):
        raise exc.CompileError("ClickHouse escapes with a backslash only")
    return keyword


def _is_null(element: ColumnElement[Any]) -> bool:
    return isinstance(element, Null) or (
        isinstance(element, ColumnClause) and element.is_literal and element.name == "NULL"
    )


def _is_whole(element: ColumnElement[Any]) -> bool:
    return isinstance(element.type, Integer)


def _is_open_number(element: ColumnElement[Any]) -> bool:
    """A number of which only the source knows whether it is exact."""
    return isinstance(element.type, Numeric) and not isinstance(element.type, Float)


class ClickHouseDialect(DefaultDialect):
    """Compiles only; the connectors run what comes out."""

    name = "clickhouse"
    paramstyle = "named"
    default_paramstyle = "named"
    supports_statement_cache = False
    supports_native_boolean = True
    supports_simple_order_by_label = False
    max_identifier_length = 255
    statement_compiler = ClickHouseCompiler
    type_compiler_cls = _Types
    preparer = _Names


#: The dialect of both kinds, server and embedded engine.
DIALECT = ClickHouseDialect()
