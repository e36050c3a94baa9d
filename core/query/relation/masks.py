"""Masked and hashed columns: every use of the field, shown, grouped, filtered or counted, is of what this gives."""

from typing import Any

from sqlalchemy import ColumnElement, case, func

from core.catalog.sources.sql_functions import SqlFunctions
from core.domain.data_policy import Treatment
from core.domain.field import FieldType

_STARS = "****"
_SHOWN = 4
#: 96 bits: two values of a dataset do not meet by chance.
_HASH_CHARACTERS = 24


def masked(
    column: ColumnElement[Any], kind: FieldType, treatment: Treatment, *, functions: SqlFunctions, hash_key: str
) -> ColumnElement[Any]:
    """What is left of a column for those from whom its values are kept; empty values are masked like others."""
    text = functions.text(column) if kind is FieldType.TEXT else functions.converted(column, kind, FieldType.TEXT)
    stars = functions.literal(_STARS, FieldType.TEXT)
    found: ColumnElement[Any]
    match treatment:
        case Treatment.LAST_4:
            count = functions.literal(_SHOWN, FieldType.INTEGER)
            shown = functions.concatenated([stars, functions.last_characters(text, count)])
            found = case((functions.length(text) > _SHOWN, shown), else_=stars)
        case Treatment.DOMAIN:
            at = functions.literal(f"{_STARS}@", FieldType.TEXT)
            found = func.coalesce(functions.concatenated([at, functions.part(text, "@", 2)]), stars)
        case Treatment.HASHED if hash_key:
            # The key stands on both sides: a hash cannot be gone on with by who does not know it.
            key = functions.literal(hash_key, FieldType.TEXT)
            hashed = functions.digest(functions.concatenated([key, text, key]))
            found = functions.first_characters(hashed, functions.literal(_HASH_CHARACTERS, FieldType.INTEGER))
        case _:
            found = stars
    return functions.text(found)
