"""Whether a dashboard fits its reports: each tile's report is there and has what is shown, each filter what it asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.domain.access import Principal
from core.domain.dashboard import DashboardContent, SharedFilter, Target, TextTile
from core.domain.dashboard_filters import asked_definition
from core.domain.dataset import Dataset
from core.domain.definition import ParameterType
from core.domain.field import FieldType
from core.domain.report import Report
from core.errors import BroadsheetError, InvalidDefinition
from core.query.validate.parameters import parameter_types
from core.services.catalog import CatalogService
from core.services.reports import ReportService

#: Types whose values may stand in for each other.
_FAMILIES = ({FieldType.INTEGER, FieldType.DECIMAL}, {FieldType.DATE, FieldType.DATETIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a tile stands on."""

    report: Report
    dataset: Dataset


def check_content(
    principal: Principal, content: DashboardContent, *, reports: ReportService, catalog: CatalogService
) -> None:
    """Raise InvalidDefinition with the place where a tile or a filter cannot be, such as `tiles[2].report_id`."""
    shown: dict[str, _Shown] = {}
    for index, tile in enumerate(content.tiles):
        if isinstance(tile, TextTile):
            continue
        with _placed(f"tiles[{index}].report_id"):
            report = reports.get(principal, tile.report_id)
            shown[tile.id] = _Shown(report=report, dataset=catalog.dataset(principal, report.definition.dataset_id))
        with _placed(f"tiles[{index}]"):
            asked_definition(tile, report.definition)
    for index, shared in enumerate(content.filters):
        for position, target in enumerate(shared.targets):
            _check_target(shared, target, shown[target.tile], f"filters[{index}].targets[{position}]")


def _check_target(shared: SharedFilter, target: Target, shown: _Shown, place: str) -> None:
    if target.parameter is not None:
        _check_parameter(shared, target.parameter, shown, f"{place}.parameter")
        return
    field = shown.dataset.field(target.field or "")
    place = f"{place}.field"
    if field is None:
        raise _refusal(place, f"{shown.dataset.label} has no field '{target.field}'.")
    if shared.type is ParameterType.WINDOW:
        if not field.type.is_temporal:
            raise _refusal(place, f"{field.label} is no date, and '{shared.label}' takes a span of dates.")
    elif not _suits(shared.value_type, field.type):
        raise _refusal(place, f"{field.label} is of the type {field.type}, and '{shared.label}' {shared.value_type}.")


def _check_parameter(shared: SharedFilter, name: str, shown: _Shown, place: str) -> None:
    asked = next((one for one in shown.report.definition.parameters if one.name == name), None)
    if asked is None:
        raise _refusal(place, f"{shown.report.name} asks for no '{name}'.")
    if asked.type is not shared.type:
        raise _refusal(place, f"'{asked.label}' and '{shared.label}' do not take the same.")
    if shared.type is ParameterType.WINDOW:
        return
    kind = parameter_types(shown.report.definition, shown.dataset).get(name)
    if not _suits(shared.value_type, kind):
        raise _refusal(place, f"'{asked.label}' takes values of the type {kind}, '{shared.label}' {shared.value_type}.")
    if shared.is_list and not asked.is_list:
        raise _refusal(place, f"'{asked.label}' takes one value, '{shared.label}' several.")


def _suits(given: FieldType | None, taken: FieldType | None) -> bool:
    return given == taken or any({given, taken} <= family for family in _FAMILIES)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Name the place in the dashboard of what is wrong with a report."""
    try:
        yield
    except BroadsheetError as error:
        inner = place if place.endswith("report_id") else f"{place}.{error.place}"
        raise _refusal(inner, error.user_message) from error


def _refusal(place: str, words: str) -> InvalidDefinition:
    return InvalidDefinition(f"{place}: {words}"[:500], place=place[:500])
