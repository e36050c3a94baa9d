"""A dataset under its policy: as it is for one person, and what that person may ask of it.

Every question goes through here: the dataset that is asked carries the person's `Sight`, the relation refuses one that
carries a policy and no sight, and every key that holds the dataset holds the sight with it.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from core.access.data_policies import least_rows, treatments, visible_rows
from core.catalog.usage import fields_of_measure, names_used, with_underlying
from core.domain.data_policy import Sight, Traits, Treatment
from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.definition import Aggregation, Measure, ReportDefinition, Totals
from core.domain.expression import Call, Expression, Name, Number, aggregates_in, measure_names_in
from core.domain.field import Field, FieldType, Format
from core.domain.filter import Condition, FilterGroup, Match, Operator
from core.errors import FieldHidden, PolicyRefused
from core.query.columns import measure_column
from core.query.measures import parsed, resolve_measure

#: Aggregates that give the value of one row.
_OF_ONE_ROW: frozenset[str] = frozenset({Aggregation.MIN, Aggregation.MAX})
_WORDS = {Treatment.HASHED: "hashed"}


def policed(dataset: Dataset, person: Traits) -> Dataset:
    """Return a dataset as it is for `person`; one without a policy is returned as it is."""
    policy = dataset.policy
    if policy is None:
        return dataset
    treated = {name: how for name, how in treatments(policy, person).items() if dataset.field(name) is not None}
    hidden = {name for name, how in treated.items() if how is Treatment.HIDDEN}
    masks = {name: how for name, how in treated.items() if how is not Treatment.HIDDEN}
    # What is computed of a value that is kept back would tell it.
    hidden |= {field.name for field in dataset.fields if _reads(field, dataset, treated)}
    kept = {name: how for name, how in masks.items() if name not in hidden}
    gone = {one.name for one in dataset.measures if not _fields_behind(one, dataset).isdisjoint(treated)}
    fields = tuple(_shown(field, kept.get(field.name)) for field in dataset.fields if field.name not in hidden)
    is_timed = dataset.time_field not in hidden and dataset.time_field not in kept
    return replace(
        dataset,
        fields=fields,
        measures=tuple(one for one in dataset.measures if one.name not in gone),
        time_field=dataset.time_field if is_timed else None,
        sight=Sight(
            rows=visible_rows(policy, person, dataset.fields),
            hidden=frozenset(hidden | gone),
            masks=tuple(sorted(kept.items())),
            least_rows=least_rows(policy, person),
            fields=dataset.fields,
        ),
    )


def with_key(dataset: Dataset, hash_key: str) -> Dataset:
    """Return the dataset with what its hashed fields are hashed with."""
    if dataset.sight is None or not dataset.sight.masks:
        return dataset
    return replace(dataset, sight=replace(dataset.sight, hash_key=hash_key))


def permitted(definition: ReportDefinition, dataset: Dataset, *, figures_only: bool = False) -> ReportDefinition:
    """Return what is asked instead, so that the answer tells no more than it may. Raises PolicyRefused.

    `figures_only`: only the headline numbers are shown.
    """
    sight = dataset.sight
    if sight is None or not sight.least_rows:
        return definition
    kpis = tuple(_large_enough(measure, dataset, sight.least_rows) for measure in definition.kpis)
    if figures_only:
        return replace(definition, kpis=kpis)
    if not definition.measures:
        raise PolicyRefused(
            f"{dataset.label} gives figures of at least {sight.least_rows:,} rows, and no rows as they are. "
            "Group them and add a measure."
        )
    return _suppressing(definition, dataset, kpis, sight.least_rows)


def notes_on(definition: ReportDefinition, dataset: Dataset) -> tuple[str, ...]:
    """What is to be said of an answer that the policy made smaller; `definition` is the one that was asked for."""
    sight = dataset.sight
    if sight is None or not sight.least_rows or not definition.groupings:
        return ()
    notes = [f"Groups of fewer than {sight.least_rows:,} rows are left out, as {dataset.label} asks for."]
    if _with_remainders(definition):
        notes.append("Totals and headline numbers are left out: less the groups shown they would tell the others.")
    return tuple(notes)


def refuse_hidden(definition: ReportDefinition, dataset: Dataset) -> None:
    """Raise FieldHidden, naming what a definition uses that does not exist for the person."""
    if dataset.sight is None or not dataset.sight.hidden:
        return
    used = sorted(names_used(definition, dataset) & dataset.sight.hidden)
    if used:
        labels = {field.name: field.label for field in dataset.sight.fields}
        names = ", ".join(labels.get(name, name) for name in used)
        raise FieldHidden(
            f"This report uses {names}, which the data policy of {dataset.label} keeps from you. "
            "Take it out of the report, or ask an administrator of your organization.",
            place=used[0],
        )


def _reads(field: Field, dataset: Dataset, names: dict[str, Treatment]) -> bool:
    if field.expression is None:
        return False
    return not (with_underlying((field.name,), dataset) - {field.name}).isdisjoint(names)


def _fields_behind(measure: DatasetMeasure, dataset: Dataset) -> frozenset[str]:
    named = replace(measure.measure, name=measure.name)
    return with_underlying(fields_of_measure(named, dataset), dataset)


def _shown(field: Field, treatment: Treatment | None) -> Field:
    """A field as it is offered: what is masked is a text that says so."""
    if treatment is None:
        return field
    return replace(
        field,
        label=f"{field.label} ({_WORDS.get(treatment, 'masked')})",
        type=FieldType.TEXT,
        format=Format(),
        is_measure=False,
        scale=None,
    )


def _with_remainders(definition: ReportDefinition) -> bool:
    """Whether it shows what, less the groups beside it, is the group that is left out."""
    has_totals = definition.totals.grand or definition.totals.subtotals > 0
    return has_totals or bool(definition.kpis) or (definition.pivot is not None and definition.pivot.with_totals)


def _suppressing(
    definition: ReportDefinition, dataset: Dataset, kpis: tuple[Measure, ...], least: int
) -> ReportDefinition:
    measures = tuple(_large_enough(measure, dataset, least) for measure in definition.measures)
    if not definition.groupings:
        return replace(definition, measures=measures, kpis=kpis)
    filled = FilterGroup(
        match=Match.ANY,
        items=tuple(Condition(field=measure.key, operator=Operator.IS_NOT_EMPTY) for measure in measures),
    )
    asked = definition.result_filters
    items = (filled, asked) if asked.items else (filled,)
    pivot = definition.pivot
    return replace(
        definition,
        measures=measures,
        kpis=(),
        result_filters=FilterGroup(items=items),
        totals=Totals(),
        pivot=None if pivot is None else replace(pivot, with_totals=False),
    )


def _large_enough(measure: Measure, dataset: Dataset, least: int) -> Measure:
    """The same figure, empty where it is of too few rows. Raises PolicyRefused for figures that are one row's value."""
    column = measure_column(measure, dataset)
    resolved = resolve_measure(measure, dataset)
    expression = _expression_of(resolved)
    tree = parsed(expression)
    _refuse_single_rows(tree, dataset, column.label, is_known=measure.dataset_measure is not None)
    return replace(
        resolved,
        aggregation=None,
        field=None,
        percent=None,
        expression=f"if({_enough(tree, least)}, {expression}, null)",
        name=measure.key,
        label=column.label,
        format=column.format,
    )


def _refuse_single_rows(tree: Expression, dataset: Dataset, label: str, *, is_known: bool) -> None:
    """`is_known`: whoever looks after the dataset wrote the measure, and may choose rows in it."""
    calls = aggregates_in(tree)
    if measure_names_in(tree):
        raise PolicyRefused(
            f"{label} is computed of other measures, whose number of rows is not known. {dataset.label} gives "
            "figures of enough rows only: use those measures by themselves."
        )
    if any(call.function in _OF_ONE_ROW or _rows_needed(call) is None for call in calls):
        raise PolicyRefused(
            f"{label} is the value of one row. {dataset.label} gives figures of enough rows only: take a sum, an "
            "average or a count."
        )
    # An "if" inside of a sum picks one row out of a group that is large enough.
    if not is_known and any(not isinstance(argument, Name) for call in calls for argument in call.arguments[:1]):
        raise PolicyRefused(
            f"{label} computes with single rows before it adds them up. {dataset.label} gives figures of enough rows "
            "only: take a field as it is, or ask whoever looks after the dataset for such a measure."
        )


def _rows_needed(call: Call) -> int | None:
    """How many rows a figure has to be of so that none of them is its value; None: one always is."""
    if call.function != Aggregation.PERCENTILE:
        return 1
    percent = call.arguments[1] if len(call.arguments) > 1 else None
    if not isinstance(percent, Number) or not 0 < percent.value < 100:
        return None
    # Interpolated between two values: the highest and the lowest are neither of them from here on.
    return ceil(100 / min(percent.value, 100 - percent.value)) + 1


def _enough(tree: Expression, least: int) -> str:
    """Whether every aggregate is of enough rows: of one field, those that have a value."""
    conditions = dict.fromkeys(
        f"{_rows_behind(call)} >= {max(least, _rows_needed(call) or least)}" for call in aggregates_in(tree)
    )
    return " and ".join(conditions) or f"count() >= {least:d}"


def _rows_behind(call: Call) -> str:
    field = call.arguments[0] if call.arguments else None
    return f"sum(if({_bracketed(field.name)} is empty, 0, 1))" if isinstance(field, Name) else "count()"


def _expression_of(measure: Measure) -> str:
    """A measure in the expression language."""
    if measure.expression is not None:
        return f"({measure.expression})"
    return f"{measure.aggregation}({', '.join(_arguments(measure))})"


def _arguments(measure: Measure) -> Iterator[str]:
    if measure.field is not None:
        yield _bracketed(measure.field)
    if measure.aggregation is Aggregation.PERCENTILE and measure.percent is not None:
        yield f"{measure.percent:f}".rstrip("0").rstrip(".")


def _bracketed(name: str) -> str:
    return f"[{name.replace(']', ']]')}]"
