"""The JSON form of a result's head, for the run that spools its rows and renders them later.

What a head has gained over time has a default: the heads of runs long past are read too.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from core.domain.appearance import Chart, ChartKind, FormatRule, RuleKind, Tone
from core.domain.field import DateStyle, FieldType, Format, NumberStyle
from core.domain.filter import Operator, ResolvedWindow, Scalar
from core.domain.result import ColumnRole, Kpi, ResultColumn, ResultHead, Total
from core.query.typed_json import dump_typed, load_number, load_typed


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
        "chart": head.chart and _dump_chart(head.chart),
        "totals": [_dump_total(total) for total in head.totals],
        "rules": [_dump_rule(rule) for rule in head.rules],
        "rows_matched": head.rows_matched,
        "is_at_least": head.is_at_least,
        "row_limit": head.row_limit,
        "logical_at": head.logical_at.isoformat(),
        "as_of": head.as_of.isoformat(),
        "is_snapshot": head.is_snapshot,
        "timezone": head.timezone,
        "organization": head.organization,
        "notes": list(head.notes),
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
        totals=tuple(_load_total(total) for total in data.get("totals", ())),
        rules=tuple(_load_rule(rule) for rule in data.get("rules", ())),
        rows_matched=data["rows_matched"],
        is_at_least=data.get("is_at_least", False),
        row_limit=data["row_limit"],
        logical_at=datetime.fromisoformat(data["logical_at"]),
        as_of=datetime.fromisoformat(data["as_of"]),
        is_snapshot=data["is_snapshot"],
        timezone=data["timezone"],
        organization=data["organization"],
        notes=tuple(data.get("notes", ())),
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


def _dump_chart(chart: Chart) -> dict[str, Any]:
    return {"kind": str(chart.kind), "x": chart.x, "y": list(chart.y), "color": chart.color}


def _dump_format(value: Format) -> dict[str, Any]:
    return {
        "style": str(value.style),
        "decimals": value.decimals,
        "unit": value.unit,
        "date_style": value.date_style and str(value.date_style),
    }


def _load_format(data: dict[str, Any]) -> Format:
    style = data.get("date_style")
    return Format(
        style=NumberStyle(data["style"]),
        decimals=data["decimals"],
        unit=data["unit"],
        date_style=style and DateStyle(style),
    )


def _dump_column(column: ResultColumn) -> dict[str, Any]:
    return {
        "key": column.key,
        "label": column.label,
        "type": str(column.type),
        "role": str(column.role),
        "format": _dump_format(column.format),
        "scale": column.scale,
        "width": column.width,
        "is_hidden": column.is_hidden,
        "spans": list(column.spans),
    }


def _load_column(data: dict[str, Any]) -> ResultColumn:
    return ResultColumn(
        key=data["key"],
        label=data["label"],
        type=FieldType(data["type"]),
        role=ColumnRole(data["role"]),
        format=_load_format(data["format"]),
        scale=data.get("scale"),
        width=data.get("width"),
        is_hidden=data.get("is_hidden", False),
        spans=tuple(data.get("spans", ())),
    )


def _dump_kpi(kpi: Kpi) -> dict[str, Any]:
    return {
        "label": kpi.label,
        "value": dump_typed(kpi.value),
        "previous": dump_typed(kpi.previous),
        "format": _dump_format(kpi.format),
        "trend": [dump_typed(point) for point in kpi.trend],
    }


def _load_kpi(data: dict[str, Any]) -> Kpi:
    return Kpi(
        label=data["label"],
        value=load_number(data["value"]),
        previous=load_number(data["previous"]),
        format=_load_format(data["format"]),
        trend=tuple(float(load_number(point) or 0.0) for point in data["trend"]),
    )


def _dump_total(total: Total) -> dict[str, Any]:
    return {
        "level": total.level,
        "keys": [dump_typed(key) for key in total.keys],
        "values": [dump_typed(value) for value in total.values],
    }


def _load_total(data: dict[str, Any]) -> Total:
    return Total(
        level=data["level"],
        keys=tuple(load_typed(key) for key in data["keys"]),
        values=tuple(load_typed(value) for value in data["values"]),
    )


def _dump_rule(rule: FormatRule) -> dict[str, Any]:
    return {
        "key": rule.key,
        "kind": str(rule.kind),
        "operator": rule.operator and str(rule.operator),
        "values": [dump_typed(value) for value in rule.values],
        "tone": str(rule.tone),
        "whole_row": rule.whole_row,
    }


def _load_rule(data: dict[str, Any]) -> FormatRule:
    operator = data["operator"]
    return FormatRule(
        key=data["key"],
        kind=RuleKind(data["kind"]),
        operator=operator and Operator(operator),
        values=tuple(map(_load_scalar, data["values"])),
        tone=Tone(data["tone"]),
        whole_row=data["whole_row"],
    )


def _load_scalar(data: Any) -> Scalar:
    value = load_typed(data)
    if not isinstance(value, Scalar):
        raise ValueError("a rule compares with texts, numbers, flags and dates")
    return value
