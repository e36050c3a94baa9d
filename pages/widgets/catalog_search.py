"""Finding datasets, fields and measures by their labels, descriptions, folders and synonyms; no drawing."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.dataset import Dataset, DatasetMeasure
from core.domain.field import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A field or measure that was looked for, and where it is."""

    dataset: Dataset
    item: Field | DatasetMeasure


def find_datasets(datasets: Iterable[Dataset], search: str) -> list[Dataset]:
    """Return the datasets that are called or described so, or that hold what is."""
    words = _words(search)
    return [d for d in datasets if _holds(words, _about(d)) or any(_holds(words, _said(i)) for i in items(d))]


def find_items(datasets: Iterable[Dataset], search: str) -> list[Found]:
    """Return the fields and measures that are called or described so; none without a search."""
    words = _words(search)
    if not words:
        return []
    return [Found(dataset=d, item=item) for d in datasets for item in items(d) if _holds(words, _said(item))]


def items(dataset: Dataset, search: str = "") -> list[Field | DatasetMeasure]:
    """Return a dataset's visible fields, then its measures, as far as they match."""
    words = _words(search)
    shown: list[Field | DatasetMeasure] = [field for field in dataset.fields if not field.is_hidden]
    return [item for item in (*shown, *dataset.measures) if _holds(words, _said(item))]


def by_folder(datasets: Iterable[Dataset]) -> dict[str, list[Dataset]]:
    """Return datasets under their folders, those without one first."""
    found: dict[str, list[Dataset]] = {}
    for dataset in sorted(datasets, key=lambda d: (d.folder.lower(), d.label.lower())):
        found.setdefault(dataset.folder, []).append(dataset)
    return found


def _words(search: str) -> list[str]:
    return search.lower().split()


def _holds(words: list[str], text: str) -> bool:
    return all(word in text for word in words)


def _about(d: Dataset) -> str:
    return " ".join((d.label, d.name, d.description, d.folder, d.row_noun)).lower()


def _said(item: Field | DatasetMeasure) -> str:
    return " ".join((item.label, item.name, item.description, item.folder, *item.synonyms)).lower()
