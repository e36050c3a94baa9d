"""Calls every method of the services that takes a text with texts that nobody checked, as a screen may."""

import dataclasses
import inspect
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from core.bootstrap import Broadsheet
from core.domain.access import Principal
from core.errors import BroadsheetError

#: What the edge of the API would have refused, besides the texts of the corpus.
UNCHECKED = (
    "a\0b",
    "\ud800",
    "x" * 100_000,
    "%s%n{0.__class__}",
    "'; DROP TABLE users; --",
    "a\r\nBcc: b@example.com",
)
_NO_SERVICES = frozenset({"settings", "clock", "database"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCall:
    """A method and one of its arguments that takes a text."""

    name: str
    method: Callable[..., Any]
    argument: str
    others: dict[str, Any]

    def stumbles(self, text: str) -> str | None:
        """Call it; returns what it raised that is no error of ours."""
        try:
            self.method(**self.others, **{self.argument: text})
        except BroadsheetError:
            return None
        except Exception as error:  # noqa: BLE001 - what is raised is what is asked
            return f"{self.name}({self.argument}={text[:40]!r}): {type(error).__name__}: {str(error)[:200]}"
        return None


def text_calls(broadsheet: Broadsheet, principal: Principal, ids: dict[str, str]) -> Iterator[TextCall]:
    """Every method that can be called with what is known: the person, ids, numbers and texts."""
    for field in dataclasses.fields(broadsheet):
        service = getattr(broadsheet, field.name)
        if field.name in _NO_SERVICES:
            continue
        for name, method in inspect.getmembers(service, inspect.ismethod):
            if not name.startswith("_"):
                yield from _calls(f"{field.name}.{name}", method, principal, ids)


def _calls(name: str, method: Callable[..., Any], principal: Principal, ids: dict[str, str]) -> Iterator[TextCall]:
    try:
        hints = typing.get_type_hints(method)
    except NameError:  # a type that is imported for checks alone
        return
    needed: dict[str, Any] = {}
    for argument, given in inspect.signature(method).parameters.items():
        if given.default is inspect.Parameter.empty:
            needed[argument] = _value(argument, hints.get(argument), principal, ids)
    if None in needed.values():
        return
    for argument, hint in hints.items():
        if argument != "return" and (hint is str or set(typing.get_args(hint)) == {str, type(None)}):
            others = {key: value for key, value in needed.items() if key != argument}
            yield TextCall(name=name, method=method, argument=argument, others=others)


def _value(argument: str, hint: Any, principal: Principal, ids: dict[str, str]) -> Any:
    """What stands for an argument; None where nothing is known to fit."""
    if hint is UUID or UUID in typing.get_args(hint):
        return UUID(ids[argument]) if argument in ids else uuid4()
    if typing.get_origin(hint) in (tuple, list, Sequence, Collection, Iterable):
        return []
    return {Principal: principal, str: "words", int: 1, bool: True}.get(hint)
