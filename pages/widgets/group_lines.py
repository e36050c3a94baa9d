"""Outside addresses of a group as lines of a box: `Ann Lee <ann@example.org>, en-GB`, and back again."""

import re
from collections.abc import Sequence

from core.domain.group import GroupMember

_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


def text_of(members: Sequence[GroupMember]) -> str:
    """Return the lines of outside addresses; people of the organization are chosen, not typed."""
    return "\n".join(_line(member) for member in members if member.user_id is None)


def members_in(text: str) -> tuple[GroupMember, ...]:
    """Return whom the lines name, a line each; whether they can be is the service's to say."""
    return tuple(_member(line) for line in text.splitlines() if line.strip())


def _line(member: GroupMember) -> str:
    whom = f"{member.name} <{member.address}>" if member.name else member.address
    return f"{whom}, {member.locale}" if member.locale else whom


def _member(line: str) -> GroupMember:
    whom, _, locale = line.partition(",") if ">" not in line else _after_bracket(line)
    named = _NAMED.fullmatch(whom.strip())
    if named is None:
        return GroupMember(address=whom.strip(), locale=locale.strip())
    name = named["name"].strip().strip('"').strip()
    return GroupMember(address=named["address"].strip(), name=name, locale=locale.strip())


def _after_bracket(line: str) -> tuple[str, str, str]:
    """A name may hold commas: the one that counts comes after the address."""
    whom, _, rest = line.rpartition(">")
    return f"{whom}>", ",", rest.strip().removeprefix(",")
