"""Any definition that is let through reads as one sentence and has its columns; any other one is refused in words."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain.appearance import ColumnOption
from core.domain.definition import (
    Aggregation,
    Calculation,
    CalculationKind,
    Comparison,
    Grouping,
    Measure,
    Parameter,
    ParameterType,
    Period,
    Pivot,
    ReportDefinition,
    Sort,
    Top,
    Totals,
)
from core.domain.field import FieldType
from core.domain.filter import (
    Calendar,
    Condition,
    DateUnit,
    DateWindow,
    FilterGroup,
    Grain,
    Match,
    Operator,
    WindowKind,
)
from core.domain.text import is_one_line
from core.errors import InvalidDefinition
from core.query.columns import result_columns
from core.query.field_rules import VALUE_COUNTS, aggregations_for, operators_for
from core.query.validate import validate_definition
from core.query.words import describe, filters_in_words
from tests.definition_parts import DATASET_ID, NOW, shop_dataset

SHOP = shop_dataset()
FIELDS = {field.name: field for field in SHOP.fields}
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: st.text(max_size=80),
    FieldType.INTEGER: st.integers(-(2**60), 2**60),
    FieldType.DECIMAL: st.floats(-1e9, 1e9),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates().map(str),
    FieldType.DATETIME: st.datetimes().map(lambda at: at.isoformat()),
}
KEYS = st.sampled_from(["country", "at__month", "at__iso_week", "count", "paid", "sum__amount", "a", "b", "items"])
WINDOWS = st.builds(
    DateWindow,
    kind=st.sampled_from([kind for kind in WindowKind if kind is not WindowKind.BETWEEN]),
    n=st.integers(1, 400),
    unit=st.sampled_from(DateUnit),
    include_current=st.booleans(),
    offset=st.integers(-3, 3),
    offset_unit=st.sampled_from(DateUnit),
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    operator = draw(st.sampled_from(operators_for(field.type)))
    if operator in (Operator.IN_WINDOW, Operator.NOT_IN_WINDOW):
        return draw(
            st.builds(Condition, field=st.just(field.name), operator=st.just(operator), window=WINDOWS)
            | st.just(Condition(field=field.name, operator=operator, parameter="since"))
        )
    least, most = VALUE_COUNTS[operator]
    values = draw(st.lists(VALUES[field.type], min_size=least, max_size=most if most is not None else 7))
    if operator in (Operator.BETWEEN, Operator.NOT_BETWEEN):
        values.sort()
    ignore_case = draw(st.sampled_from([None, True, False])) if field.type is FieldType.TEXT else None
    if operator is Operator.IS and field.type is FieldType.TEXT and draw(st.booleans()):
        return Condition(field=field.name, operator=operator, parameter="which", ignore_case=ignore_case)
    return Condition(field=field.name, operator=operator, values=tuple(values), ignore_case=ignore_case)


GROUPS = st.recursive(
    st.builds(FilterGroup, match=st.sampled_from(Match), items=st.lists(conditions(), max_size=3).map(tuple)),
    lambda inner: st.builds(
        FilterGroup, match=st.sampled_from(Match), items=st.lists(inner | conditions(), max_size=3).map(tuple)
    ),
    max_leaves=4,
)


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    field = FIELDS[draw(st.sampled_from(["items", "amount", "at", "country", "quantity", "region"]))]
    aggregation = draw(st.sampled_from(aggregations_for(field.type)))
    percent = draw(st.floats(0, 100)) if aggregation is Aggregation.PERCENTILE else None
    return Measure(aggregation=aggregation, field=field.name, percent=percent)


MEASURES = st.builds(
    lambda some, others: (Measure(aggregation=Aggregation.COUNT), *some, *others),
    st.lists(measures(), max_size=3, unique_by=lambda measure: measure.key),
    st.lists(
        st.sampled_from(
            [
                Measure(dataset_measure="basket"),
                Measure(expression="sum(amount) / count()", name="per_order"),
                Measure(dataset_measure="revenue", label="Sales"),
            ]
        )
        | st.builds(Measure, aggregation=st.just(Aggregation.COUNT), name=st.just("paid"), filters=GROUPS),
        max_size=2,
        unique_by=lambda measure: measure.key,
    ),
)
GROUPINGS = st.lists(
    st.sampled_from(sorted(FIELDS)).map(lambda name: Grouping(field=name))
    | st.builds(Grouping, field=st.sampled_from(["at", "shipped_on"]), grain=st.sampled_from(Grain)),
    max_size=4,
    unique_by=lambda grouping: grouping.key,
).map(tuple)
CALCULATIONS = st.lists(
    st.builds(
        Calculation,
        name=st.sampled_from("abc"),
        kind=st.sampled_from([kind for kind in CalculationKind if kind is not CalculationKind.EXPRESSION]),
        of=st.just("count"),
        against=st.sampled_from(Comparison),
    )
    | st.builds(
        Calculation,
        name=st.sampled_from("abc"),
        kind=st.just(CalculationKind.EXPRESSION),
        expression=st.just("count + 1"),
    ),
    max_size=3,
    unique_by=lambda calculation: calculation.name,
).map(tuple)
PARAMETERS = (
    Parameter(name="since", label="Since", type=ParameterType.WINDOW),
    Parameter(name="which", label="Which", value_type=FieldType.TEXT),
)


@st.composite
def definitions(draw: st.DrawFn) -> ReportDefinition:
    """Definitions most of which can be: what does not go together is refused."""
    groupings = draw(GROUPINGS)
    keys = [grouping.key for grouping in groupings]
    filters = draw(GROUPS)
    use = (
        Condition(field="at", operator=Operator.IN_WINDOW, parameter="since"),
        Condition(field="country", operator=Operator.IS, parameter="which"),
    )
    return ReportDefinition(
        dataset_id=DATASET_ID,
        groupings=groupings,
        measures=draw(MEASURES),
        calculations=draw(CALCULATIONS),
        period=Period(field="at", window=draw(WINDOWS)),
        filters=FilterGroup(items=(filters, *use)),
        result_filters=draw(st.just(FilterGroup()) | st.just(result_filter("count")) | st.just(result_filter("a"))),
        parameters=PARAMETERS,
        top=draw(st.none() | st.builds(Top, n=st.integers(1, 9), by=st.just("count"), lowest=st.booleans())),
        pivot=draw(st.none() | st.builds(Pivot, groupings=st.just(tuple(keys[:1])), with_totals=st.booleans())),
        totals=draw(st.builds(Totals, grand=st.booleans(), subtotals=st.integers(0, max(0, len(keys) - 2)))),
        sort=tuple(Sort(key=key, descending=draw(st.booleans())) for key in keys[1:]),
        limit=draw(st.none() | st.integers(1, 10_000)),
        timezone=draw(st.sampled_from(["UTC", "America/New_York", "Africa/Cairo"])),
        calendar=draw(st.builds(Calendar, week_start=st.integers(1, 7), fiscal_year_start=st.integers(1, 12))),
        options=draw(
            st.lists(
                st.builds(ColumnOption, key=KEYS, label=st.none() | st.just("Mine"), is_hidden=st.booleans()),
                max_size=2,
                unique_by=lambda option: option.key,
            ).map(tuple)
        ),
    )


def result_filter(key: str) -> FilterGroup:
    return FilterGroup(items=(Condition(field=key, operator=Operator.AT_LEAST, values=(1,)),))


def refusal_of(definition: ReportDefinition) -> InvalidDefinition | None:
    try:
        validate_definition(definition, SHOP)
    except InvalidDefinition as error:
        return error
    return None


@settings(max_examples=200, deadline=None)
@given(definition=definitions())
def test_what_is_let_through_has_its_columns_and_reads_as_one_sentence(definition: ReportDefinition) -> None:
    assume(refusal_of(definition) is None)
    assert tuple(column.key for column in result_columns(definition, SHOP)) == definition.column_keys
    sentence = describe(definition, SHOP, NOW)
    assert is_one_line(sentence)
    assert sentence[0] == sentence[0].upper()
    lines = filters_in_words(definition, SHOP, NOW)
    assert all(line and is_one_line(line) for line in lines)


@settings(max_examples=200, deadline=None)
@given(definition=definitions())
def test_what_is_refused_is_refused_in_words_with_a_place(definition: ReportDefinition) -> None:
    error = refusal_of(definition)
    assume(error is not None)
    assert error is not None
    assert error.place
    assert error.user_message.endswith((".", "?"))
