"""Turns SQLAlchemy statements into SQL text and the values bound to it."""

import re

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from core.catalog.sources.connector import CompiledQuery

#: Clauses that people look for at the start of a line; what stands in quotes is skipped over.
_CLAUSE = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`)|\s+(FROM|WHERE|GROUP BY|ORDER BY|LIMIT)\b""")


def compile_statement(statement: CompiledQuery | ClauseElement, dialect: Dialect) -> CompiledQuery:
    """Compile `statement` for a dialect with positional placeholders; what is compiled already passes through."""
    if isinstance(statement, CompiledQuery):
        return statement
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements can be compiled")
    values = compiled.params
    return CompiledQuery(sql=str(compiled), parameters=tuple(values[name] for name in compiled.positiontup or ()))


def in_lines(sql: str) -> str:
    """One clause a line, for text that people are shown."""
    return _CLAUSE.sub(lambda found: found[1] or f"\n{found[2]}", sql)
