"""The published JSON shape of the steps that reshape a dataset's rows; each says its `kind`."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictStr, Tag, model_validator

from core.domain.definition import Aggregation
from core.domain.field import FieldType
from core.domain.filter_models import GroupModel
from core.domain.json_form import Model
from core.domain.json_values import (
    IN_WORDS,
    MAX_COLUMNS,
    MAX_VALUES,
    ExpressionText,
    FiniteNumber,
    Name,
    Value,
    Words,
    refusal,
)
from core.domain.relation import (
    BucketStep,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SplitStep,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from core.domain.relation_models import ColumnNames, JoinKeys, TableModel

_MAX_BOUNDS = 100
_MAX_PARTS = 50
_Separator = Annotated[StrictStr, Field(min_length=1, max_length=20)]
_Prefix = Annotated[StrictStr, Field(max_length=100)]


class _StepModel(Model):
    title: Words = Field("", description="What the step is called; empty: made from what it does.")

    def parts(self) -> dict[str, Any]:
        """The values of all keys but `kind`, which is the step's class."""
        return {name: value for name, value in super().parts().items() if name != "kind"}


class CastModel(_StepModel):
    """A column read as another type; values that cannot be read become empty."""

    kind: Literal["cast"]
    column: Name = Field(description="The column.")
    type: FieldType = Field(description="Its new type.")

    def build(self) -> CastStep:
        """The step."""
        return CastStep(**self.parts())


class RenameModel(_StepModel):
    """A column under another name."""

    kind: Literal["rename"]
    column: Name = Field(description="The column.")
    into: Name = Field(description="Its new name.")

    def build(self) -> RenameStep:
        """The step."""
        return RenameStep(**self.parts())


class MapModel(_StepModel):
    """Values of a column replaced by others."""

    kind: Literal["map"]
    column: Name = Field(description="The column.")
    into: Name = Field(description="The column that holds the result; the same name replaces it.")
    values: tuple[tuple[Value, Words], ...] = Field(
        min_length=1, max_length=MAX_VALUES, description="Pairs of a value and what it becomes."
    )
    unmapped: Unmapped = Field(Unmapped.KEEP, description="What values not named become.")
    other: Words = Field("", description="What they become with `other`.")

    @model_validator(mode="after")
    def _check_values(self) -> "MapModel":
        _refuse_repeats([(type(value) is bool, value) for value, _ in self.values], "A value is mapped once.")
        return self

    def build(self) -> MapStep:
        """The step."""
        return MapStep(**self.parts())


class BucketModel(_StepModel):
    """A number sorted into ranges."""

    kind: Literal["bucket"]
    column: Name = Field(description="The column.")
    into: Name = Field(description="The column that holds the range.")
    bounds: tuple[FiniteNumber, ...] = Field(
        min_length=1, max_length=_MAX_BOUNDS, description="Ascending; a bound belongs to the range above it."
    )
    labels: tuple[Name, ...] = Field(
        (), max_length=_MAX_BOUNDS + 1, description="One more than bounds; left out, they are made from them."
    )

    @model_validator(mode="after")
    def _check_bounds(self) -> "BucketModel":
        if any(low >= high for low, high in zip(self.bounds, self.bounds[1:], strict=False)):
            raise refusal("'bounds' ascend from the lowest to the highest.")
        if self.labels and len(self.labels) != len(self.bounds) + 1:
            raise refusal(f"{len(self.bounds)} bounds make {len(self.bounds) + 1} ranges, each with its label.")
        return self

    def build(self) -> BucketStep:
        """The step."""
        return BucketStep(**self.parts())


class SplitModel(_StepModel):
    """A text cut at a separator into several columns; missing parts are empty."""

    kind: Literal["split"]
    column: Name = Field(description="The column.")
    separator: _Separator = Field(description="What stands between the parts.")
    into: tuple[Name, ...] = Field(min_length=1, max_length=_MAX_PARTS, description="A column for each part.")

    @model_validator(mode="after")
    def _check_into(self) -> "SplitModel":
        _refuse_repeats(self.into, "Each part has a column of its own.")
        return self

    def build(self) -> SplitStep:
        """The step."""
        return SplitStep(**self.parts())


class FillModel(_StepModel):
    """Empty values of a column replaced by one value."""

    kind: Literal["fill"]
    column: Name = Field(description="The column.")
    value: Value = Field(description="What stands in for empty values.")

    def build(self) -> FillStep:
        """The step."""
        return FillStep(**self.parts())


class FilterModel(_StepModel):
    """Only the rows that a filter holds for."""

    kind: Literal["filter"]
    filters: GroupModel = Field(description="Conditions on columns.")

    def build(self) -> FilterStep:
        """The step."""
        return FilterStep(**self.parts())


class ComputeModel(_StepModel):
    """A new column from an expression over the columns."""

    kind: Literal["compute"]
    into: Name = Field(description="The new column.")
    expression: ExpressionText = Field(description="What it holds, in the expression language.")

    def build(self) -> ComputeStep:
        """The step."""
        return ComputeStep(**self.parts())


class UnionModel(_StepModel):
    """The rows of another table added below; columns match by name."""

    kind: Literal["union"]
    table: TableModel = Field(description="The other table.")

    def build(self) -> UnionStep:
        """The step."""
        return UnionStep(**self.parts())


class LookUpModel(_StepModel):
    """Columns of another table added where its key matches."""

    kind: Literal["look_up"]
    table: TableModel = Field(description="The other table.")
    keys: JoinKeys = Field(description="Which columns are equal.")
    columns: ColumnNames = Field(min_length=1, description="The other table's columns that are added.")
    prefix: _Prefix = Field("", description="Put before their names.")

    def build(self) -> LookUpStep:
        """The step."""
        return LookUpStep(**self.parts())


class PivotModel(_StepModel):
    """One row for each combination of `keys`, one column for each of `values` of `column`."""

    kind: Literal["pivot"]
    keys: ColumnNames = Field(min_length=1, description="What tells the new rows apart.")
    column: Name = Field(description="The column whose values become columns.")
    values: tuple[Value, ...] = Field(min_length=1, max_length=MAX_COLUMNS, description="Those values.")
    aggregation: Aggregation = Field(description="How several values for one cell are condensed.")
    value_column: Name | None = Field(None, description="The column condensed; `count` takes none.")

    @model_validator(mode="after")
    def _check_aggregation(self) -> "PivotModel":
        if self.aggregation is Aggregation.PERCENTILE:
            raise refusal("A pivot takes no percentiles.")
        if (self.aggregation is Aggregation.COUNT) != (self.value_column is None):
            raise refusal("'count' takes no 'value_column', everything else does.")
        _refuse_repeats([(type(value) is bool, value) for value in self.values], "Each value has one column.")
        return self

    def build(self) -> PivotStep:
        """The step."""
        return PivotStep(**self.parts())


class UnpivotModel(_StepModel):
    """Several columns of one type turned into rows."""

    kind: Literal["unpivot"]
    columns: ColumnNames = Field(min_length=1, description="The columns.")
    name_into: Name = Field(description="The column that holds their names.")
    value_into: Name = Field(description="The column that holds their values.")

    def build(self) -> UnpivotStep:
        """The step."""
        return UnpivotStep(**self.parts())


def _refuse_repeats(values: Sequence[object], words: str) -> None:
    if len(set(values)) < len(values):
        raise refusal(words)


def _kind_of_step(value: object) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"<{kind}>" if isinstance(kind, str) else None


StepModel = Annotated[
    Annotated[CastModel, Tag("<cast>")]
    | Annotated[RenameModel, Tag("<rename>")]
    | Annotated[MapModel, Tag("<map>")]
    | Annotated[BucketModel, Tag("<bucket>")]
    | Annotated[SplitModel, Tag("<split>")]
    | Annotated[FillModel, Tag("<fill>")]
    | Annotated[FilterModel, Tag("<filter>")]
    | Annotated[ComputeModel, Tag("<compute>")]
    | Annotated[UnionModel, Tag("<union>")]
    | Annotated[LookUpModel, Tag("<look_up>")]
    | Annotated[PivotModel, Tag("<pivot>")]
    | Annotated[UnpivotModel, Tag("<unpivot>")],
    Discriminator(
        _kind_of_step,
        custom_error_type=IN_WORDS,
        custom_error_message=(
            "A step is an object whose 'kind' is cast, rename, map, bucket, split, fill, filter, compute, union, "
            "look_up, pivot or unpivot."
        ),
    ),
]
