"""What a dashboard's filters make of its reports: each tile's definition with the values in it, and what is said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.domain.dashboard import DashboardContent, DataTile, KpiTile, Show
from core.domain.definition import Measure, ReportDefinition
from core.domain.filter import Condition, DateWindow, FilterGroup, Match, Operator
from core.domain.parameters import ParameterValue
from core.errors import InvalidDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class TileQuestion:
    """What one tile asks."""

    definition: ReportDefinition
    parameters: Mapping[str, ParameterValue]  #: values for the parameters of its report
    unheeded: tuple[str, ...]  #: labels of filters that have a value and mean nothing to it


def values_of(content: DashboardContent, given: Mapping[str, ParameterValue]) -> Mapping[str, ParameterValue]:
    """The value of each filter that has one: the one given, or its default."""
    found = {
        shared.name: given.get(shared.name) or shared.default_window or shared.default for shared in content.filters
    }
    return {name: value for name, value in found.items() if value}


def tile_question(
    content: DashboardContent,
    tile: DataTile,
    definition: ReportDefinition,
    given: Mapping[str, ParameterValue],
) -> TileQuestion:
    """Return what a tile asks of its report under the values given for shared filters. Raises InvalidDefinition."""
    definition = asked_definition(tile, definition)
    parameters: dict[str, ParameterValue] = {}
    unheeded = []
    values = values_of(content, given)
    for shared in content.filters:
        value, target = values.get(shared.name), shared.target(tile.id)
        if value is None:
            continue
        if target is None:
            unheeded.append(shared.label)
        elif target.parameter is not None:
            parameters[target.parameter] = value
        elif target.field is not None:
            definition = _filtered(definition, target.field, value)
    return TileQuestion(definition=definition, parameters=parameters, unheeded=tuple(unheeded))


def asked_definition(tile: DataTile, definition: ReportDefinition) -> ReportDefinition:
    """Return what a tile asks of its report, before filters: only what it shows. Raises InvalidDefinition."""
    if isinstance(tile, KpiTile):
        return replace(definition, kpis=(_kpi_of(tile, definition),), chart=None)
    if tile.show is Show.KPI:
        if not definition.kpis:
            raise InvalidDefinition("The report has no headline numbers. Show its table instead.", place="show")
        return replace(definition, chart=None)
    if tile.show is Show.CHART:
        if definition.chart is None:
            raise InvalidDefinition("The report has no chart. Show its table instead.", place="show")
        return replace(definition, kpis=())
    return replace(definition, kpis=(), chart=None)


def is_headline(tile: DataTile) -> bool:
    """Whether a tile shows headline numbers and no rows."""
    return isinstance(tile, KpiTile) or tile.show is Show.KPI


def _kpi_of(tile: KpiTile, definition: ReportDefinition) -> Measure:
    for kpi in definition.kpis:
        if kpi.key == tile.measure:
            return kpi
    raise InvalidDefinition(f"The report has no headline number '{tile.measure}' any more.", place="measure")


def unheeded_words(labels: tuple[str, ...]) -> str | None:
    """What a tile says of filters that mean nothing to it."""
    return f"Not filtered by {', '.join(labels)}." if labels else None


def _filtered(definition: ReportDefinition, field: str, value: ParameterValue) -> ReportDefinition:
    """A window on the field that the report's period is about takes the period's place; all else is one more filter."""
    if isinstance(value, DateWindow):
        if definition.period is not None and definition.period.field == field:
            return replace(definition, period=replace(definition.period, window=value, parameter=None))
        condition = Condition(field=field, operator=Operator.IN_WINDOW, window=value)
    else:
        condition = Condition(field=field, operator=Operator.IS, values=value)
    group = definition.filters
    present = group.items if group.match is Match.ALL else (group,)
    return replace(definition, filters=FilterGroup(items=(*present, condition)))
