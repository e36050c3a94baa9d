"""Mails in the organization's look, and cells set apart by rules, from the result to the HTML."""

import json
import re
from datetime import UTC, datetime

import pyarrow as pa

from core.deliver.mail import MailBrand, MailFigures, MailLook, MailOrigin, compose_mail
from core.domain.appearance import FormatRule, RuleKind, Tone
from core.domain.branding import Branding, Logo
from core.domain.delivery import Message
from core.domain.field import FieldType
from core.domain.filter import Operator
from core.domain.result import Result
from core.render.palette import contrast
from core.render.rules import Look
from core.runs.mail_look import dump_looks, load_looks, mail_brand, mail_legend, mail_looks, shown_looks
from tests.render_results import column, head_of, result_of

COLUMNS = (column("name", FieldType.TEXT), column("amount", FieldType.INTEGER), column("cost", FieldType.INTEGER))
RULES = (
    FormatRule(key="amount", operator=Operator.LESS, values=(0,), tone=Tone.BAD),
    FormatRule(key="amount", kind=RuleKind.SCALE),
    FormatRule(key="cost", kind=RuleKind.BAR),
    FormatRule(key="name", operator=Operator.IS, values=("closed",), tone=Tone.QUIET),
)
BAD, QUIET = (Look(kind=RuleKind.MARK, tone=tone) for tone in (Tone.BAD, Tone.QUIET))


OWN = MailBrand()


def result() -> Result:
    table = pa.table({"name": ["a", "closed", "c", "d"], "amount": [-1, 0, 2, 3], "cost": [1, 2, 3, 4]})
    return result_of(table, COLUMNS, batch_rows=1, rules=RULES)


def mail(figures: MailFigures, brand: MailBrand = OWN, chart: bytes | None = None) -> Message:
    return compose_mail(
        head_of(COLUMNS, 4, organization="North & co"),
        reference="r",
        origin=MailOrigin(recipient="ann@example.com"),
        figures=figures,
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
        chart_png=chart,
        brand=brand,
    )


def test_looks_of_the_first_rows_are_kept_as_json_and_in_colours() -> None:
    looks = shown_looks(result(), 3)

    def shade(level: float) -> Look:
        return Look(kind=RuleKind.SCALE, tone=Tone.ACCENT, level=level)

    assert looks == ((None, BAD, None), (QUIET, shade(0.25), None), (None, shade(0.75), None))
    assert load_looks(json.loads(json.dumps(dump_looks(looks)))) == looks
    ((_, bad, _), (quiet, shaded, bar), _) = mail_looks(looks, "#0b6e4f")
    assert bad is not None
    assert bad.sign == "✕"
    assert bad.is_bold
    assert quiet is not None
    assert quiet.fill is None
    assert shaded is not None
    assert contrast(str(shaded.ink), str(shaded.fill)) >= 4.5
    assert bar is None
    assert mail_legend(result().head) == ("✕ bad: Amount is less than 0", "shaded: Amount", 'quiet: Name is "closed"')
    assert shown_looks(result_of(pa.table({"name": ["a"]}), COLUMNS[:1]), 3) == ()


def test_marked_cells_in_both_versions_of_the_mail() -> None:
    look = MailLook(fill="#F8DEDC", ink="#8A1C20", is_bold=True, sign="✕")
    figures = MailFigures(
        headers=("Name", "Amount"),
        rows=(("a", "-1"), ("<b>", "2")),
        numeric=(False, True),
        looks=((None, look),),  # fewer than there are rows: no row goes missing
        legend=("✕ bad: Amount is less than 0",),
    )
    sent = mail(figures)
    cell = next(line for line in sent.html.splitlines() if ">✕ -1</td>" in line)
    assert "background-color: #F8DEDC" in cell
    assert "color: #8A1C20" in cell
    assert "filled" in cell
    assert "&lt;b&gt;" in sent.html
    assert "✕ bad: Amount is less than 0" in sent.html
    assert "a | ✕ -1\n<b> | 2\n" in sent.text
    assert "✕ bad: Amount is less than 0" in sent.text


def test_accent_and_logo_of_the_organization() -> None:
    logo = Logo(png=b"logo", width=880, height=88)
    brand = mail_brand(Branding(accent="#ffdd00", logo=logo))
    sent = mail(MailFigures(), brand, b"chart")
    assert sent.inline_images == (("logo@broadsheet", b"logo"), ("chart@broadsheet", b"chart"))
    picture = next(tag for tag in re.findall(r"<img[^>]*>", sent.html) if "cid:logo@broadsheet" in tag)
    for part in ('width="220"', 'height="22"', 'alt="North &amp; co"'):
        assert part in picture
    assert "#FFDD00" in sent.html
    assert "#A4262C" not in sent.html
    assert contrast(brand.on_accent, brand.accent) >= 4.5
    assert contrast(brand.on_accent_dark, brand.accent_dark) >= 4.5


def test_without_branding_the_mail_is_broadsheets_own() -> None:
    assert mail_brand(Branding()) == MailBrand()
    sent = mail(MailFigures())
    assert sent.inline_images == ()
    assert "#A4262C" in sent.html
    assert "<img" not in sent.html
