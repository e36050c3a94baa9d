"""What steps, joins and fields have in common to check; each refusal names the place inside of what is checked."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite

from core.domain.field import Field, FieldType
from core.domain.filter import Scalar
from core.domain.relation import SourceColumn, TableOrigin
from core.errors import InvalidDataset, InvalidDefinition
from core.query.operands import Span, read_operand

#: Engines cut longer identifiers off without a word.
MAX_NAME_BYTES = 63
TYPE_WORDS = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "whole numbers",
    FieldType.DECIMAL: "numbers",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "dates",
    FieldType.DATETIME: "dates with time",
}


def refusal(place: str, reason: str) -> InvalidDataset:
    """What to raise."""
    return InvalidDataset(reason, place=place)


def existing(columns: Mapping[str, SourceColumn], name: str, place: str) -> SourceColumn:
    """The column called `name`."""
    if name not in columns:
        raise refusal(place, f"There is no column '{name}' here.")
    return columns[name]


def check_name(name: str, place: str) -> None:
    """A name that every engine takes as an identifier."""
    if not name.strip() or name != name.strip():
        raise refusal(place, "A name has at least one character, and no space at either end.")
    if not name.isprintable():
        raise refusal(place, "A name holds no control characters.")
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        raise refusal(place, f"'{name[:20]}…' is longer than the {MAX_NAME_BYTES} bytes that names may have.")


def check_new_name(name: str, taken: Iterable[str], place: str) -> None:
    """A name that no column has yet; engines differ on whether case tells names apart."""
    check_name(name, place)
    twin = next((other for other in taken if other.casefold() == name.casefold()), None)
    if twin is not None:
        raise refusal(place, f"There is a column '{twin}' already.")


def check_comparable(left: SourceColumn, right: SourceColumn, place: str) -> None:
    """Two columns that can be equal on every engine."""
    if left.type is not right.type and not (left.type.is_number and right.type.is_number):
        raise refusal(
            place,
            f"'{left.name}' holds {TYPE_WORDS[left.type]} and '{right.name}' {TYPE_WORDS[right.type]}; "
            "a key compares values of one type.",
        )


def table_columns(table: TableOrigin, place: str) -> dict[str, SourceColumn]:
    """The declared columns of a table that a step reads."""
    if not table.columns:
        raise refusal(place, f"The columns of '{table.table_name}' are not known; look at the source again.")
    return {column.name: column for column in table.columns}


def read_value(value: Scalar, column: SourceColumn, place: str) -> Scalar:
    """`value` as the type of `column`."""
    if isinstance(value, float) and not isfinite(value):
        raise refusal(place, "A value is a finite number.")
    try:
        operand = read_operand(value, Field(name=column.name, label=column.name, type=column.type), "UTC")
    except InvalidDefinition as error:
        raise refusal(place, error.user_message) from error
    match operand:
        case Span():
            return operand.starts_at
        case Decimal():
            return value
        case _:
            return operand
