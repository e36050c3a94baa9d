"""The JSON form of a result's head, for the run that spools its rows and renders them later."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.domain.dataset import FieldType, Format, NumberStyle
from core.domain.definition import Chart, ChartKind
from core.domain.filter import ResolvedWindow
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead


def dump_head(head: ResultHead) -> dict[str, Any]:
    """Return the head as JSON values; `load_head` gives an equal head."""
    return {
        "report_id": str(head.report_id) if head.report_id else None,
        "report_version": head.report_version,
        "title": head.title,
        "description": head.description,
        "sentence": head.sentence,
        "filters_in_words": list(head.filters_in_words),
        "period": head.period and _dump_window(head.period),
        "previous_period": head.previous_period and _dump_window(head.previous_period),
        "columns": [_dump_column(column) for column in head.columns],
        "kpis": [_dump_kpi(kpi) for kpi in head.kpis],
        "chart": head.chart
        and {
            "kind": str(head.chart.kind),
            "x": head.chart.x,
            "y": list(head.chart.y),
            "color": head.chart.color,
        },
        "rows_matched": head.rows_matched,
        "row_limit": head.row_limit,
        "logical_at": head.logical_at.isoformat(),
        "as_of": head.as_of.isoformat(),
        "is_snapshot": head.is_snapshot,
        "timezone": head.timezone,
        "organization": head.organization,
        "definition_sha256": head.definition_sha256,
        "owner": head.owner,
    }


def load_head(data: dict[str, Any]) -> ResultHead:
    """Read what `dump_head` wrote."""
    chart = data["chart"]
    return ResultHead(
        report_id=UUID(data["report_id"]) if data["report_id"] else None,
        report_version=data["report_version"],
        title=data["title"],
        description=data["description"],
        sentence=data["sentence"],
        filters_in_words=tuple(data["filters_in_words"]),
        period=_load_window(data["period"]),
        previous_period=_load_window(data["previous_period"]),
        columns=tuple(_load_column(column) for column in data["columns"]),
        kpis=tuple(_load_kpi(kpi) for kpi in data["kpis"]),
        chart=chart and Chart(kind=ChartKind(chart["kind"]), x=chart["x"], y=tuple(chart["y"]), color=chart["color"]),
        rows_matched=data["rows_matched"],
        row_limit=data["row_limit"],
        logical_at=datetime.fromisoformat(data["logical_at"]),
        as_of=datetime.fromisoformat(data["as_of"]),
        is_snapshot=data["is_snapshot"],
        timezone=data["timezone"],
        organization=data["organization"],
        definition_sha256=data["definition_sha256"],
        owner=data["owner"],
    )


def _dump_window(window: ResolvedWindow) -> dict[str, str]:
    return {
        "first_on": window.first_on.isoformat(),
        "last_on": window.last_on.isoformat(),
        "starts_at": window.starts_at.isoformat(),
        "ends_at": window.ends_at.isoformat(),
        "timezone": window.timezone,
    }


def _load_window(data: dict[str, str] | None) -> ResolvedWindow | None:
    if data is None:
        return None
    return ResolvedWindow(
        first_on=date.fromisoformat(data["first_on"]),
        last_on=date.fromisoformat(data["last_on"]),
        starts_at=datetime.fromisoformat(data["starts_at"]),
        ends_at=datetime.fromisoformat(data["ends_at"]),
        timezone=data["timezone"],
    )


def _dump_format(value: Format) -> dict[str, Any]:
    return {"style": str(value.style), "decimals": value.decimals, "unit": value.unit}


def _load_format(data: dict[str, Any]) -> Format:
    return Format(style=NumberStyle(data["style"]), decimals=data["decimals"], unit=data["unit"])


def _dump_column(column: ResultColumn) -> dict[str, Any]:
    return {
        "key": column.key,
        "label": column.label,
        "type": str(column.type),
        "role": str(column.role),
        "format": _dump_format(column.format),
    }


def _load_column(data: dict[str, Any]) -> ResultColumn:
    return ResultColumn(
        key=data["key"],
        label=data["label"],
        type=FieldType(data["type"]),
        role=ColumnRole(data["role"]),
        format=_load_format(data["format"]),
    )


def _dump_kpi(kpi: Kpi) -> dict[str, Any]:
    return {
        "label": kpi.label,
        "value": _dump_number(kpi.value),
        "previous": _dump_number(kpi.previous),
        "format": _dump_format(kpi.format),
        "trend": list(kpi.trend),
    }


def _load_kpi(data: dict[str, Any]) -> Kpi:
    return Kpi(
        label=data["label"],
        value=_load_number(data["value"]),
        previous=_load_number(data["previous"]),
        format=_load_format(data["format"]),
        trend=tuple(data["trend"]),
    )


def _dump_number(value: Decimal | int | float | None) -> dict[str, str] | int | float | None:
    """Exact decimals travel as text: JSON numbers would round them."""
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _load_number(value: dict[str, str] | int | float | None) -> Decimal | int | float | None:
    return Decimal(value["decimal"]) if isinstance(value, dict) else value
