"""The JSON of a preview: what is shown of it, hidden columns left out as in files."""

from core.api.exact_json import ExactJSONResponse
from core.api.inputs import Json
from core.domain.access import Permission, Principal
from core.domain.appearance import FormatRule
from core.domain.filter import ResolvedWindow
from core.domain.result import Preview, ResultColumn, Total
from core.domain.shown import shown_preview


def preview_response(preview: Preview, caller: Principal) -> ExactJSONResponse:
    """Return a preview with exact numbers; the SQL only for those who may see it."""
    return ExactJSONResponse(preview_out(preview, caller))


def preview_out(preview: Preview, caller: Principal) -> Json:
    """The same as JSON whose numbers are still exact."""
    shown = shown_preview(preview)
    return {
        "columns": [_column_out(column) for column in shown.columns],
        "rows": [list(row) for row in zip(*(column.to_pylist() for column in shown.table.columns), strict=True)],
        "totals": [_total_out(total) for total in shown.totals],
        "rules": [_rule_out(rule) for rule in shown.rules],
        "rows_matched": shown.rows_matched,
        "rows_matched_is_at_least": shown.is_at_least,
        "page": shown.page,
        "limit": shown.page_size,
        "sentence": shown.sentence,
        "filters": list(shown.filters_in_words),
        "notes": list(shown.notes),
        "period": _period_out(shown.period),
        "as_of": shown.as_of,
        "is_cached": shown.is_cached,
        "elapsed_s": round(shown.elapsed_s, 4),
        **_sql_out(shown, caller),
    }


def _sql_out(preview: Preview, caller: Principal) -> Json:
    """The statement as it was asked, and the same for people, with its values in their places."""
    if preview.sql is None or not caller.may(Permission.SEE_SQL):
        return {"sql": None, "sql_in_full": None}
    return {"sql": preview.sql.as_asked(), "sql_in_full": preview.sql.in_full()}


def _column_out(column: ResultColumn) -> Json:
    written = column.format
    return {
        "key": column.key,
        "label": column.label,
        "type": str(column.type),
        "role": str(column.role),
        "unit": written.unit,
        "format": {
            "style": str(written.style),
            "decimals": written.decimals,
            "unit": written.unit,
            "date_style": None if written.date_style is None else str(written.date_style),
        },
        "scale": column.scale,
        "width": column.width,
        "spans": list(column.spans),
    }


def _total_out(total: Total) -> Json:
    """`level` 0 is over all rows, n over those that share their first n groupings, whose values are `keys`."""
    return {"level": total.level, "keys": list(total.keys), "values": list(total.values)}


def _rule_out(rule: FormatRule) -> Json:
    return {
        "key": rule.key,
        "kind": str(rule.kind),
        "operator": None if rule.operator is None else str(rule.operator),
        "values": list(rule.values),
        "tone": str(rule.tone),
        "whole_row": rule.whole_row,
    }


def _period_out(period: ResolvedWindow | None) -> Json | None:
    return None if period is None else {"first_on": period.first_on, "last_on": period.last_on}
