"""The published JSON shape of a definition, as pydantic models with bounded sizes; meaning is checked elsewhere."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from core.domain.definition import Aggregation, ChartKind
from core.domain.filter import DateUnit, Match, Operator, WindowKind

MAX_TEXT = 10_000
MAX_VALUES = 10_000
MAX_COLUMNS = 200
_MAX_NAME = 500
_INT_64 = 2**63 - 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: object) -> date:
    """Accept `2026-11-23` and nothing else that Python would call a date."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("day", "There is no such day.") from error
    raise PydanticCustomError("day", "A day is written like 2026-11-23.")


def _scalar(value: Any, _handler: object) -> str | int | float | bool:
    """A text, number or truth value of bounded size, taken as it is."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise PydanticCustomError("scalar", "A text here has at most 10,000 characters.")
        _check_characters(value)
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= 10**38:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    raise PydanticCustomError("scalar", "A value is a text, a finite number, true or false.")


def _check_characters(value: str) -> None:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("scalar", "A text here must not hold NUL or half of a surrogate pair.")


def _name(value: object) -> object:
    if isinstance(value, str):
        _check_characters(value)
    return value


def _kind_of_item(value: object) -> str:
    return "group" if isinstance(value, dict) and ("match" in value or "items" in value) else "condition"


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Value = Annotated[str | int | float | bool, WrapValidator(_scalar)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=_MAX_NAME), BeforeValidator(_name)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WindowModel(_Model):
    """A span of whole days, relative to the logical time or fixed."""

    kind: WindowKind
    n: StrictInt = Field(1, ge=1, le=10_000, description="How many units; LAST and NEXT only.")
    unit: DateUnit = DateUnit.DAY
    include_current: StrictBool = False
    first_on: Day | None = None
    last_on: Day | None = None


class ConditionModel(_Model):
    """One predicate."""

    field: Name
    operator: Operator
    values: tuple[Value, ...] = Field((), max_length=MAX_VALUES)
    window: WindowModel | None = None


class GroupModel(_Model):
    """Conditions and groups that combine by `match`."""

    match: Match = Match.ALL
    items: "tuple[ItemModel, ...]" = Field((), max_length=MAX_COLUMNS)


ItemModel = Annotated[
    Annotated[ConditionModel, Tag("condition")] | Annotated[GroupModel, Tag("group")],
    Discriminator(_kind_of_item),
]


class GroupingModel(_Model):
    """A dimension that groups."""

    field: Name
    grain: DateUnit | None = None


class MeasureModel(_Model):
    """An aggregated field; `count` takes none."""

    aggregation: Aggregation
    field: Name | None = None
    label: Name | None = None


class PeriodModel(_Model):
    """The span that the report is about."""

    field: Name
    window: WindowModel


class SortModel(_Model):
    """Order by a result column."""

    key: Name
    descending: StrictBool = False


class ChartModel(_Model):
    """A picture of the result; `x`, `y` and `color` are keys of result columns."""

    kind: ChartKind
    x: Name
    y: tuple[Name, ...] = Field(min_length=1, max_length=50)
    color: Name | None = None


class DefinitionModel(_Model):
    """What a report asks."""

    schema_version: Literal[1] = 1
    dataset_id: UUID
    columns: tuple[Name, ...] = Field((), max_length=MAX_COLUMNS)
    groupings: tuple[GroupingModel, ...] = Field((), max_length=MAX_COLUMNS)
    measures: tuple[MeasureModel, ...] = Field((), max_length=MAX_COLUMNS)
    period: PeriodModel | None = None
    filters: GroupModel = GroupModel()
    sort: tuple[SortModel, ...] = Field((), max_length=MAX_COLUMNS)
    limit: StrictInt | None = Field(
        None, ge=1, le=_INT_64, description="Most rows delivered. Null lifts it; left out, the installation's default."
    )
    timezone: Name = "UTC"
    kpis: tuple[MeasureModel, ...] = Field((), max_length=24)
    chart: ChartModel | None = None
