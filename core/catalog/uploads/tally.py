"""Counts how many of a column's cells follow forms, and what their values need: all in one pass over many columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from core.catalog.uploads.form import Form
from core.catalog.uploads.number_forms import currency_of
from core.catalog.uploads.table import TABLE
from core.domain.field import FieldType

#: Columns that one query looks at; more of them make its plan slow.
_AT_ONCE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How the cells of a column follow a form."""

    form: Form
    count: int  #: cells that do
    kinds: int = 1  #: different currencies of money, different values where both are needed
    currency: str = ""  #: of money: one of them
    whole_digits: int = 1  #: of numbers with a fraction: most digits before the point
    scale: int = 0  #: most digits after it
    has_exponent: bool = False

    @property
    def is_one_kind(self) -> bool:
        """Whether what the form asks of the whole column holds."""
        if self.form.is_money:
            return self.kinds == 1
        return self.kinds == 2 if self.form.needs_both else True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What a column's cells are."""

    filled: int
    missing: int  #: not there, as opposed to empty texts
    tallies: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a column."""

    text: str  #: SQL of the cell as it stands
    value: str  #: SQL of the cell without the spaces around it
    forms: Sequence[Form] = ()
    is_plain: bool = False  #: as in `Hint`


def count_cells(connection: duckdb.DuckDBPyConnection, questions: Mapping[str, Question]) -> dict[str, Cells]:
    """Answer the questions by the names of their columns."""
    names, found = list(questions), {}
    for start in range(0, len(names), _AT_ONCE):
        found.update(_count(connection, {name: questions[name] for name in names[start : start + _AT_ONCE]}))
    return found


def _count(connection: duckdb.DuckDBPyConnection, questions: Mapping[str, Question]) -> dict[str, Cells]:
    texts, values, asked = [], [], []
    for name, question in questions.items():
        x = f"x_{name}"
        texts += [f"{question.text} AS t_{name}", f"{question.value} AS {x}"]
        values += [f"t_{name}", x]
        asked += [f"count(t_{name})", f"count({x})"]
        for index, form in enumerate(question.forms):
            value = f"v{index}_{name}"
            values.append(f"{form.of(x) if question.is_plain else form.guessed(x)} AS {value}")
            asked += _aggregates(form, value, x).values()
    row = connection.execute(
        f"SELECT count(*), {', '.join(asked)} FROM (SELECT {', '.join(values)} FROM "  # noqa: S608 - ours or quoted
        f"(SELECT {', '.join(texts)} FROM {TABLE}))"
    ).fetchone()
    rows, *counts = row or (0,)
    answers = iter(counts)
    return {
        name: Cells(
            missing=rows - next(answers),
            filled=next(answers),
            tallies=tuple(_tally(form, answers) for form in question.forms),
        )
        for name, question in questions.items()
    }


def _aggregates(form: Form, value: str, x: str) -> dict[str, str]:
    """What a tally says of a form's values, by its fields."""
    asked = {"count": f"count({value})"}
    if form.type is FieldType.DECIMAL:
        # Values are digits with at most one sign and one point; those with an exponent stay floating anyway.
        scale = f"length({value}) - strpos({value}, '.')"
        whole = f"CASE WHEN contains({value}, '.') THEN strpos({value}, '.') - 1 ELSE length({value}) END"
        asked["whole_digits"] = f"max({whole} - starts_with({value}, '-')::INTEGER)"
        asked["scale"] = f"max(CASE WHEN contains({value}, '.') THEN {scale} ELSE 0 END)"
        asked["has_exponent"] = f"bool_or(contains({value}, 'e') OR contains({value}, 'E'))"
    if form.is_money:
        asked["kinds"] = f"count(DISTINCT {currency_of(x)}) FILTER ({value} IS NOT NULL)"
        asked["currency"] = f"mode({currency_of(x)}) FILTER ({value} IS NOT NULL)"
    if form.needs_both:
        asked["kinds"] = f"count(DISTINCT {value})"
    return asked


def _tally(form: Form, answers: Iterator[Any]) -> Tally:
    found = {field: next(answers) for field in _aggregates(form, "", "")}
    return Tally(form=form, **{field: value for field, value in found.items() if value is not None})
