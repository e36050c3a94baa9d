"""What a dataset's policy comes to for one person. Pure: it is handed both, and reads nothing else.

Rules of one named group are joined with "or", everything else with "and". Whatever is missing, be it an attribute of
the person or a rule for them, takes rows away and never adds any.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.domain.data_policy import Audience, DataPolicy, RowRule, Traits, Treatment, Unmatched
from core.domain.field import Field, FieldType
from core.domain.filter import Condition, FilterGroup, Match, Operator, Scalar
from core.errors import PolicyRefused

#: Where several column rules are for one person, the one that tells least wins.
_STRICTEST = (Treatment.HIDDEN, Treatment.FIXED, Treatment.HASHED, Treatment.LAST_4, Treatment.DOMAIN)
#: Operators that take several values and hold where any of them does (or none, for their opposites).
TAKES_SEVERAL = frozenset(
    {
        Operator.IS,
        Operator.IS_NOT,
        Operator.CONTAINS,
        Operator.NOT_CONTAINS,
        Operator.STARTS_WITH,
        Operator.NOT_STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.NOT_ENDS_WITH,
    }
)
_TRUTH: Mapping[str, bool] = {"true": True, "false": False}


class _Missing(Exception):
    """A rule asks for an attribute that the person does not have, or not as the field needs it."""


def is_for(audience: Audience, person: Traits) -> bool:
    """Whether `person` belongs to an audience."""
    named = (
        person.role in audience.roles
        or not person.groups.isdisjoint(audience.groups)
        or person.user_id in audience.people
    )
    return named is not audience.all_except


def visible_rows(policy: DataPolicy, person: Traits, fields: Iterable[Field]) -> tuple[FilterGroup, ...] | None:
    """Return the filters that all hold for what `person` may see; None: nothing. Raises PolicyRefused."""
    rules = [rule for rule in policy.rows if is_for(rule.audience, person)]
    if not rules:
        return None if policy.rows and policy.unmatched is Unmatched.NONE else ()
    by_name = {field.name: field for field in fields}
    alone = [_bound(rule, person, by_name) for rule in rules if not rule.group]
    groups: dict[str, list[FilterGroup]] = {rule.group: [] for rule in rules if rule.group}
    for rule in rules:
        bound = _bound(rule, person, by_name)
        if rule.group and bound is not None:
            groups[rule.group].append(bound)
    joined = [_any_of(alternatives) if alternatives else None for alternatives in groups.values()]
    every = [*alone, *joined]
    known = tuple(one for one in every if one is not None)
    return known if len(known) == len(every) else None


def treatments(policy: DataPolicy, person: Traits) -> dict[str, Treatment]:
    """Return what becomes of which fields for `person`."""
    found: dict[str, Treatment] = {}
    for rule in policy.columns:
        if is_for(rule.audience, person):
            for name in rule.fields:
                found[name] = min(found.get(name, rule.treatment), rule.treatment, key=_STRICTEST.index)
    return found


def least_rows(policy: DataPolicy, person: Traits) -> int:
    """Return of how many rows a figure has to be for `person`; 0: of any number."""
    size = policy.group_size
    return size.least if size is not None and is_for(size.audience, person) else 0


def conditions_of(group: FilterGroup) -> tuple[Condition, ...]:
    """Every condition of a filter, however deep it stands."""
    return tuple(
        condition
        for item in group.items
        for condition in (conditions_of(item) if isinstance(item, FilterGroup) else (item,))
    )


def _any_of(alternatives: list[FilterGroup]) -> FilterGroup:
    return alternatives[0] if len(alternatives) == 1 else FilterGroup(match=Match.ANY, items=tuple(alternatives))


def _bound(rule: RowRule, person: Traits, fields: Mapping[str, Field]) -> FilterGroup | None:
    """The rule with the person's values in it; None where one is missing, wherever in the rule it stands."""
    try:
        return _filled(rule.filters, person, fields)
    except _Missing:
        return None


def _filled(group: FilterGroup, person: Traits, fields: Mapping[str, Field]) -> FilterGroup:
    items: list[Condition | FilterGroup] = []
    for item in group.items:
        if isinstance(item, FilterGroup):
            items.append(_filled(item, person, fields))
            continue
        field = fields.get(item.field)
        if field is None:
            raise PolicyRefused(
                f"A rule about rows names the field '{item.field}', which is not there any more. Until the rule is "
                "mended nobody whom it is for sees any rows. Tell an administrator of your organization."
            )
        items.append(item if item.parameter is None else _with_values(item, person, field))
    return replace(group, items=tuple(items))


def _with_values(condition: Condition, person: Traits, field: Field) -> Condition:
    given = person.attributes.get(condition.parameter or "", ())
    if not given or (len(given) > 1 and condition.operator not in TAKES_SEVERAL):
        raise _Missing
    return replace(condition, parameter=None, values=tuple(_read(value, field.type) for value in given))


def _read(value: str, kind: FieldType) -> Scalar:
    """A person's value as the type of the field that it is compared with."""
    try:
        match kind:
            case FieldType.INTEGER:
                return int(value)
            case FieldType.DECIMAL:
                return float(value)
            case FieldType.BOOLEAN:
                return _TRUTH[value.strip().lower()]
            case FieldType.TEXT:
                return value
    except (ValueError, KeyError) as error:
        raise _Missing from error
    raise _Missing
