"""How a mail looks: the organization's colours and logo, and the looks of the rows it shows, for the ledger to keep."""

from typing import Any

from core.deliver.mail import MailBrand, MailLook
from core.domain.appearance import RuleKind, Tone
from core.domain.branding import Branding
from core.domain.result import Result, ResultHead
from core.domain.shown import shown_result
from core.render.palette import ink_on, inks
from core.render.rule_words import rules_in_words
from core.render.rules import Look, marked_batches, marker_of
from core.render.tones import paint

Looks = tuple[tuple[Look | None, ...], ...]


def mail_brand(branding: Branding) -> MailBrand:
    """The organization's look as the mail takes it."""
    if branding.accent is None:
        return MailBrand(logo=branding.logo)
    light, dark = inks(accent=branding.accent).accent, inks(dark=True, accent=branding.accent).accent
    return MailBrand(
        accent=light,
        accent_dark=dark,
        on_accent=ink_on(light),
        on_accent_dark=ink_on(dark),
        logo=branding.logo,
    )


def shown_looks(result: Result, count: int) -> Looks:
    """The looks of the first `count` rows of a spooled result without hidden columns; empty where it has no rules.

    Bars are left out: not every mail program draws them.
    """
    result = shown_result(result)
    marker = marker_of(result)
    if marker is None:
        return ()
    found: list[tuple[Look | None, ...]] = []
    for batch in marked_batches(result):
        codes = marker.codes(batch.slice(0, count - len(found)))
        rows = min(batch.num_rows, count - len(found))
        found += [
            tuple(
                _drawn(marker.looks[int(codes[place][row])]) if place in codes else None
                for place in range(len(result.head.columns))
            )
            for row in range(rows)
        ]
        if len(found) >= count:
            break
    return tuple(found)


def mail_looks(looks: Looks, accent: str | None) -> tuple[tuple[MailLook | None, ...], ...]:
    """Kept looks in colours."""
    return tuple(tuple(None if look is None else _painted(look, accent) for look in row) for row in looks)


def mail_legend(head: ResultHead) -> tuple[str, ...]:
    """What the looks mean, in words."""
    rules = [rule for rule in head.rules if rule.kind is not RuleKind.BAR]
    return rules_in_words(rules, head.columns, head.timezone)


def dump_looks(looks: Looks) -> list[Any]:
    """Looks as JSON."""
    return [[look and [str(look.kind), str(look.tone), look.level] for look in row] for row in looks]


def load_looks(data: list[Any]) -> Looks:
    """The looks behind stored JSON."""
    return tuple(
        tuple(look and Look(kind=RuleKind(look[0]), tone=Tone(look[1]), level=look[2]) for look in row) for row in data
    )


def _drawn(look: Look | None) -> Look | None:
    return None if look is None or look.kind is RuleKind.BAR else look


def _painted(look: Look, accent: str | None) -> MailLook:
    painted = paint(look, accent=accent)
    ink = painted.ink or (inks().ink if painted.fill else None)
    return MailLook(fill=painted.fill, ink=ink, is_bold=painted.is_bold, sign=painted.sign)
