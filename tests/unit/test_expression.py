import re
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.expression import (
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
    field_names_in,
    measure_names_in,
    names_in,
    parse_expression,
)
from core.domain.expression_functions import FUNCTIONS
from core.domain.expression_types import ExpressionContext, part_type, type_of
from core.domain.field import FieldType
from core.errors import InvalidInput

COLUMNS = {
    "amount": FieldType.DECIMAL,
    "items": FieldType.INTEGER,
    "country": FieldType.TEXT,
    "paid": FieldType.BOOLEAN,
    "shipped": FieldType.DATE,
    "at": FieldType.DATETIME,
    "a name ] here": FieldType.INTEGER,
}
MEASURES = {"Margin": FieldType.DECIMAL}


def binary(operator: str, left: Expression, right: Expression) -> Binary:
    return Binary(operator=operator, left=left, right=right)


A, B, C = Name(name="a"), Name(name="b"), Name(name="c")
ONE = Number(value=1)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1", ONE),
        (" .5 ", Number(value=Decimal("0.5"))),
        ("'it''s'", Text(value="it's")),
        ("''", Text(value="")),
        ("TRUE", Flag(value=True)),
        ("null", Null()),
        ("[a name ]] here]", Name(name="a name ] here")),
        ("[true]", Name(name="true")),
        ("größe", Name(name="größe")),
        ("empty", Name(name="empty")),
        ("a + b * c", binary("+", A, binary("*", B, C))),
        ("(a + b) * c", binary("*", binary("+", A, B), C)),
        ("a - b - c", binary("-", binary("-", A, B), C)),
        ("a / b % c", binary("%", binary("/", A, B), C)),
        ("-a * b", binary("*", Unary(operator="-", operand=A), B)),
        ("a - -b", binary("-", A, Unary(operator="-", operand=B))),
        ("a or b and c", binary("or", A, binary("and", B, C))),
        ("not a = b and c", binary("and", Unary(operator="not", operand=binary("=", A, B)), C)),
        ("a + 1 <> b", binary("!=", binary("+", A, ONE), B)),
        ("a>=b", binary(">=", A, B)),
        ("a in (1, 'x')", In(operand=A, options=(ONE, Text(value="x")))),
        ("a NOT IN (b)", In(operand=A, options=(B,), negated=True)),
        ("a is empty or b is not EMPTY", binary("or", IsEmpty(operand=A), IsEmpty(operand=B, negated=True))),
        ("Count()", Call(function="count", arguments=())),
        (
            "sum(a)/count_distinct(b)",
            binary("/", Call(function="sum", arguments=(A,)), Call(function="count_distinct", arguments=(B,))),
        ),
        ("if(a, b,\n c)", Call(function="if", arguments=(A, B, C))),
    ],
)
def test_a_text_becomes_its_tree(text: str, tree: Expression) -> None:
    assert parse_expression(text) == tree


def test_every_part_knows_where_it_stands() -> None:
    tree = parse_expression("a +  sum( [b] )")
    assert isinstance(tree, Binary)
    assert isinstance(tree.right, Call)
    assert (tree.left.position, tree.position, tree.right.position) == (0, 2, 5)
    assert tree.right.arguments[0].position == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("a +", "Character 4: a value is expected instead of the end."),
        ("a b", "Character 3: 'b' is not expected here."),
        ("1abc", "Character 2: 'abc' is not expected here."),
        ("(a", "Character 3: ')' is expected instead of the end."),
        ("round(a, )", "Character 10: a value is expected instead of ')'."),
        ("a in ()", "Character 7: a value is expected instead of ')'."),
        ("a in b", "Character 6: '(' is expected instead of 'b'."),
        ("a not b", "Character 7: 'in' is expected instead of 'b'."),
        ("a is null", "Character 6: 'empty' is expected instead of 'null'."),
        ("a < b < c", "Character 7: comparisons are joined with 'and'"),
        ("a == b", "Character 4: a value is expected instead of '='."),
        ("'abc", "Character 1: this text has no closing quote."),
        ('a = "b"', "Character 5: texts stand in single quotes"),
        ("[abc", "Character 1: this name has no closing bracket."),
        ("[ ]", "Character 1: a name stands between the brackets."),
        ("a; b", "Character 2: ';' is not part of the language."),
        ("a -- b\n; drop", "Character 8: ';' is not part"),
        ("9223372036854775808", "Character 1: a whole number is at most"),
        ("0." + "1" * 30, "at most 29 digits"),
        ("'\x00'", "NUL"),
        ("'\ud800'", "surrogate"),
        ("1" + "+1" * 1000, "at most 2,000 characters; this one has 2,001"),
        ("1" + "+1" * 40, "more than 40 levels"),
        ("(" * 50 + "1" + ")" * 50, "Character 41: an expression nests at most 40 levels"),
        ("-" * 1500 + "1", "at most 40 levels"),
        ("not " * 400 + "a", "at most 40 levels"),
    ],
)
def test_a_mistake_is_named_with_its_character(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(words)):
        parse_expression(text)


def test_forty_levels_are_read() -> None:
    assert parse_expression("1" + "+1" * 39) is not None
    assert parse_expression("(" * 39 + "1" + ")" * 39) == ONE


def test_names_are_told_apart_by_where_they_stand() -> None:
    tree = parse_expression("sum(amount * items) / count() + [Margin] + if(max(at) is empty, Other, 0)")
    assert names_in(tree) == {"amount", "items", "at", "Margin", "Other"}
    assert field_names_in(tree) == {"amount", "items", "at"}
    assert measure_names_in(tree) == {"Margin", "Other"}
    assert [call.function for call in aggregates_in(tree)] == ["sum", "count", "max"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("items + 1", FieldType.INTEGER),
        ("items * 1.0", FieldType.DECIMAL),
        ("items - amount", FieldType.DECIMAL),
        ("items / 2", FieldType.DECIMAL),
        ("items % 2", FieldType.INTEGER),
        ("-[a name ]] here]", FieldType.INTEGER),
        ("not paid and items >= 1.5", FieldType.BOOLEAN),
        ("country in ('DE', 'FR')", FieldType.BOOLEAN),
        ("paid = true", FieldType.BOOLEAN),
        ("shipped >= date('2026-02-28')", FieldType.BOOLEAN),
        ("amount is empty", FieldType.BOOLEAN),
        ("if(paid, items, amount)", FieldType.DECIMAL),
        ("if(paid, null, at)", FieldType.DATETIME),
        ("case(paid, 1, items > 3, 2, null)", FieldType.INTEGER),
        ("case(paid, 'a', 'b')", FieldType.TEXT),
        ("coalesce(null, country, '?')", FieldType.TEXT),
        ("round(items)", FieldType.INTEGER),
        ("round(amount, 2)", FieldType.DECIMAL),
        ("abs(-items)", FieldType.INTEGER),
        ("floor(amount)", FieldType.INTEGER),
        ("least(items, amount, 3)", FieldType.DECIMAL),
        ("greatest(shipped, date(at))", FieldType.DATE),
        ("concat(country, ' ', items, shipped)", FieldType.TEXT),
        ("left(replace(upper(trim(country)), 'a', ''), 2)", FieldType.TEXT),
        ("length(country)", FieldType.INTEGER),
        ("starts_with(country, 'D')", FieldType.BOOLEAN),
        ("year(at) * 100 + month(shipped)", FieldType.INTEGER),
        ("hour(at)", FieldType.INTEGER),
        ("days_between(shipped, at)", FieldType.INTEGER),
        ("add_months(add_days(at, items), 1)", FieldType.DATE),
        ("start_of('quarter', at)", FieldType.DATE),
    ],
)
def test_rows_give_a_type(text: str, kind: FieldType) -> None:
    assert type_of(parse_expression(text), COLUMNS) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("count()", FieldType.INTEGER),
        ("sum(items)", FieldType.INTEGER),
        ("sum(amount) / count_distinct(country)", FieldType.DECIMAL),
        ("average(items)", FieldType.DECIMAL),
        ("median(if(paid, amount, null))", FieldType.DECIMAL),
        ("percentile(items, 99.9)", FieldType.DECIMAL),
        ("min(at)", FieldType.DATETIME),
        ("max(country)", FieldType.TEXT),
        ("round([Margin] * 100, 1)", FieldType.DECIMAL),
        ("if(count() > 10, sum(items), 0)", FieldType.INTEGER),
    ],
)
def test_measures_give_a_type(text: str, kind: FieldType) -> None:
    assert type_of(parse_expression(text), COLUMNS, ExpressionContext.AGGREGATE, measures=MEASURES) is kind


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amuont + 1", "Character 1: there is no 'amuont'; did you mean 'amount'?"),
        ("rond(amount)", "Character 1: there is no function 'rond'; did you mean 'round'?"),
        ("zzz()", "Character 1: there is no function 'zzz'."),
        ("country + 'x'", "Character 9: '+' takes numbers, and this is a text; texts are put together with concat"),
        ("1 + shipped", "use add_days(d, n)"),
        ("-country", "Character 1: '-' takes numbers"),
        ("paid + 1", "'+' takes numbers, and this is true or false"),
        ("null * 2", "always empty"),
        ("null", "The expression is always empty."),
        ("amount = 'x'", "Character 8: a number does not compare with a text."),
        ("shipped = '2026-01-01'", "a day is written date('2026-11-23')"),
        ("shipped < at", "date(x) is the day"),
        ("country = null", "ask 'is empty'"),
        ("country in ('a', null)", "ask 'is empty'"),
        ("country in ('a', 1)", "a text does not compare with a whole number"),
        ("paid < true", "neither greater nor less"),
        ("items and paid", "Character 7: a condition is needed here"),
        ("not items", "Character 1: a condition is needed"),
        ("if(items, 1, 2)", "Character 4: if() takes a condition, true or false here, not a whole number."),
        ("if(paid, 1)", "Character 1: it is written if(c, a, b)"),
        ("if(paid, 1, 'x')", "if() gives values of one type, not true or false and a whole number and a text"),
        ("case(paid, 1)", "it is written case(c1, a1, …, b)"),
        ("case(1)", "it is written case("),
        ("coalesce(amount)", "it is written coalesce(a, b, …)"),
        ("round(amount, items)", "Character 15: round() takes a whole number from 0 to 15, written out here"),
        ("round(amount, 16)", "from 0 to 15"),
        ("least(paid, true)", "takes a number, text or date"),
        ("contains(country, country)", "a text written out in single quotes"),
        ("hour(shipped)", "Character 6: hour() takes a date with its time here, not a date."),
        ("date('2026-02-30')", "takes a date, or a day written out"),
        ("date('20260201')", "takes a date, or a day written out"),
        ("start_of('decade', at)", "takes 'day', 'week', 'month', 'quarter' or 'year' here"),
        ("add_days(shipped, 1.5)", "takes a whole number here, not a number"),
        ("upper(items)", "takes a text here, not a whole number"),
        ("sum(amount)", "Character 1: sum() counts over rows; only measures do that."),
    ],
)
def test_what_does_not_fit_a_row_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(words)):
        type_of(parse_expression(text), COLUMNS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount", "Character 1: 'amount' is a field: put it into an aggregate such as sum(amount)."),
        ("Margn", "did you mean 'Margin'?"),
        ("sum([Margin])", "there is no 'Margin'"),
        ("sum(average(amount))", "Character 5: average() counts over rows"),
        ("count(amount)", "it is written count()"),
        ("sum(country)", "sum() takes a number here, not a text"),
        ("percentile(amount, 101)", "a number from 0 to 100, written out"),
        ("percentile(amount)", "it is written percentile(x, 90)"),
        ("max(paid)", "takes a number, text or date here"),
    ],
)
def test_what_does_not_fit_a_measure_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(words)):
        type_of(parse_expression(text), COLUMNS, ExpressionContext.AGGREGATE, measures=MEASURES)


def test_results_are_rows_without_aggregates() -> None:
    keys = {"sum__amount": FieldType.DECIMAL, "count": FieldType.INTEGER}
    assert type_of(parse_expression("sum__amount / count"), keys, ExpressionContext.RESULT) is FieldType.DECIMAL
    with pytest.raises(InvalidInput, match="only measures do that"):
        type_of(parse_expression("count()"), keys, ExpressionContext.RESULT)


def test_a_part_that_is_always_empty_has_no_type() -> None:
    assert part_type(Null(), {}) is None
    assert part_type(parse_expression("coalesce(null, null)"), {}) is None


def test_deep_lists_are_typed_in_time_that_grows_with_their_length() -> None:
    text = "paid"
    for _ in range(38):
        text = f"({text}) in (true,false)"
    assert type_of(parse_expression(text), COLUMNS) is FieldType.BOOLEAN


def test_every_function_is_written_as_it_is_explained() -> None:
    """The signature shown to people is one that the parser and the types take."""
    example = {"a": "1", "b": "2", "c": "true", "c1": "true", "a1": "1", "x": "amount", "n": "1", "t": "country"}
    for name, function in FUNCTIONS.items():
        text = function.signature.replace(", …", "")
        words = example | {"d": "at"}
        if name in ("days_between", "replace"):
            words |= {"a": "at", "b": "at"} if name == "days_between" else {"a": "'x'", "b": "'y'"}
        inside = text[len(name) :]
        pieces = re.split(r"(?<!')\b([a-z]1?)\b(?!')", inside)
        filled = name + "".join(words.get(piece, piece) for piece in pieces)
        context = ExpressionContext.AGGREGATE if function.is_aggregate else ExpressionContext.ROW
        assert type_of(parse_expression(filled), COLUMNS, context), filled


_names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    str.strip
)
_leaves = st.one_of(
    st.integers(0, 2**63 - 1).map(lambda value: Number(value=value)),
    st.decimals(0, 10**9, places=3).map(lambda value: Number(value=value)),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8).map(
        lambda value: Text(value=value)
    ),
    st.booleans().map(lambda value: Flag(value=value)),
    st.just(Null()),
    _names.map(lambda name: Name(name=name)),
)


def _grown(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    signs = st.sampled_from(["+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "and", "or"])
    some = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Unary, operator=st.sampled_from(["-", "not"]), operand=parts),
        st.builds(Binary, operator=signs, left=parts, right=parts),
        st.builds(Call, function=st.sampled_from(sorted(FUNCTIONS)), arguments=some | st.just(())),
        st.builds(In, operand=parts, options=some, negated=st.booleans()),
        st.builds(IsEmpty, operand=parts, negated=st.booleans()),
    )


def written(part: Expression) -> str:
    """A spelling of a tree: parentheses around everything that has parts."""
    match part:
        case Unary():
            return f"({part.operator} {written(part.operand)})"
        case Binary():
            return f"({written(part.left)} {part.operator} {written(part.right)})"
        case Call():
            return f"{part.function}({', '.join(map(written, part.arguments))})"
        case In():
            no = "not " if part.negated else ""
            return f"({written(part.operand)} {no}in ({', '.join(map(written, part.options))}))"
        case IsEmpty():
            return f"({written(part.operand)} is {'not ' if part.negated else ''}empty)"
        case _:
            return written_leaf(part)


def written_leaf(part: Number | Text | Flag | Null | Name) -> str:
    match part:
        case Number():
            return str(part.value)
        case Text():
            return "'" + part.value.replace("'", "''") + "'"
        case Flag():
            return str(part.value).lower()
        case Null():
            return "null"
        case Name():
            return "[" + part.name.replace("]", "]]") + "]"


@given(st.recursive(_leaves, _grown, max_leaves=12))
def test_any_tree_is_read_back_from_its_text(tree: Expression) -> None:
    text = written(tree)
    assert parse_expression(text) == tree


@given(st.text(st.sampled_from("ab19.'[]()<>=!+-*/%, \n\"¿") | st.characters(), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        parse_expression(text)
