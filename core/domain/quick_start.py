"""A first question about a dataset, offered so that a new report never starts empty."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.definition import ReportDefinition


class StartKind(StrEnum):
    """Where a first question comes from."""

    QUICK = "quick"  #: made from the dataset's fields alone
    READY_MADE = "ready_made"  #: a report template that found the fields it asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickStart:
    """A first question with its answer's chart; `key` is the same for the same dataset."""

    key: str
    kind: StartKind
    label: str
    description: str
    definition: ReportDefinition
