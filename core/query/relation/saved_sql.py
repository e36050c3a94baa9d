"""Saved SQL: one question that only reads tables; everything that is not known to be harmless is refused.

What reaches the source is the person's own text without its comments: some engines run what stands in comments.
"""

from collections.abc import Iterator
from functools import lru_cache

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from core.errors import InvalidDataset
from core.query.relation.saved_sql_rules import (
    EXECUTED_COMMENTS,
    FILE_NAME,
    HARMLESS_FUNCTIONS,
    HARMLESS_NODES,
    HARMLESS_PARTS,
    REFUSED_FUNCTIONS,
    REFUSED_NODES,
    STATEMENT_WORDS,
    SYSTEM_NAMES,
    SYSTEM_PREFIXES,
    SYSTEM_SCHEMAS,
    SYSTEM_TYPES,
    TABLE_FUNCTIONS,
)

MAX_CHARACTERS = 50_000
#: Deeper ones are written by nobody, and parsers of engines differ on what they do with them.
MAX_DEPTH = 60
_PLACE = "origin.sql"
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END)
#: What the parser raises where it does not expect a text: for `map('a')` an IndexError, for `xor()` a ValueError.
_PARSER_FAULTS = (RecursionError, LookupError, ValueError, TypeError, AttributeError)


@lru_cache(maxsize=256)
def check_sql(sql: str, dialect_name: str) -> str:
    """The SQL as it may run: without comments and without a semicolon at its end. Raises InvalidDataset.

    `dialect_name` is the name under which sqlglot knows the engine's SQL; without one the engine runs none.
    """
    if not dialect_name:
        raise _refusal("This source runs no saved SQL.")
    if len(sql) > MAX_CHARACTERS:
        raise _refusal(f"Saved SQL has at most {MAX_CHARACTERS:,} characters; this has {len(sql):,}.")
    if any(not character.isprintable() and character not in "\n\r\t" for character in sql):
        raise _refusal("There is a character in it that cannot be seen. Type it anew instead of pasting it.")
    try:
        tokens = sqlglot.tokenize(sql, dialect=dialect_name)
        text = _without_comments(sql, tokens)
        statements = sqlglot.parse(text, dialect=dialect_name)
    except (SqlglotError, *_PARSER_FAULTS) as error:
        raise _refusal(f"It cannot be read: {_first_line(error)}") from error
    if len(statements) != 1:
        raise _refusal("Saved SQL is exactly one SELECT.")
    if not isinstance(statements[0], exp.Select | exp.SetOperation | exp.Subquery):
        raise _refusal("Saved SQL is a SELECT; it may begin with WITH.")
    _check_tree(statements[0], dialect_name)
    return text


def _without_comments(sql: str, tokens: list[Token]) -> str:
    """The text of the tokens with plain blanks between them."""
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens = tokens[:-1]
    parts: list[str] = []
    end = 0
    depth = 0
    for token in tokens:
        gap, raw = sql[end : token.start], sql[token.start : token.end + 1]
        _check_comment(gap)
        _check_token(token, raw)
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > MAX_DEPTH:
            raise _refusal(f"It nests more than {MAX_DEPTH} levels deep.")
        parts.append(("\n" if "\n" in gap else " ") if gap and parts else "")
        parts.append(raw)
        end = token.end + 1
    _check_comment(sql[end:])
    return "".join(parts)


def _check_comment(gap: str) -> None:
    if any(opening in gap for opening in EXECUTED_COMMENTS):
        raise _refusal("Comments that the engine runs are not allowed.")


def _check_token(token: Token, raw: str) -> None:
    """Quotes whose end engines see at different places, by their settings, are refused."""
    if token.token_type in (TokenType.HEREDOC_STRING, TokenType.RAW_STRING):
        raise _refusal("Write texts in single quotes.")
    if raw[:1] in "'\"`" or raw[1:2] == "'":
        if "\\'" in raw or '\\"' in raw or "\\`" in raw:
            raise _refusal("Write a quote inside of a text twice: a backslash before it is not safe.")
        if token.token_type is TokenType.IDENTIFIER and ("'" in raw or '"' in raw[1:-1] or "`" in raw[1:-1]):
            raise _refusal(f"The name {raw[:40]} has a quote in it.")


def _check_tree(tree: exp.Expression, dialect_name: str) -> None:
    for node in tree.walk():
        if not isinstance(node, HARMLESS_NODES) or isinstance(node, REFUSED_NODES):
            raise _refusal(f"{_words(node)} is not allowed.")
        allowed = next((parts for kind, parts in HARMLESS_PARTS.items() if isinstance(node, kind)), None)
        if allowed is not None:
            surplus = next((name for name, part in node.args.items() if part and name not in allowed), None)
            if surplus is not None:
                raise _refusal(f"{surplus.strip('_').replace('_', ' ').upper()} is not allowed.")
        if isinstance(node, exp.Table):
            _check_table(node, dialect_name)
        elif isinstance(node, exp.Column) and dialect_name == "clickhouse":
            _check_right_of_in(node)
        elif isinstance(node, exp.DataType) and SYSTEM_TYPES.search(str(node.args.get("kind") or "")):
            raise _refusal("Names of the engine's own tables are not looked up.")
        elif isinstance(node, exp.Func):
            _check_function(node)
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            raise _refusal(f"Call {_function_name(node.expression)}() without a schema before it.")


def _check_right_of_in(column: exp.Column) -> None:
    """ClickHouse reads a table where a name stands to the right of IN, or in the functions that IN is."""
    if column.table.casefold() in SYSTEM_SCHEMAS:
        raise _refusal(f"'{column.sql(dialect='clickhouse')}' belongs to the engine itself.")


def _check_table(table: exp.Table, dialect_name: str) -> None:
    alias = table.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.columns and not alias.name:
        # `dictionary('x')`: the parser takes a word of its own before a parenthesis for a table with named columns.
        raise _refusal(f"Only tables and views are read; {table.name}() is neither.")
    if isinstance(table.this, exp.Identifier) and not table.this.quoted and table.name.casefold() in STATEMENT_WORDS:
        raise _refusal(f"{table.name.upper()} is not allowed.")
    if not isinstance(table.this, exp.Identifier):
        if isinstance(table.this, TABLE_FUNCTIONS):
            return
        raise _refusal(f"Only tables and views are read; {_words(table.this)} is neither.")
    *schemas, name = [
        part.name.casefold() for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part
    ]
    if any(schema in SYSTEM_SCHEMAS or schema.startswith(SYSTEM_PREFIXES) for schema in schemas):
        raise _refusal(f"'{table.sql(dialect=dialect_name)}' belongs to the engine itself.")
    if name in SYSTEM_NAMES or name.startswith(SYSTEM_PREFIXES):
        raise _refusal(f"'{table.name}' belongs to the engine itself.")
    if FILE_NAME.search(name) or (schemas and FILE_NAME.search(f".{name}")):
        raise _refusal(f"'{table.name}' is the name of a file.")


def _check_function(function: exp.Func) -> None:
    name = _function_name(function)
    if isinstance(function, exp.Anonymous):
        if name not in HARMLESS_FUNCTIONS:
            raise _refusal(f"The function {name}() is not one that saved SQL may call.")
    elif REFUSED_FUNCTIONS.match(name):
        raise _refusal(f"The function {name}() is not one that saved SQL may call.")


def _function_name(function: exp.Func) -> str:
    return (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).casefold()


def _words(node: object) -> str:
    """What a part is called in a refusal."""
    if isinstance(node, exp.Func):
        return f"{_function_name(node)}()"
    return "".join(f" {letter}" if letter.isupper() else letter for letter in type(node).__name__).strip().upper()


def _first_line(error: Exception) -> str:
    lines: Iterator[str] = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), "it nests too deep")


def _refusal(reason: str) -> InvalidDataset:
    return InvalidDataset(reason, place=_PLACE)
