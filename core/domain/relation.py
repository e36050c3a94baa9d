"""What a dataset's rows are made of: a table or saved SQL, steps that reshape it, and tables joined to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter import FilterGroup, Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """A column of a table as the source has it."""

    name: str
    type: FieldType
    scale: int | None = None  #: digits after the point of exact numbers; None: unknown or floating


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOrigin:
    """A table or view. Without `columns`, those that the dataset's fields name."""

    table_name: str
    schema_name: str | None = None
    columns: tuple[SourceColumn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOrigin:
    """A saved SELECT, written by a person with the permission for it; it runs as a subquery."""

    sql: str
    columns: tuple[SourceColumn, ...]


Origin = TableOrigin | SqlOrigin


class Cardinality(StrEnum):
    """How many rows of the joined table belong to one row of the table it is joined to."""

    MANY_TO_ONE = "many_to_one"  #: at most one; many rows may share it (orders to their customer)
    ONE_TO_ONE = "one_to_one"  #: at most one, shared by nobody
    ONE_TO_MANY = "one_to_many"  #: any number (customers to their orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinKey:
    """A pair of columns that are equal."""

    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A table joined to the base relation or to an earlier join; `name` is how fields refer to it."""

    name: str
    table: TableOrigin
    keys: tuple[JoinKey, ...]
    left: str | None = None  #: name of an earlier join; None: the base relation
    cardinality: Cardinality = Cardinality.MANY_TO_ONE
    is_required: bool = False  #: rows without a partner are left out
    row_key: tuple[str, ...] = ()  #: columns that tell its rows apart; empty: the keys' right side, where it is "one"


class Unmapped(StrEnum):
    """What a mapping does with values it does not name."""

    KEEP = "keep"  #: stay as they are
    EMPTY = "empty"  #: become empty
    OTHER = "other"  #: become the mapping's `other`


@dataclass(frozen=True, slots=True, kw_only=True)
class CastStep:
    """A column read as another type; values that cannot be read become empty."""

    kind: ClassVar[str] = "cast"
    column: str
    type: FieldType
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameStep:
    """A column under another name."""

    kind: ClassVar[str] = "rename"
    column: str
    into: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStep:
    """Values of a column replaced by others: "DE" by "Germany"."""

    kind: ClassVar[str] = "map"
    column: str
    into: str  #: the same name replaces the column
    values: tuple[tuple[Scalar, str], ...]
    unmapped: Unmapped = Unmapped.KEEP
    other: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketStep:
    """A number sorted into ranges: bounds (10, 100) give "under 10", "10 to under 100", "100 and over"."""

    kind: ClassVar[str] = "bucket"
    column: str
    into: str
    bounds: tuple[int | float, ...]  #: ascending; a bound belongs to the range above it
    labels: tuple[str, ...] = ()  #: one more than bounds; empty: made from them
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitStep:
    """A text cut at a separator into several columns; missing parts are empty."""

    kind: ClassVar[str] = "split"
    column: str
    separator: str
    into: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillStep:
    """Empty values of a column replaced by one value."""

    kind: ClassVar[str] = "fill"
    column: str
    value: Scalar
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterStep:
    """Only the rows that a filter holds for; its conditions name columns."""

    kind: ClassVar[str] = "filter"
    filters: FilterGroup
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeStep:
    """A new column from an expression over the columns."""

    kind: ClassVar[str] = "compute"
    into: str
    expression: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionStep:
    """The rows of another table added below; columns match by name, and those it lacks are empty."""

    kind: ClassVar[str] = "union"
    table: TableOrigin
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpStep:
    """Columns of another table added where its key matches. A key that comes twice adds no rows: the least wins."""

    kind: ClassVar[str] = "look_up"
    table: TableOrigin
    keys: tuple[JoinKey, ...]
    columns: tuple[str, ...]  #: of the other table
    prefix: str = ""  #: put before their names
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PivotStep:
    """One row for each combination of `keys`, one column for each of `values` of `column`."""

    kind: ClassVar[str] = "pivot"
    keys: tuple[str, ...]
    column: str
    values: tuple[Scalar, ...]
    aggregation: Aggregation
    value_column: str | None = None  #: None for COUNT
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpivotStep:
    """Several columns of one type turned into rows: their name in one column, their value in another."""

    kind: ClassVar[str] = "unpivot"
    columns: tuple[str, ...]
    name_into: str
    value_into: str
    title: str = ""


Step = (
    CastStep
    | RenameStep
    | MapStep
    | BucketStep
    | SplitStep
    | FillStep
    | FilterStep
    | ComputeStep
    | UnionStep
    | LookUpStep
    | PivotStep
    | UnpivotStep
)
