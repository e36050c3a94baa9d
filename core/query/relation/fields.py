"""Fields: which columns of which tables they are made of in the end, and whose rows they describe."""

from collections.abc import Iterable, Mapping, Sequence

from core.domain.dataset import Dataset
from core.domain.expression import names_in
from core.domain.field import Field
from core.domain.relation import Join
from core.errors import FieldMissing, InvalidDataset
from core.query.measures import parsed
from core.query.relation.joins import determines


def field_of(dataset: Dataset, name: str) -> Field:
    """The field called `name`. Raises FieldMissing."""
    field = dataset.field(name)
    if field is None:
        raise FieldMissing(f"{dataset.label} has no field '{name}' any more.", fields=(name,))
    return field


def column_fields(dataset: Dataset, names: Iterable[str]) -> tuple[Field, ...]:
    """The fields with columns of their own that the fields `names` are made of.

    Raises FieldMissing, and InvalidDataset where an expression leads back to itself.
    """
    found: dict[str, Field] = {}
    for name in names:
        _collect(dataset, name, found, ())
    return tuple(field for field in found.values() if field.expression is None)


def _collect(dataset: Dataset, name: str, found: dict[str, Field], path: tuple[str, ...]) -> None:
    if name in path:
        raise InvalidDataset(f"The field '{name}' of {dataset.label} is computed of itself.")
    if name in found:
        return
    field = field_of(dataset, name)
    if field.expression is not None:
        for inner in sorted(names_in(parsed(field.expression))):
            _collect(dataset, inner, found, (*path, name))
    found[name] = field


def owner_of(dataset: Dataset, name: str) -> str | None:
    """The join whose rows the field `name` describes; None: the base's. Raises InvalidDataset where no rows do.

    An expression over several tables describes the rows of the finest: one of its rows tells those of the others.
    """
    tables = list(dict.fromkeys(field.table for field in column_fields(dataset, (name,))))
    if not tables:
        return None
    joins = joins_by_name(dataset.joins)
    finest = [one for one in tables if all(determines(one, other, joins) for other in tables)]
    if not finest:
        names = " and ".join(f"'{table}'" if table else "the base table" for table in tables)
        raise InvalidDataset(f"The field '{name}' mixes {names}, whose rows multiply each other.")
    return finest[0]


def joins_by_name(joins: Sequence[Join]) -> Mapping[str, Join]:
    """Joins by their names."""
    return {join.name: join for join in joins}
