"""The published JSON shape of dashboards, as pydantic models with bounded sizes; meaning is checked elsewhere."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag, model_validator

from core.domain.dashboard import (
    COLUMNS,
    DashboardContent,
    KpiTile,
    ReportTile,
    SharedFilter,
    Show,
    Target,
    TextTile,
    TileHeight,
)
from core.domain.definition import ParameterType
from core.domain.field import FieldType
from core.domain.filter_models import WindowModel
from core.domain.json_form import Model
from core.domain.json_values import IN_WORDS, MAX_VALUES, Name, Value, Words, refusal

MAX_TILES, MAX_FILTERS, MAX_ROWS = 60, 20, 200
#: Seconds between two looks, at least and at most.
LEAST_REFRESH_S, MOST_REFRESH_S = 10, 86_400

_Row = Annotated[StrictInt, Field(ge=0, lt=MAX_ROWS, description="The row of the grid, from 0.")]
_Column = Annotated[StrictInt, Field(ge=0, lt=COLUMNS, description=f"The first of the grid's {COLUMNS} columns.")]
_Width = Annotated[StrictInt, Field(ge=1, le=COLUMNS, description="How many columns it takes.")]
_Id = Annotated[Name, Field(description="Its own within the dashboard.", max_length=60)]


class _TileModel(Model):
    """What every tile has."""

    id: _Id
    title: Name | None = Field(None, description="Null: the name of what it shows.")
    row: _Row
    column: _Column
    width: _Width

    @model_validator(mode="after")
    def _check_width(self) -> "_TileModel":
        if self.column + self.width > COLUMNS:
            raise refusal(f"The tile reaches past the grid's {COLUMNS} columns: 'column' and 'width' add up to more.")
        return self


class ReportTileModel(_TileModel):
    """A saved report, at its newest version."""

    kind: Literal["report"]
    report_id: UUID = Field(description="The report.")
    show: Show = Field(Show.TABLE, description="What is shown of it.")
    height: TileHeight = Field(TileHeight.MEDIUM, description="Its room from top to bottom.")

    def build(self) -> ReportTile:
        """The tile."""
        return ReportTile(**_without_kind(self))


class KpiTileModel(_TileModel):
    """One headline number of a saved report."""

    kind: Literal["kpi"]
    report_id: UUID = Field(description="The report.")
    measure: Name = Field(description="Key of one of its headline numbers.")
    height: TileHeight = Field(TileHeight.SHORT, description="Its room from top to bottom.")

    def build(self) -> KpiTile:
        """The tile."""
        return KpiTile(**_without_kind(self))


class TextTileModel(_TileModel):
    """Words between the figures: paragraphs, # headings, - lists, **bold**, *italic*, [links](https://…). No HTML."""

    kind: Literal["text"]
    text: Words = Field(description="What it says.")
    height: TileHeight = Field(TileHeight.SHORT, description="Its room from top to bottom.")

    def build(self) -> TextTile:
        """The tile."""
        return TextTile(**_without_kind(self))


def _kind_of_tile(value: object) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"<{kind}>" if isinstance(kind, str) else None


TileModel = Annotated[
    Annotated[ReportTileModel, Tag("<report>")]
    | Annotated[KpiTileModel, Tag("<kpi>")]
    | Annotated[TextTileModel, Tag("<text>")],
    Discriminator(
        _kind_of_tile,
        custom_error_type=IN_WORDS,
        custom_error_message="A tile is an object whose 'kind' is report, kpi or text.",
    ),
]


class TargetModel(Model):
    """What a shared filter means to one tile."""

    tile: Name = Field(description="Id of the tile.")
    field: Name | None = Field(None, description="The field of its report's dataset.")
    parameter: Name | None = Field(None, description="Or the parameter of its report.")

    @model_validator(mode="after")
    def _check_one(self) -> "TargetModel":
        if (self.field is None) == (self.parameter is None):
            raise refusal("Name either a 'field' or a 'parameter'.")
        return self

    def build(self) -> Target:
        """The target."""
        return Target(**self.parts())


class SharedFilterModel(Model):
    """A filter above the tiles."""

    name: Name = Field(description="What links and schedules call it.")
    label: Name = Field(description="What people are asked.")
    type: ParameterType = Field(ParameterType.VALUES, description="Whether it takes values or a date window.")
    value_type: FieldType | None = Field(None, description="The type of its values; `values` only.")
    is_list: StrictBool = Field(False, description="Takes several values.")
    default: tuple[Value, ...] = Field((), max_length=MAX_VALUES, description="Where none is given; `values` only.")
    default_window: WindowModel | None = Field(None, description="Where none is given; `window` only.")
    targets: tuple[TargetModel, ...] = Field((), max_length=MAX_TILES, description="What it means to each tile.")

    @model_validator(mode="after")
    def _check_type(self) -> "SharedFilterModel":
        if self.type is ParameterType.WINDOW:
            if self.value_type is not None or self.is_list or self.default:
                raise refusal("A filter that takes a window has no type and no values.")
        elif self.value_type is None:
            raise refusal("A filter that takes values says of which 'value_type'.")
        elif self.default_window is not None:
            raise refusal("A filter that takes values has no 'default_window'.")
        elif len(self.default) > 1 and not self.is_list:
            raise refusal("A filter that takes one value has at most one in 'default'.")
        return self

    def build(self) -> SharedFilter:
        """The filter."""
        return SharedFilter(**self.parts())


class DashboardModel(Model):
    """What a dashboard shows."""

    schema_version: Literal[1] = Field(1, description="The version of this shape.")
    tiles: tuple[TileModel, ...] = Field((), max_length=MAX_TILES, description="What stands on the grid.")
    filters: tuple[SharedFilterModel, ...] = Field((), max_length=MAX_FILTERS, description="Filters tiles share.")
    refresh_s: StrictInt | None = Field(
        None, ge=LEAST_REFRESH_S, le=MOST_REFRESH_S, description="Seconds until it is asked again by itself."
    )
    timezone: Name = Field("UTC", description="IANA name, for the times that the dashboard says itself.")

    def build(self) -> DashboardContent:
        """The content."""
        parts = self.parts()
        del parts["schema_version"]
        return DashboardContent(**parts)


def _without_kind(model: Model) -> dict[str, Any]:
    return {name: value for name, value in model.parts().items() if name != "kind"}
