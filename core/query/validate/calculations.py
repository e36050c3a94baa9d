"""Checks columns computed of the result."""

from core.domain.dataset import Dataset
from core.domain.definition import Calculation, CalculationKind, ReportDefinition
from core.domain.expression import names_in
from core.domain.result import ResultColumn
from core.query.columns import calculation_column, known_columns
from core.query.measures import parsed
from core.query.validate.problems import TYPE_WORDS, at, check_format, known_field, known_key, refusal

_KIND_WORDS = {
    CalculationKind.EXPRESSION: "An expression",
    CalculationKind.RUNNING_TOTAL: "A running total",
    CalculationKind.SHARE: "A share",
    CalculationKind.RANK: "A rank",
    CalculationKind.PREVIOUS: "A comparison",
    CalculationKind.CHANGE: "A change",
    CalculationKind.CHANGE_PERCENT: "A change",
}
_BEGINS_ANEW = (CalculationKind.RUNNING_TOTAL, CalculationKind.SHARE, CalculationKind.RANK)


def check_calculations(definition: ReportDefinition, dataset: Dataset) -> dict[str, ResultColumn]:
    """Every calculation can be computed; returns all columns of the result by key. One may refer to those before."""
    columns = known_columns(definition, dataset)
    for index, calculation in enumerate(definition.calculations):
        place = f"calculations[{index}]"
        if not calculation.name:
            raise refusal(f"{place}.name", "A computed column needs a name.")
        if calculation.kind is CalculationKind.EXPRESSION:
            _check_expression(calculation, definition, dataset, place)
        else:
            _check_of_measure(calculation, definition, columns, place)
        with at(f"{place}.expression" if calculation.kind is CalculationKind.EXPRESSION else place):
            column = calculation_column(calculation, dataset, columns, is_summary=definition.is_summary)
        check_format(calculation.format, column.type, column.label, f"{place}.format")
        columns[calculation.name] = column
    return columns


def _check_expression(calculation: Calculation, definition: ReportDefinition, dataset: Dataset, place: str) -> None:
    if calculation.expression is None:
        raise refusal(f"{place}.expression", "Write down what the column computes, such as amount / quantity.")
    for name, value in (("of", calculation.of), ("within", calculation.within)):
        if value:
            raise refusal(f"{place}.{name}", f"An expression names its columns itself; leave '{name}' out.")
    if not definition.is_summary:
        with at(f"{place}.expression"):
            for name in sorted(names_in(parsed(calculation.expression))):
                known_field(dataset, name, place)


def _check_of_measure(
    calculation: Calculation, definition: ReportDefinition, columns: dict[str, ResultColumn], place: str
) -> None:
    words = _KIND_WORDS[calculation.kind]
    if calculation.expression is not None:
        raise refusal(f"{place}.expression", f"{words} is computed of a measure and takes no expression.")
    if not definition.measures:
        raise refusal(f"{place}.kind", f"{words} needs a measure; this report has none.")
    if calculation.of is None:
        raise refusal(f"{place}.of", f"{words} needs the measure that it is computed of.")
    known_key(calculation.of, [measure.key for measure in definition.measures], f"{place}.of", "measure {}")
    of = columns[calculation.of]
    if not of.type.is_number and calculation.kind is not CalculationKind.PREVIOUS:
        raise refusal(f"{place}.of", f"{words} is computed of numbers; {of.label} is {TYPE_WORDS[of.type]}.")
    _check_within(calculation, definition, place)
    if calculation.kind.compares and definition.period is None:
        raise refusal(f"{place}.kind", f"{words} needs a period to compare with another; choose a period first.")


def _check_within(calculation: Calculation, definition: ReportDefinition, place: str) -> None:
    if calculation.within and calculation.kind not in _BEGINS_ANEW:
        raise refusal(f"{place}.within", "Only running totals, shares and ranks begin anew within groups.")
    for index, key in enumerate(calculation.within):
        known_key(key, [grouping.key for grouping in definition.groupings], f"{place}.within[{index}]", "grouping {}")
        if key in calculation.within[:index]:
            raise refusal(f"{place}.within[{index}]", f"'{key}' is there more than once; once is enough.")
