"""Where a filter of the definition stands: over the dataset's fields, inside one measure, or over the result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field
from core.domain.filter import FilterGroup, Item
from core.domain.result import ResultColumn
from pages.widgets import filter_edits
from pages.widgets.filter_edits import Path
from pages.widgets.mend import mended
from pages.widgets.result_edits import set_measure_filters


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterPlace:
    """A group of a filter of the definition: how it is read and written, and what its conditions may name."""

    key: str  #: what the keys of its controls begin with
    chip: str  #: what the keys of its chips begin with
    read: Callable[[ReportDefinition], FilterGroup]  #: the outermost group
    write: Callable[[ReportDefinition, FilterGroup], ReportDefinition]
    fields: Mapping[str, Field]
    is_of_dataset: bool = True  #: whether its fields are the dataset's
    path: Path = ()  #: the way from the outermost group to this one

    def group(self, d: ReportDefinition) -> FilterGroup:
        """Return the group as it is now."""
        return filter_edits.group_at(self.read(d), self.path)

    def inside(self, position: int) -> "FilterPlace":
        """Return the group that is the item at `position`."""
        return replace(self, key=f"{self.key}_{position}", chip=f"{self.chip}_{position}", path=(*self.path, position))

    def set_item(self, d: ReportDefinition, position: int, item: Item | None) -> ReportDefinition:
        """Replace the item at `position`, append it there, or drop it."""
        path = (*self.path, position)
        return self.reshaped(d, lambda group: filter_edits.with_item_at(group, path, item))

    def reshaped(self, d: ReportDefinition, change: Callable[[FilterGroup], FilterGroup]) -> ReportDefinition:
        """Change the outermost group."""
        return mended(self.write(d, change(self.read(d))))


def over_fields(dataset: Dataset) -> FilterPlace:
    """The report's filter."""
    return FilterPlace(
        key="builder_filter",
        chip="builder_chip",
        read=lambda d: d.filters,
        write=lambda d, group: replace(d, filters=group),
        fields=offered(dataset),
    )


def over_result(definition: ReportDefinition, columns: Mapping[str, ResultColumn]) -> FilterPlace:
    """The filter over measures and what is computed of them."""
    computed = [m.key for m in definition.measures] + [c.name for c in definition.calculations]
    return FilterPlace(
        key="builder_result",
        chip="builder_result_chip",
        read=lambda d: d.result_filters,
        write=lambda d, group: replace(d, result_filters=group),
        fields={key: as_field(columns[key]) for key in computed if key in columns},
        is_of_dataset=False,
    )


def inside_measure(dataset: Dataset, position: int, label: str) -> FilterPlace:
    """The filter of one measure, which is called `label`."""
    return FilterPlace(
        key=f"builder_measure_{position}_filter",
        chip=f"builder_measure_{position}_chip",
        read=lambda d: d.measures[position].filters,
        write=lambda d, group: set_measure_filters(d, position, group, label),
        fields=offered(dataset),
    )


def offered(dataset: Dataset) -> dict[str, Field]:
    """Return the fields that are offered, by name; hidden ones stay known to the reports that use them."""
    return {field.name: field for field in sorted(dataset.fields, key=lambda field: field.is_hidden)}


def as_field(column: ResultColumn) -> Field:
    """Return a column of the result as conditions see fields."""
    return Field(name=column.key, label=column.label, type=column.type, format=column.format, scale=column.scale)
