"""Words of the catalog's screens: types, joins, steps and where something is wrong, as people say them."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from core.domain.dataset import Dataset, DatasetMeasure, Source
from core.domain.definition import Aggregation
from core.domain.field import DateStyle, Field, FieldType, NumberStyle
from core.domain.relation import (
    BucketStep,
    Cardinality,
    CastStep,
    ComputeStep,
    FillStep,
    FilterStep,
    Join,
    LookUpStep,
    MapStep,
    PivotStep,
    RenameStep,
    SplitStep,
    SqlOrigin,
    Step,
    TableOrigin,
    UnionStep,
    Unmapped,
    UnpivotStep,
)
from pages.widgets import words

TYPES = {
    FieldType.TEXT: "Text",
    FieldType.INTEGER: "Whole number",
    FieldType.DECIMAL: "Number",
    FieldType.BOOLEAN: "Yes or no",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "Date and time",
}
ROLES = ("Dimension", "Measure")
NUMBER_STYLES = {
    NumberStyle.NUMBER: "1,234",
    NumberStyle.PLAIN: "1234",
    NumberStyle.CURRENCY: "Money",
    NumberStyle.PERCENT: "Percent",
    NumberStyle.DURATION: "Duration",
}
DATE_STYLES = {
    DateStyle.MEDIUM: "23 Nov 2026",
    DateStyle.WEEKDAY: "Mon 23 Nov 2026",
    DateStyle.LONG: "Monday 23 November 2026",
    DateStyle.ISO: "2026-11-23",
    DateStyle.MONTH: "Nov 2026",
    DateStyle.QUARTER: "Q4 2026",
    DateStyle.YEAR: "2026",
}
AGGREGATIONS = words.AGGREGATIONS | {Aggregation.COUNT: "Number of rows", Aggregation.PERCENTILE: "Percentile of"}
UNMAPPED = {
    Unmapped.KEEP: "stay as they are",
    Unmapped.EMPTY: "become empty",
    Unmapped.OTHER: "become one other value",
}
#: What a kind of source is good for, in a line; kinds that came later are shown by their label alone.
SOURCE_KINDS = {
    "postgresql": "A PostgreSQL server, version 12 or later",
    "mysql": "A MySQL 8 or MariaDB server",
    "clickhouse": "A ClickHouse server, over HTTP",
    "chdb": "ClickHouse inside this installation, over a folder of tables",
    "duckdb": "A DuckDB file on the server",
}
OTHER_KINDS = {"file": "Uploaded file", "workspace": "Kept by Broadsheet"}
STEPS: dict[type[Step], tuple[str, str]] = {
    CastStep: ("Change a type", ":material/swap_horiz:"),
    RenameStep: ("Rename a column", ":material/edit:"),
    MapStep: ("Replace values", ":material/find_replace:"),
    BucketStep: ("Sort into ranges", ":material/stacked_bar_chart:"),
    SplitStep: ("Split a text", ":material/content_cut:"),
    FillStep: ("Fill empty values", ":material/format_color_fill:"),
    FilterStep: ("Keep some rows", ":material/filter_alt:"),
    ComputeStep: ("Compute a column", ":material/function:"),
    UnionStep: ("Add rows of another table", ":material/playlist_add:"),
    LookUpStep: ("Look up columns", ":material/search:"),
    PivotStep: ("Turn values into columns", ":material/pivot_table_chart:"),
    UnpivotStep: ("Turn columns into rows", ":material/table_rows:"),
}
_STEP_WORDS: dict[type[Step], Callable[[Any], str]] = {
    CastStep: lambda s: f"Read {s.column} as {TYPES[s.type].lower()}",
    RenameStep: lambda s: f"Rename {s.column} to {s.into or '…'}",
    MapStep: lambda s: f"Replace values of {s.column}",
    BucketStep: lambda s: f"Sort {s.column} into ranges",
    SplitStep: lambda s: f"Split {s.column} at {_sign(s.separator)}",
    FillStep: lambda s: f"Fill empty {s.column} with {words.scalar(s.value) or '…'}",
    FilterStep: lambda s: (
        f"Keep rows by {_counted(len(s.filters.items), 'filter')}" if s.filters.items else "Keep some rows"
    ),
    ComputeStep: lambda s: f"Compute {s.into or '…'}",
    UnionStep: lambda s: f"Add the rows of {table_name(s.table) or '…'}",
    LookUpStep: lambda s: f"Look up {', '.join(s.columns) or 'columns'} in {table_name(s.table) or '…'}",
    PivotStep: lambda s: f"Turn {s.column} into columns",
    UnpivotStep: lambda s: f"Turn {_counted(len(s.columns), 'column') if s.columns else 'columns'} into rows",
}
_TABS = {"fields": "Fields", "joins": "Joins", "steps": "Steps", "measures": "Measures"}
_INDEXED = re.compile(r"(fields|joins|steps|measures)\[(\d+)\]")


def table_name(table: TableOrigin) -> str:
    """Return a table's name as its source has it."""
    return f"{table.schema_name}.{table.table_name}" if table.schema_name else table.table_name


def origin(dataset: Dataset) -> str:
    """Return what the rows are made of."""
    return "saved SQL" if isinstance(dataset.origin, SqlOrigin) else table_name(dataset.origin)


def connects_to(source: Source) -> str:
    """Return what a source connects to: "db.example.com, sales"."""
    values = source.connection
    if source.kind in OTHER_KINDS:
        return OTHER_KINDS[source.kind]
    named = [str(values[name]) for name in ("host", "path", "folder", "database") if values.get(name)]
    return ", ".join(named)


def one(noun: str) -> str:
    """Return one of what a plural names: "orders" -> "order"."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def a(noun: str) -> str:
    """Return a noun with its article: "an order"."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def left_noun(dataset: Dataset, join: Join) -> str:
    """Return what one row of the table that is joined to is called."""
    return one(dataset.row_noun) if join.left is None else join.left.replace("_", " ")


def join_sentence(left: str, right: str, cardinality: Cardinality) -> str:
    """Return a cardinality as a sentence."""
    if cardinality is Cardinality.MANY_TO_ONE:
        return f"Each {left} has one {one(right)}; several may share it"
    if cardinality is Cardinality.ONE_TO_ONE:
        return f"Each {left} has one {one(right)} of its own"
    return f"Each {left} can have many {right}"


def fan_out(dataset: Dataset, join: Join) -> str:
    """Return what a join does to rows and figures."""
    left, right = left_noun(dataset, join), join.name.replace("_", " ")
    if join.cardinality is Cardinality.ONE_TO_MANY:
        return (
            f"In a list, {a(left)} stands once for each of its {right}. "
            f"Sums and averages over {left} fields still count each {left} once."
        )
    return f"Rows are not multiplied: figures over {right} fields count each {right} once."


def join_name(join: Join) -> str:
    """Return a join's name as people read it."""
    return join.name.replace("_", " ").capitalize()


def step_title(step: Step) -> str:
    """Return a step's own title, or what it does."""
    return step.title or step_words(step)


def step_words(step: Step) -> str:
    """Return what a step does: "Rename ref_no to Reference"."""
    return _STEP_WORDS[type(step)](step)


def step_lacks(step: Step) -> str:
    """Return what a step that does nothing yet waits for; empty where it lacks nothing that can be named."""
    if isinstance(step, UnionStep | LookUpStep) and not step.table.table_name:
        return "Choose the table."
    if isinstance(step, LookUpStep) and not (step.keys and step.columns):
        return "Choose the columns to take." if step.keys else "Choose the columns that match."
    if isinstance(step, MapStep) and not step.values:
        return "Write which values to replace, or fill in those it has."
    if isinstance(step, PivotStep) and not step.values:
        return "Write which values become columns, or fill in those it has."
    if isinstance(step, UnpivotStep) and not step.columns:
        return "Choose the columns that become rows."
    return ""


def measure_words(measure: DatasetMeasure, dataset: Dataset) -> str:
    """Return how a measure is computed."""
    how = measure.measure
    ratio = ratio_of(how.expression or "")
    if ratio:
        parts = [dataset.measure(name) for name in ratio]
        found = [part.label if part else name for part, name in zip(parts, ratio, strict=True)]
        return " divided by ".join(found)
    if how.expression is not None:
        return how.expression or "…"
    if how.aggregation is None:
        return "…"
    if how.field is None:
        said = f"Number of {dataset.row_noun}"
    else:
        field = dataset.field(how.field)
        percent = f"{how.percent:g}% " if how.percent is not None else ""
        said = f"{percent}{AGGREGATIONS[how.aggregation]} {field.label.lower() if field else how.field}"
    count = len(how.filters.items)
    return said + (
        f", where {count} filter{'' if count == 1 else 's'} hold{'s' if count == 1 else ''}" if count else ""
    )


_RATIO = re.compile(r"\s*\[([^\]]+)\]\s*/\s*\[([^\]]+)\]\s*")


def ratio_of(expression: str) -> tuple[str, str] | None:
    """Return the names of the two measures that an expression divides; None where it is no plain ratio."""
    found = _RATIO.fullmatch(expression)
    return (found[1], found[2]) if found else None


def _sign(separator: str) -> str:
    return "a space" if separator == " " else f"“{separator}”"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def place(dataset: Dataset, where: str | None) -> tuple[str, str]:
    """Return where something is wrong: the tab (empty: above them) and the thing's name."""
    found = _INDEXED.match(where or "")
    if found is None:
        head = (where or "").partition(".")[0].partition("[")[0]
        return _TABS.get(head, ""), ""
    part, position = found[1], int(found[2])
    items = getattr(dataset, part)
    if position >= len(items):
        return _TABS[part], ""
    if part == "steps":
        return _TABS[part], f"{position + 1}. {step_title(items[position])}"
    return _TABS[part], join_name(items[position]) if part == "joins" else items[position].label


def style_of(field: Field) -> str:
    """Return how a field's values are written, as the choice is called; empty where there is none."""
    if field.type.is_number:
        return NUMBER_STYLES[field.format.style]
    if field.type.is_temporal:
        return DATE_STYLES[field.format.date_style or DateStyle.MEDIUM]
    return ""


def certified_mark() -> str:
    """Return the HTML of the mark that a dataset was vouched for."""
    return '<span class="bs-certified" title="Checked and vouched for by a data administrator">Certified</span>'


def quiet(text: str) -> str:
    """Return the HTML of a quiet word."""
    return f'<span class="bs-quiet">{escape(text)}</span>'
