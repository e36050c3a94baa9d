"""The JSON form of report definitions: parse with the place of every mistake, dump in one canonical form, hash it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from core.domain.definition import Chart, Grouping, Measure, Period, ReportDefinition, Sort
from core.domain.definition_models import (
    ConditionModel,
    DefinitionModel,
    GroupModel,
    MeasureModel,
    WindowModel,
)
from core.domain.filter import Condition, DateWindow, FilterGroup, Scalar
from core.errors import InvalidDefinition

SCHEMA_VERSION = 1
MAX_BYTES = 1_000_000
MAX_FILTER_DEPTH = 6
_MAX_CONTAINER_DEPTH = 40
#: Rows of a new report where nobody says otherwise.
DEFAULT_LIMIT = 1000


def parse_definition(data: object, *, default_limit: int | None = DEFAULT_LIMIT) -> ReportDefinition:
    """Read the JSON form; a limit left out becomes `default_limit`. Raises InvalidDefinition with its place."""
    if not isinstance(data, dict):
        raise InvalidDefinition("A definition is a JSON object.", place="")
    _check_size(data)
    try:
        model = DefinitionModel.model_validate(data)
    except ValidationError as error:
        raise _refusal(error) from error
    definition = _definition(model, limit=default_limit if "limit" not in data else model.limit)
    _check_duplicates(definition)
    return definition


def dump_definition(definition: ReportDefinition) -> dict[str, Any]:
    """The canonical JSON form: the same definition always gives the same keys, values and order."""
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset_id": str(definition.dataset_id),
        "columns": list(definition.columns),
        "groupings": [_without_none(field=g.field, grain=g.grain and str(g.grain)) for g in definition.groupings],
        "measures": [_dump_measure(measure) for measure in definition.measures],
        "period": definition.period
        and {"field": definition.period.field, "window": _dump_window(definition.period.window)},
        "filters": _dump_group(definition.filters),
        "sort": [{"key": sort.key, "descending": sort.descending} for sort in definition.sort],
        "limit": definition.limit,
        "timezone": definition.timezone,
        "kpis": [_dump_measure(measure) for measure in definition.kpis],
        "chart": definition.chart and _dump_chart(definition.chart),
    }


def definition_schema() -> dict[str, Any]:
    """The JSON Schema of a definition."""
    schema = DefinitionModel.model_json_schema()
    schema["title"] = "Report definition"
    return schema


def definition_sha256(definition: ReportDefinition) -> str:
    """Hash of the canonical form, in hexadecimal."""
    text = json.dumps(dump_definition(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_size(data: dict[Any, Any]) -> None:
    """Refuse what is too deep or too large before anything recursive touches it."""
    level: list[object] = [data]
    for _ in range(_MAX_CONTAINER_DEPTH):
        level = [child for container in level for child in _children(container)]
        if not level:
            break
    else:
        raise InvalidDefinition(f"Filters nest at most {MAX_FILTER_DEPTH} levels deep.", place="filters")
    size = len(json.dumps(data, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise InvalidDefinition(f"A definition has at most 1 MB; this one has {size / 1e6:.1f} MB.", place="")


def _children(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list | tuple) else ()


def _refusal(error: ValidationError) -> InvalidDefinition:
    """The first mistake, in words, with its place such as `filters.items[0].operator`."""
    first = error.errors(include_url=False, include_context=True)[0]
    place = place_of(first["loc"])
    name = place.rpartition(".")[2] or "definition"
    match first["type"]:
        case "extra_forbidden":
            reason = f"There is no key '{name}' here."
        case "missing":
            reason = f"'{name}' is missing."
        case "enum":
            reason = f"'{first['input']}' is not one of {first.get('ctx', {}).get('expected', 'the known values')}."
        case "day" | "scalar":
            reason = first["msg"]
        case _:
            reason = f"{first['msg'].removesuffix('.')}."
    return InvalidDefinition(f"{place}: {reason}"[:500], place=place)


def place_of(location: tuple[int | str, ...]) -> str:
    """Write pydantic's location as a path; the names of union members after an index are not part of the input."""
    path = ""
    previous: int | str = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (isinstance(previous, int) and part in ("condition", "group")):
            path += f".{part}" if path else part
        previous = part
    return path


def _check_duplicates(definition: ReportDefinition) -> None:
    place = "measures" if definition.is_summary else "columns"
    for key, times in Counter(definition.column_keys).items():
        if times > 1:
            raise InvalidDefinition(f"{place}: '{key}' is there {times} times; once is enough.", place=place)
    for key, times in Counter(measure.key for measure in definition.kpis).items():
        if times > 1:
            raise InvalidDefinition(f"kpis: '{key}' is there {times} times; once is enough.", place="kpis")


def _definition(model: DefinitionModel, *, limit: int | None) -> ReportDefinition:
    return ReportDefinition(
        dataset_id=model.dataset_id,
        columns=model.columns,
        groupings=tuple(Grouping(field=g.field, grain=g.grain) for g in model.groupings),
        measures=tuple(_measure(measure) for measure in model.measures),
        period=Period(field=model.period.field, window=_window(model.period.window)) if model.period else None,
        filters=_group(model.filters, path="filters", depth=1),
        sort=tuple(Sort(key=sort.key, descending=sort.descending) for sort in model.sort),
        limit=limit,
        timezone=model.timezone,
        kpis=tuple(_measure(measure) for measure in model.kpis),
        chart=Chart(kind=model.chart.kind, x=model.chart.x, y=model.chart.y, color=model.chart.color)
        if model.chart
        else None,
    )


def _measure(model: MeasureModel) -> Measure:
    return Measure(aggregation=model.aggregation, field=model.field, label=model.label)


def _window(model: WindowModel) -> DateWindow:
    return DateWindow(
        kind=model.kind,
        n=model.n,
        unit=model.unit,
        include_current=model.include_current,
        first_on=model.first_on,
        last_on=model.last_on,
    )


def _group(model: GroupModel, *, path: str, depth: int) -> FilterGroup:
    if depth > MAX_FILTER_DEPTH:
        raise InvalidDefinition(f"{path}: Filters nest at most {MAX_FILTER_DEPTH} levels deep.", place=path)
    return FilterGroup(
        match=model.match,
        items=tuple(
            _group(item, path=f"{path}.items[{index}]", depth=depth + 1)
            if isinstance(item, GroupModel)
            else _condition(item)
            for index, item in enumerate(model.items)
        ),
    )


def _condition(model: ConditionModel) -> Condition:
    return Condition(
        field=model.field,
        operator=model.operator,
        values=model.values,
        window=_window(model.window) if model.window else None,
    )


def _without_none(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value is not None}


def _dump_measure(measure: Measure) -> dict[str, str]:
    return _without_none(aggregation=str(measure.aggregation), field=measure.field, label=measure.label)


def _dump_window(window: DateWindow) -> dict[str, Any]:
    return {
        "kind": str(window.kind),
        "n": window.n,
        "unit": str(window.unit),
        "include_current": window.include_current,
        "first_on": window.first_on and window.first_on.isoformat(),
        "last_on": window.last_on and window.last_on.isoformat(),
    }


def _dump_group(group: FilterGroup) -> dict[str, Any]:
    return {
        "match": str(group.match),
        "items": [
            _dump_group(item) if isinstance(item, FilterGroup) else _dump_condition(item) for item in group.items
        ],
    }


def _dump_condition(condition: Condition) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "field": condition.field,
        "operator": str(condition.operator),
        "values": [_dump_scalar(value) for value in condition.values],
    }
    if condition.window is not None:
        dumped["window"] = _dump_window(condition.window)
    return dumped


def _dump_scalar(value: Scalar) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else value.isoformat()


def _dump_chart(chart: Chart) -> dict[str, Any]:
    return {"kind": str(chart.kind), "x": chart.x, "y": list(chart.y), "color": chart.color}
