"""The published JSON shape of what a dataset's rows are made of: its table or saved SQL, and joins."""

from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, StrictStr, Tag

from core.domain.field import FieldType
from core.domain.json_form import Model
from core.domain.json_values import Name, refusal
from core.domain.relation import Cardinality, Join, JoinKey, SourceColumn, SqlOrigin, TableOrigin

MAX_SOURCE_COLUMNS = 2_000
MAX_SCALE = 76
_MAX_KEYS = 20
_MAX_SQL = 100_000


def _sql(value: object) -> object:
    if isinstance(value, str) and ("\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
        raise refusal("SQL must not hold NUL or half of a surrogate pair.")
    return value


Scale = Annotated[StrictInt, Field(ge=0, le=MAX_SCALE)]
ColumnNames = Annotated[tuple[Name, ...], Field(max_length=MAX_SOURCE_COLUMNS)]


class SourceColumnModel(Model):
    """A column of a table as the source has it."""

    name: Name = Field(description="Its name in the source.")
    type: FieldType = Field(description="What its values are.")
    scale: Scale | None = Field(None, description="Digits after the point of exact numbers.")

    def build(self) -> SourceColumn:
        """The column."""
        return SourceColumn(**self.parts())


class TableModel(Model):
    """A table or view."""

    table_name: Name = Field(description="Its name.")
    schema_name: Name | None = Field(None, description="Its schema. Null: the source's default.")
    columns: tuple[SourceColumnModel, ...] = Field(
        (), max_length=MAX_SOURCE_COLUMNS, description="Its columns; left out, those that the fields name."
    )

    def build(self) -> TableOrigin:
        """The table."""
        return TableOrigin(**self.parts())


class SqlModel(Model):
    """A saved SELECT; writing one needs a permission."""

    sql: Annotated[StrictStr, BeforeValidator(_sql)] = Field(
        min_length=1, max_length=_MAX_SQL, description="One SELECT."
    )
    columns: tuple[SourceColumnModel, ...] = Field(
        min_length=1, max_length=MAX_SOURCE_COLUMNS, description="The columns it gives."
    )

    def build(self) -> SqlOrigin:
        """The saved SQL."""
        return SqlOrigin(**self.parts())


def _kind_of_origin(value: object) -> str:
    return "<sql>" if isinstance(value, SqlModel) or (isinstance(value, dict) and "sql" in value) else "<table>"


OriginModel = Annotated[
    Annotated[TableModel, Tag("<table>")] | Annotated[SqlModel, Tag("<sql>")], Discriminator(_kind_of_origin)
]


class JoinKeyModel(Model):
    """A pair of columns that are equal."""

    left: Name = Field(description="The column of the table joined to.")
    right: Name = Field(description="The column of the joined table.")

    def build(self) -> JoinKey:
        """The pair."""
        return JoinKey(**self.parts())


JoinKeys = Annotated[tuple[JoinKeyModel, ...], Field(min_length=1, max_length=_MAX_KEYS)]


class JoinModel(Model):
    """A table joined to the base relation or to an earlier join."""

    name: Name = Field(description="How fields refer to it.")
    table: TableModel = Field(description="The joined table.")
    keys: JoinKeys = Field(description="Which columns are equal.")
    left: Name | None = Field(None, description="Name of an earlier join. Null: the base relation.")
    cardinality: Cardinality = Field(
        Cardinality.MANY_TO_ONE, description="How many of its rows belong to one row of the table it is joined to."
    )
    is_required: StrictBool = Field(False, description="Rows without a partner are left out.")
    row_key: ColumnNames = Field((), description="Columns that tell its rows apart.")

    def build(self) -> Join:
        """The join."""
        return Join(**self.parts())
