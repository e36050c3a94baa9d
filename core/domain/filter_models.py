"""The published JSON shape of filters, date windows and calendars."""

from typing import Annotated

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag

from core.domain.filter import (
    Calendar,
    Condition,
    DateUnit,
    DateWindow,
    FilterGroup,
    Match,
    Operator,
    WindowKind,
)
from core.domain.json_form import Model, walk_models
from core.domain.json_values import MAX_COLUMNS, MAX_VALUES, Day, Name, Value
from core.errors import InvalidInput

MAX_FILTER_DEPTH = 6
_MAX_UNITS = 10_000


def _kind_of_item(value: object) -> str:
    is_group = isinstance(value, GroupModel) or (isinstance(value, dict) and ("match" in value or "items" in value))
    return "<group>" if is_group else "<condition>"


class WindowModel(Model):
    """A span of whole days, relative to the logical time or fixed."""

    kind: WindowKind = Field(description="How the span lies relative to the logical time.")
    n: StrictInt = Field(1, ge=1, le=_MAX_UNITS, description="How many units; `last` and `next` only.")
    unit: DateUnit = Field(DateUnit.DAY, description="The unit counted.")
    include_current: StrictBool = Field(False, description="Whether the unit under way is one of the n.")
    offset: StrictInt = Field(
        0, ge=-_MAX_UNITS, le=_MAX_UNITS, description="Moves the logical day by so many `offset_unit` first."
    )
    offset_unit: DateUnit = Field(DateUnit.YEAR, description="The unit of `offset`.")
    first_on: Day | None = Field(None, description="First day inside; `between` only.")
    last_on: Day | None = Field(None, description="Last day inside; `between` only.")

    def build(self) -> DateWindow:
        """The window."""
        return DateWindow(**self.parts())


class ConditionModel(Model):
    """One predicate."""

    field: Name = Field(description="The field asked; in `result_filters` the key of a result column.")
    operator: Operator = Field(description="What is asked of it.")
    values: tuple[Value, ...] = Field((), max_length=MAX_VALUES, description="What it is compared with.")
    window: WindowModel | None = Field(None, description="The span, for `in_window` and `not_in_window`.")
    ignore_case: StrictBool | None = Field(None, description="Null: `is` and order heed case, the others do not.")
    parameter: Name | None = Field(None, description="Takes its values or its window from this parameter.")
    is_off: StrictBool = Field(False, description="Keeps it without applying it; in report definitions only.")

    def build(self) -> Condition:
        """The condition."""
        return Condition(**self.parts())


class GroupModel(Model):
    """Conditions and groups that combine by `match`; an empty one holds for every row."""

    match: Match = Field(Match.ALL, description="How the items combine.")
    items: "tuple[ItemModel, ...]" = Field((), max_length=MAX_COLUMNS, description="Conditions and groups.")
    is_off: StrictBool = Field(False, description="Keeps a group in a group without applying it; in reports only.")

    def build(self) -> FilterGroup:
        """The group."""
        return FilterGroup(**self.parts())


ItemModel = Annotated[
    Annotated[ConditionModel, Tag("<condition>")] | Annotated[GroupModel, Tag("<group>")],
    Discriminator(_kind_of_item),
]


class CalendarModel(Model):
    """Where weeks and years begin."""

    week_start: StrictInt = Field(1, ge=1, le=7, description="1 (Monday) to 7 (Sunday).")
    fiscal_year_start: StrictInt = Field(1, ge=1, le=12, description="The month that years begin with.")

    def build(self) -> Calendar:
        """The calendar."""
        return Calendar(**self.parts())


def check_depth(model: Model, *, refuse: type[InvalidInput]) -> None:
    """Refuse filters, wherever they stand, that nest too deep."""
    for path, part in walk_models(model):
        if not isinstance(part, GroupModel):
            continue
        # A group that is an item of a group stands one level deeper than the outermost one, `….filters`.
        depth = 1
        outer = path
        while outer.endswith("]") and outer.rpartition(".")[2].startswith("items["):
            outer = outer.rpartition(".")[0]
            depth += 1
        if depth > MAX_FILTER_DEPTH:
            raise refuse(f"{path}: Filters nest at most {MAX_FILTER_DEPTH} levels deep.", place=path)
        if depth == 1 and part.is_off:
            raise refuse(f"{path}.is_off: Switch off the filters in it one by one.", place=f"{path}.is_off")


def check_all_on(model: Model, *, refuse: type[InvalidInput]) -> None:
    """Refuse filters that are switched off where a filter is no reader's to switch: in datasets and their policies."""
    for path, part in walk_models(model):
        if isinstance(part, ConditionModel | GroupModel) and part.is_off:
            words = "Only a report's filters can be switched off. Take this one out, or leave it on."
            raise refuse(f"{path}.is_off: {words}", place=f"{path}.is_off")
