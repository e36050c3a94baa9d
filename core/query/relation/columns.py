"""The columns of the base relation: from its origin through its steps."""

from collections.abc import Collection

from core.domain.dataset import Dataset
from core.domain.relation import SourceColumn, Step
from core.errors import InvalidDataset
from core.query.relation.origin import origin_columns
from core.query.relation.steps import columns_of, reads_of
from core.query.relation.steps.kinds import Columns


def columns_after(dataset: Dataset) -> tuple[SourceColumn, ...]:
    """The columns of the base relation after its steps. Raises InvalidDataset with the place: `steps[2].column`."""
    columns: Columns = {column.name: column for column in origin_columns(dataset)}
    for index, step in enumerate(dataset.steps):
        columns = _after(step, columns, index)
    return tuple(columns.values())


def _after(step: Step, columns: Columns, index: int) -> Columns:
    try:
        return columns_of(step, columns)
    except InvalidDataset as error:
        place = f"steps[{index}].{error.place}" if error.place else f"steps[{index}]"
        raise InvalidDataset(error.user_message, place=place) from error


def steps_for(dataset: Dataset, wanted: Collection[str]) -> tuple[frozenset[str], tuple[tuple[int, Step], ...]]:
    """The origin's columns that the columns `wanted` are made of, and the steps on the way with their numbers.

    What a question does not name is not read: a column that is gone from the source breaks only what uses it.
    """
    needed = frozenset(wanted)
    kept: list[tuple[int, Step]] = []
    for number, step in reversed(list(enumerate(dataset.steps, start=1))):
        reads = reads_of(step, needed)
        if reads is not None:
            needed = reads
            kept.append((number, step))
    return needed, tuple(reversed(kept))
