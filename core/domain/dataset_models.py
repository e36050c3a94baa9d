"""The published JSON shape of a dataset's content; whether its source can answer it is checked elsewhere."""

from typing import Any

from pydantic import Field, StrictBool, StrictStr, model_validator

from core.domain.access import Permission
from core.domain.appearance_models import FormatModel
from core.domain.dataset import DatasetMeasure
from core.domain.field import Field as DatasetField
from core.domain.field import FieldType
from core.domain.json_form import Model
from core.domain.json_values import ExpressionText, Name, Words, refusal
from core.domain.measure_models import MeasureModel
from core.domain.relation_models import MAX_SOURCE_COLUMNS, ColumnNames, JoinModel, OriginModel, Scale
from core.domain.step_models import StepModel

_MAX_SYNONYMS = 50


class FieldModel(Model):
    """One labelled field: a column of the base relation, a column of a join, or an expression over other fields."""

    name: Name = Field(description="Its key in definitions; never changes.")
    label: Name = Field(description="What people see.")
    type: FieldType = Field(description="What its values are.")
    description: Words = Field("", description="What it means.")
    format: FormatModel = Field(FormatModel(), description="How its values are written.")
    is_measure: StrictBool = Field(False, description="Offered for aggregation first.")
    is_personal: StrictBool = Field(False, description="Marked personal data.")
    is_hidden: StrictBool = Field(False, description="Not offered; reports that use it go on.")
    folder: Words = Field("", description="Heading under which the field list shows it.")
    synonyms: tuple[Name, ...] = Field((), max_length=_MAX_SYNONYMS, description="Other words that find it.")
    table: Name | None = Field(None, description="Name of the join it comes from. Null: the base relation.")
    column: Name | None = Field(None, description="The column that holds it. Null: the same as its name.")
    expression: ExpressionText | None = Field(None, description="Computes it of other fields.")
    scale: Scale | None = Field(None, description="Digits after the point of exact numbers.")

    @model_validator(mode="after")
    def _check_way(self) -> "FieldModel":
        if self.expression is not None and (self.table is not None or self.column is not None):
            raise refusal("A computed field has an 'expression' and neither 'table' nor 'column'.")
        return self

    def build(self) -> DatasetField:
        """The field."""
        return DatasetField(**self.parts())


class DatasetMeasureModel(Model):
    """A figure that the dataset defines once for all."""

    name: Name = Field(description="Its key in definitions and expressions; never changes.")
    label: Name = Field(description="What people see.")
    measure: MeasureModel = Field(description="How it is computed.")
    description: Words = Field("", description="What it means.")
    format: FormatModel = Field(FormatModel(), description="How its values are written.")
    folder: Words = Field("", description="Heading under which the field list shows it.")
    synonyms: tuple[Name, ...] = Field((), max_length=_MAX_SYNONYMS, description="Other words that find it.")

    def build(self) -> DatasetMeasure:
        """The measure."""
        return DatasetMeasure(**self.parts())


class ContentModel(Model):
    """Everything of a dataset but its ids, name, label and version."""

    description: Words = Field("", description="What its rows are.")
    folder: Words = Field("", description="Heading under which the catalog shows it.")
    origin: OriginModel = Field(description="The table or saved SQL that its rows come from.")
    steps: tuple[StepModel, ...] = Field((), max_length=100, description="What reshapes the rows, in order.")
    joins: tuple[JoinModel, ...] = Field((), max_length=50, description="Tables joined to them.")
    row_key: ColumnNames = Field((), description="Columns that tell the rows apart.")
    fields: tuple[FieldModel, ...] = Field(max_length=MAX_SOURCE_COLUMNS, description="What people report on.")
    measures: tuple[DatasetMeasureModel, ...] = Field((), max_length=500, description="Figures defined for all.")
    time_field: Name | None = Field(None, description="The date field that a period applies to by default.")
    row_noun: StrictStr = Field("rows", min_length=1, max_length=100, description="What sentences call its rows.")
    needs: Permission = Field(Permission.VIEW_REPORTS, description="What who asks it anything must be allowed to do.")
    is_certified: StrictBool = Field(False, description="Checked and vouched for by a data administrator.")

    def build(self) -> dict[str, Any]:
        """The dataset's values by name."""
        return self.parts()
