"""Secrets in files: only the names of the environment variables that hold them, and what these hold now."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from core.domain.json_values import refusal
from core.errors import InvalidInput
from core.services.as_code.names import slug

_PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,199})\}", re.ASCII)


def _placeholder(value: str) -> str:
    """The words never repeat the value: it may be a secret that somebody wrote into the file."""
    if _PLACEHOLDER.fullmatch(value) is None:
        raise refusal("Write the environment variable that holds it, as in ${NAME}. No secret stands in a file.")
    return value


Secret = Annotated[
    StrictStr,
    AfterValidator(_placeholder),
    Field(
        description="The environment variable that holds it when the file is applied, as in ${NAME}.",
        json_schema_extra={"pattern": f"^{_PLACEHOLDER.pattern}$"},
    ),
]


def placeholder(noun: str, name: str, secret: str) -> str:
    """What stands in a file for a secret of a thing."""
    words = "_".join((noun, slug(name, noun), slug(secret, "secret")))
    return f"${{{words.replace('-', '_').upper()}}}"


def given_secrets(written: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets that the environment holds, by their names in the file."""
    return {
        name: environment[variable]
        for name, text in written.items()
        if environment.get(variable := variable_of(text)) is not None
    }


def variable_of(written: str) -> str:
    """The environment variable that a placeholder names."""
    return written.removeprefix("${").removesuffix("}")


def refuse_missing(written: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise InvalidInput where a file speaks of a secret that is neither given nor stored."""
    for name, text in written.items():
        if name not in known:
            words = f"Set {variable_of(text)} in the environment: this secret is not stored here yet."
            raise InvalidInput(words, place=f"secrets.{name}")
