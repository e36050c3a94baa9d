"""Checks of a data policy before it is saved: every refusal names its place."""

from dataclasses import replace

from core.access.data_policies import TAKES_SEVERAL, conditions_of
from core.domain.data_policy import DataPolicy, RowRule
from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Operator, Scalar, WindowKind
from core.errors import InvalidDataset, InvalidInput
from core.query.relation.sight import outside_base
from core.query.validate import validate_definition

#: A value that stands for a person's while a rule is checked.
_STAND_INS: dict[FieldType, Scalar] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: 1,
    FieldType.DECIMAL: 1.5,
    FieldType.BOOLEAN: True,
}
_WITH_ATTRIBUTES = TAKES_SEVERAL | {Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST}


def check_policy(policy: DataPolicy, dataset: Dataset) -> None:
    """Raise InvalidDataset for the first thing that does not fit `dataset`."""
    for index, rule in enumerate(policy.rows):
        _check_rows(rule, dataset, f"rows[{index}]")
    for index, columns in enumerate(policy.columns):
        for number, name in enumerate(columns.fields):
            if dataset.field(name) is None:
                raise _refusal(f"columns[{index}].fields[{number}]", f"{dataset.label} has no field '{name}'.")


def _check_rows(rule: RowRule, dataset: Dataset, place: str) -> None:
    conditions = conditions_of(rule.filters)
    if not conditions:
        raise _refusal(f"{place}.filters", f"Say which rows the rule {rule.name} is about.")
    for condition in conditions:
        _check_condition(condition, dataset, place)
    asked = ReportDefinition(
        dataset_id=dataset.id, columns=(conditions[0].field,), filters=_filled(rule.filters, dataset)
    )
    try:
        validate_definition(asked, replace(dataset, policy=None))
    except InvalidInput as error:
        words = error.user_message.removeprefix(f"{error.place}: ")
        raise _refusal(f"{place}.{error.place}" if error.place else place, words) from error
    if outside := outside_base(dataset, {condition.field for condition in conditions}):
        raise _refusal(
            f"{place}.filters",
            f"A row has several of {outside}. A rule asks for fields of the dataset's own table, or of tables joined "
            "with at most one row.",
        )


def _check_condition(condition: Condition, dataset: Dataset, place: str) -> None:
    if condition.window is not None and condition.window.kind is not WindowKind.BETWEEN:
        raise _refusal(f"{place}.filters", "A rule has no logical time: name fixed days.")
    if condition.parameter is None:
        return
    field = dataset.field(condition.field)
    if field is None:
        raise _refusal(f"{place}.filters", f"{dataset.label} has no field '{condition.field}'.")
    if field.type not in _STAND_INS or condition.operator not in _WITH_ATTRIBUTES:
        raise _refusal(
            f"{place}.filters",
            f"{field.label} cannot be compared in this way with what is known of a person. Texts, numbers and true or "
            "false can, with 'is', 'contains' and their like.",
        )


def _filled(group: FilterGroup, dataset: Dataset) -> FilterGroup:
    """The filter with a value wherever a person's will stand."""
    items = tuple(
        _filled(item, dataset) if isinstance(item, FilterGroup) else _stand_in(item, dataset.field(item.field))
        for item in group.items
    )
    return replace(group, items=items)


def _stand_in(condition: Condition, field: Field | None) -> Condition:
    if condition.parameter is None or field is None:
        return condition
    return replace(condition, parameter=None, values=(_STAND_INS[field.type],))


def _refusal(place: str, words: str) -> InvalidDataset:
    return InvalidDataset(f"{place}: {words}", place=place)
