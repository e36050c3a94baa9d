"""What was done by whom to what: the events of the audit, and what of a change may stand in one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Self
from uuid import UUID

from core.domain.access import Principal
from core.domain.json_values import MAX_TEXT

#: Stands for the installation where an organization's id is asked for: sign-ins of unknown accounts, new organizations.
INSTALLATION = UUID(int=0)
#: Stands in an event where a secret would.
HIDDEN = "(hidden)"
#: Who acts where nobody is signed in.
SYSTEM = "Broadsheet"
#: Parts of a name that make its value a secret. A value whose name only sounds like one is hidden as well.
_SECRET_WORDS = ("password", "secret", "token", "api_key", "apikey", "private_key", "passphrase", "credential", "hash")
#: Names that say nothing a reader of the audit wants to compare.
_NOISE = frozenset({"updated_at", "created_at", "version", "organization_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One thing that was done. `before` and `after` are cleaned of secrets where it is recorded."""

    actor_id: UUID | None  #: None: nobody who is signed in
    actor: str  #: a name or an address, as it was then
    action: str  #: such as "report.changed"
    kind: str  #: of the object, such as "report"
    object_id: UUID | None
    object_name: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls, principal: Principal, action: str, *, object_id: UUID | None = None, name: str = "", **details: Any
    ) -> Self:
        """Something `principal` did; the kind is the action's first word. `details` are shown beside it."""
        return cls(
            actor_id=principal.user_id,
            actor=principal.email,
            action=action,
            kind=action.partition(".")[0],
            object_id=object_id,
            object_name=name,
            after=details or None,
        )

    @classmethod
    def change(
        cls,
        principal: Principal,
        action: str,
        *,
        before: object = None,
        after: object = None,
        object_id: UUID | None = None,
        name: str | None = None,
    ) -> Self:
        """A change of a domain value that `principal` made: what differs stands in it, with secrets left out.

        The object is `after`, or `before` where it was deleted; its id and name are taken from it unless given.
        """
        now = after if after is not None else before
        old, new = differences(before, after)
        return cls(
            actor_id=principal.user_id,
            actor=principal.email,
            action=action,
            kind=action.partition(".")[0],
            object_id=object_id or getattr(now, "id", None),
            object_name=str(getattr(now, "name", "")) if name is None else name,
            before=old,
            after=new,
        )


def differences(before: object, after: object) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return what two values of one kind differ in; None for a side that is not there."""
    old, new = _mapping(before), _mapping(after)
    if old is None or new is None:
        return old, new
    return _differing(old, new)


def plain(value: object, name: str = "") -> Any:
    """Return `value` as JSON holds it, with secrets hidden and long texts cut."""
    if _is_secret(name) and value not in (None, "", False):
        return HIDDEN
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(one, str(key)) for key, one in value.items()}
    return _compound(value)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two mappings differ in, down to the last mapping in them: a long definition leaves what was changed."""
    before, after = {}, {}
    for name in {**old, **new}:
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            one, other = _differing(one, other)
        before[name], after[name] = one, other
    return before, after


def _compound(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name), field.name) for field in fields(value)}
    if isinstance(value, frozenset | set):
        return sorted((plain(one) for one in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    # A type that is not known may carry a secret in its text.
    return f"({type(value).__name__})"


def _mapping(value: object) -> dict[str, Any] | None:
    told = plain(value)
    if not isinstance(told, dict):
        return None
    return {name: one for name, one in told.items() if name not in _NOISE}


def _is_secret(name: str) -> bool:
    lowered = name.lower().replace("-", "_")
    return any(word in lowered for word in _SECRET_WORDS) and not lowered.startswith(("has_", "is_"))


def _text(value: str) -> str:
    kept = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return kept if len(kept) <= MAX_TEXT else f"{kept[:MAX_TEXT]}… ({len(kept):,} characters)"
