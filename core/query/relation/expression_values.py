"""A part of an expression on its way to SQL: a constant, nothing, or what was made of other parts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.field import FieldType


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A part with its type; None: it is always null and becomes whatever type is asked for."""

    functions: SqlFunctions
    type: FieldType | None
    constant: int | Decimal | str | bool | None = None
    made: ColumnElement[Any] | None = None

    @property
    def element(self) -> ColumnElement[Any]:
        """Its SQL."""
        return self.as_type(self.type)

    @property
    def number(self) -> ColumnElement[Any]:
        """Its SQL to reckon with: whole numbers with 64 bits, whatever their column has."""
        if self.made is None or self.type is not FieldType.INTEGER:
            return self.element
        return self.functions.converted(self.made, FieldType.INTEGER, FieldType.INTEGER)

    def as_type(self, wanted: FieldType | None) -> ColumnElement[Any]:
        """Its SQL as a type that holds it: a whole constant among numbers with a fraction is one of them."""
        if self.made is not None:
            return self.made
        kind = wanted or FieldType.TEXT
        if self.constant is None:
            return self.functions.empty(kind)
        # As text a number keeps all of its digits.
        constant = f"{self.constant:f}" if isinstance(self.constant, Decimal) else self.constant
        return self.functions.literal(constant, kind)
