"""Definitions drawn for a dataset: the same ones for the same seed, of several sorts so that most answer something."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from core.domain.dataset import Dataset
from core.domain.definition import CalculationKind, ReportDefinition
from core.domain.definition_json import dump_definition
from core.domain.field import FieldType
from core.domain.filter import DateUnit, DateWindow, Scalar, WindowKind
from core.domain.parameters import bind_parameters
from tests.definition_strategies import Variety, definitions

_COMPARING = tuple(kind for kind in CalculationKind if kind.compares)
_INSTANTS: Sequence[Scalar] = (
    "2025-12-31", "2026-01-01", "2026-03-08T07:00:00+00:00", "2026-03-29", "2026-03-29T01:00:00+00:00", "2026-04-05",
    "2026-10-04T02:15:00", "2026-10-25", "2026-10-25T02:30:00", "2026-11-01T01:30:00", "2026-11-22T18:30:00",
    "2026-11-23",
)  # fmt: skip
_DAYS: Sequence[Scalar] = ("1969-12-31", "2024-02-29", "2025-12-31", "2026-02-28", "2026-10-31", "2026-11-23")
_EVERY = Variety(
    with_appearance=False,
    items=2,
    timezones=(
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
        "UTC", "UTC",
    ),
    limits=(None, 3, 1000),
    values={
        "country": ("DE", "de", "De", "", "ÉIRE", "éire", "DE ", "österreich", "日", "nowhere"),
        "note": ("100%", "%", "_", "under_score", "\\", "back\\slash", "straße", "ÉCOLE", "'", '"', "", " ", "ain"),
        "big": (-(2**53) - 3, 0, 2**53 + 1, 2**53 + 3),
        "amount": (-19.99, 0, 0.1, 0.3, 100),
        "rate": (0, 0.25, 0.5, 0.75),
        "weight": (-1.5, 0, 0.0625, 7, 20.5),
        "at": _INSTANTS,
        "ordered_at": _INSTANTS,
        "shipped": _DAYS,
        "since": _DAYS,
        "local_day": _DAYS,
        "due": _DAYS,
        "sku": ("a", "A", "a ", "", "é"),
        "channel": ("web", "Web", "shop"),
        "region": ("North", "north", ""),
        "product": ("Apple", "éclair", "a"),
        "severity": ("low", "high", "High"),
    },
)  # fmt: skip
_GROUPS = replace(_EVERY, with_rows=False, items=1, depth=1, with_period=False, with_kpis=False)
#: The sorts of definitions, as they take turns.
VARIETIES = (
    replace(_EVERY, with_summaries=False, columns=5),
    replace(_GROUPS, measures=4, groupings=2),
    replace(_GROUPS, measures=2, groupings=3, with_kpis=True),
    replace(_EVERY, with_rows=False, items=1, depth=1, calculation_kinds=_COMPARING),
    replace(_GROUPS, measures=2, groupings=2, calculations=5, with_top=False, with_pivot=False),
    replace(_EVERY, with_rows=False),
)

_WIDE = (
    DateWindow(kind=WindowKind.THIS, unit=DateUnit.YEAR),
    DateWindow(kind=WindowKind.LAST, n=7, unit=DateUnit.MONTH, include_current=True),
    DateWindow(kind=WindowKind.TO_DATE, unit=DateUnit.YEAR),
    DateWindow(kind=WindowKind.LAST, n=26, unit=DateUnit.WEEK),
    DateWindow(kind=WindowKind.BETWEEN, first_on=date(2026, 2, 1), last_on=date(2026, 9, 30)),
    DateWindow(kind=WindowKind.LAST, n=200),
    DateWindow(kind=WindowKind.THIS, unit=DateUnit.QUARTER),
)
#: The first example of a seed is always the simplest one; those after the second are variations of it.
_EXAMPLES = 2


def drawn(dataset: Dataset, count: int, *, seed: int = 0) -> list[ReportDefinition]:
    """`count` different definitions over `dataset`, with the defaults of their parameters in place."""
    found: dict[str, ReportDefinition] = {}
    strategies = [definitions(dataset, variety) for variety in VARIETIES]
    for number in itertools.count(seed * 1_000_000):
        for definition in _examples(strategies[number % len(strategies)], number):
            if number % 2:
                definition = _pointed(definition, dataset, number)
            found.setdefault(str(dump_definition(definition)), definition)
        if len(found) >= count:
            return list(found.values())[:count]
    raise AssertionError("numbers never end")


def _pointed(definition: ReportDefinition, dataset: Dataset, number: int) -> ReportDefinition:
    """The definition with what is seldom drawn: its period on a date it groups by, and others at the top."""
    if definition.period is not None:
        window = _WIDE[number % len(_WIDE)]
        # Dates of the period are what comparisons move.
        dates = [grouping.field for grouping in definition.groupings if grouping.grain]
        field_name = dates[0] if dates else definition.period.field
        definition = replace(definition, period=replace(definition.period, window=window, field=field_name))
    top = definition.top
    if top is not None:
        keys = {grouping.key: dataset.field(grouping.field) for grouping in definition.groupings if not grouping.grain}
        field = keys.get(top.grouping or definition.groupings[0].key)
        if field is not None and field.type is FieldType.TEXT:
            definition = replace(definition, top=replace(top, with_others=True))
    return definition


def _examples(strategy: SearchStrategy[ReportDefinition], seed: int) -> list[ReportDefinition]:
    examples: list[ReportDefinition] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(definition: ReportDefinition) -> None:
        examples.append(bind_parameters(definition, {}))

    collect()
    return examples
