"""A way of writing values of a type, as SQL over a trimmed text `x` that gives the value or null."""

from dataclasses import dataclass

from core.domain.field import FieldType
from core.domain.upload import DateOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`value` holds `{x}` in place of the text. Numbers with a fraction give their plain digits as text."""

    key: str
    type: FieldType
    value: str
    quick: tuple[tuple[str, str], ...] = ()  #: patterns of the usual spellings and what is faster than `value` for them
    guard: str = "true"  #: what a value must hold besides, where the type is guessed; quick spellings all hold it
    is_guessed: bool = True  #: False: only where a person chose the type
    decimal: str | None = None  #: the decimal sign it implies
    order: DateOrder | None = None  #: the order of day and month it implies
    is_percent: bool = False
    is_money: bool = False
    needs_both: bool = False  #: guessed only where both values are there

    def of(self, x: str) -> str:
        """The value of `x`."""
        return self._value(x, self.value)

    def guessed(self, x: str) -> str:
        """The value of `x` where a guess may rest on it."""
        return self._value(x, self.value if self.guard == "true" else f"CASE WHEN {self.guard} THEN {self.value} END")

    def _value(self, x: str, otherwise: str) -> str:
        quick = " ".join(f"WHEN {matches('{x}', pattern)} THEN {value}" for pattern, value in self.quick)
        return (f"CASE {quick} ELSE {otherwise} END" if quick else otherwise).replace("{x}", x)


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def matches(x: str, pattern: str) -> str:
    """Whether all of the text has the form of a regular expression."""
    return f"regexp_full_match({x}, {quoted(pattern)})"
