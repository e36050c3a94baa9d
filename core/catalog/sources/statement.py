"""Turns SQLAlchemy statements into SQL text and the values bound to it."""

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from core.catalog.sources.connector import CompiledQuery


def compile_statement(statement: CompiledQuery | ClauseElement, dialect: Dialect) -> CompiledQuery:
    """Compile `statement` for a dialect with positional placeholders; what is compiled already passes through."""
    if isinstance(statement, CompiledQuery):
        return statement
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements can be compiled")
    values = compiled.params
    return CompiledQuery(sql=str(compiled), parameters=tuple(values[name] for name in compiled.positiontup or ()))
