"""Groups rows and measures them: one plain select wherever that is enough."""

from core.domain.definition import Comparison, Measure
from core.errors import InvalidDefinition
from core.query.compile.aggregates import measure_element
from core.query.compile.comparison import sides_of
from core.query.compile.keys import Kept
from core.query.compile.level import Level, level_of
from core.query.compile.scope import Scope, alias
from core.query.compile.stacked import Span, spans_read


def compared_key(measure: str, against: Comparison) -> str:
    """The key of the hidden column that holds a measure of the span compared with; no key has a control character."""
    return f"{measure}\x1f{against}"


def grouped_level(scope: Scope, kept: Kept | None = None) -> Level:
    """The groups of the definition with its measures, and those measures of other spans that calculations need."""
    sides = sides_of(scope)
    measures = _measures(scope, list(sides))
    spans = [
        Span(side=side, measures=tuple(measure for measure, of in measures.values() if of == number))
        for number, side in enumerate(sides.values())
    ]
    readings = spans_read(scope, spans, kept)
    columns = {
        key: measure_element(measure, scope, readings.aggregated_of(side)) for key, (measure, side) in measures.items()
    }
    level = level_of(readings.rows, {**readings.keys, **columns}, _names(scope))
    return level.grouped_by(len(scope.definition.groupings))


def _names(scope: Scope) -> dict[str, str]:
    """How the hidden columns are called in SQL."""
    compared = [each for each in scope.definition.calculations if each.kind.compares]
    return {compared_key(each.of or "", each.against): f"{alias(each.of or '')} {each.against}" for each in compared}


def _measures(scope: Scope, comparisons: list[Comparison | None]) -> dict[str, tuple[Measure, int]]:
    """The measures by key, each with the number of the side it is of."""
    by_key = {measure.key: measure for measure in scope.definition.measures}
    wanted = {key: (measure, 0) for key, measure in by_key.items()}
    for calculation in scope.definition.calculations:
        if not calculation.kind.compares:
            continue
        if calculation.of not in by_key or calculation.against not in comparisons:
            raise InvalidDefinition("A comparison needs a measure of the report and a period.")
        key = compared_key(calculation.of, calculation.against)
        wanted[key] = (by_key[calculation.of], comparisons.index(calculation.against))
    return wanted
