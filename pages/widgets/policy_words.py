"""Data policies as people read them: for whom, which rows, which fields."""

from collections.abc import Mapping

from core.domain.data_policy import Audience, ColumnRule, RowRule, Treatment
from core.domain.dataset import Dataset
from core.domain.filter import Condition, FilterGroup, Match, Scalar
from core.domain.operator_words import verb
from core.services.data_policies import Names

TREATMENTS: Mapping[Treatment, str] = {
    Treatment.HIDDEN: "Hidden: the field does not exist",
    Treatment.LAST_4: "Masked: only the last four characters",
    Treatment.DOMAIN: "Masked: only what follows the @",
    Treatment.FIXED: "Masked: always ****",
    Treatment.HASHED: "Hashed: the same value gives the same text",
}


def audience_words(audience: Audience, names: Names) -> str:
    """For whom: "Everyone", "Everyone except the role editor", "The group Sales"."""
    named = [f"the role {role.replace('_', ' ')}" for role in audience.roles]
    named += [f"the group {names.groups.get(one, 'that is gone')}" for one in audience.groups]
    named += [names.people.get(one, "somebody who left").partition(" · ")[0] for one in audience.people]
    listed = ", ".join(named)
    if audience.all_except:
        return f"Everyone except {listed}" if listed else "Everyone"
    return listed[:1].upper() + listed[1:] if listed else "Nobody"


def rule_words(rule: RowRule, dataset: Dataset) -> str:
    """Which rows a rule lets through."""
    return _group(rule.filters, dataset)


def column_words(rule: ColumnRule, dataset: Dataset) -> str:
    """Which fields a rule is about."""
    return ", ".join(_label(name, dataset) for name in rule.fields)


def _group(group: FilterGroup, dataset: Dataset) -> str:
    items = [
        f"({_group(item, dataset)})" if isinstance(item, FilterGroup) else _condition(item, dataset)
        for item in group.items
    ]
    if group.match is Match.NONE:
        return f"none of: {'; '.join(items)}" if len(items) > 1 else f"not ({''.join(items)})"
    return (" or " if group.match is Match.ANY else " and ").join(items)


def _condition(condition: Condition, dataset: Dataset) -> str:
    field = dataset.field(condition.field)
    words = verb(condition.operator, is_temporal=field is not None and field.type.is_temporal)
    if condition.parameter is not None:
        told = f"the person's {condition.parameter.replace('_', ' ')}"
    else:
        told = ", ".join(_value(value) for value in condition.values[:5])
        told += f" and {len(condition.values) - 5} more" if len(condition.values) > 5 else ""
    return f"{_label(condition.field, dataset)} {words} {told}".rstrip()


def _value(value: Scalar) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _label(name: str, dataset: Dataset) -> str:
    field = dataset.field(name)
    return f"{name} (gone)" if field is None else field.label
