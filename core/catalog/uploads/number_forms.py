"""The ways in which people write numbers and yes or no, as SQL that reads them."""

from core.catalog.uploads.form import Form, matches, quoted
from core.domain.field import FieldType

#: Key of the form of whole numbers without any signs between their digits.
PLAIN = "plain"
#: Digits before the point beyond which a whole number is an identifier: spreadsheets would have lost its end.
_MAX_GUESSED_DIGITS = 15
_CURRENCIES = (
    "€", r"\$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "RON", "CAD", "AUD", "NZD", "ZAR", "BRL", "MXN", "TRY", "SGD", "HKD", "KRW",
)  # fmt: skip
_CURRENCY = f"({'|'.join(_CURRENCIES)})"
_PAIRS = (("true", "false"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("wahr", "falsch"))
_LETTERS = (("y", "n"), ("t", "f"))
#: Spaces that typesetters use, the real minus and the curly apostrophe.
_ODD, _PLAIN = "\u00a0\u202f\u2009\u2212\u2019", "   -'"

#: Numbers that are written as most are, and are none of the identifiers that digits may be too.
_QUICK = f"-?(0|[1-9][0-9]{{0,{_MAX_GUESSED_DIGITS - 1}}})"

#: The text with plain spaces and signs; amounts in brackets are negative.
_CLEAN = (
    f"regexp_replace(translate({{x}}, {quoted(_ODD)}, {quoted(_PLAIN)}), "
    + quoted(r"^[(](.*)[)]$")
    + ", "
    + quoted(r"-\1")
    + ")"
)


def boolean_forms() -> tuple[Form, ...]:
    """Words in pairs; single letters count only where both are there."""
    return tuple(
        Form(
            key=f"{yes}/{no}",
            type=FieldType.BOOLEAN,
            value=f"CASE lower({{x}}) WHEN {quoted(yes)} THEN true WHEN {quoted(no)} THEN false END",
            needs_both=(yes, no) in _LETTERS,
        )
        for yes, no in (*_PAIRS, *_LETTERS)
    )


def integer_forms() -> tuple[Form, ...]:
    """Whole numbers, plain or with signs between the thousands."""
    plain = Form(
        key=PLAIN,
        type=FieldType.INTEGER,
        quick=((_QUICK, "CAST({x} AS BIGINT)"),),
        value=f"CASE WHEN {matches('{x}', r'-?[0-9]{1,19}')} THEN TRY_CAST({{x}} AS BIGINT) END",
        guard="false",
    )
    return plain, _grouped("."), _grouped(",")


def decimal_forms() -> tuple[Form, ...]:
    """Numbers with a fraction, as percentages and as money, with either decimal sign."""
    return tuple(make(sign) for sign in (".", ",") for make in (_number, _percent, _money))


def currency_of(x: str) -> str:
    """The sign or code of a currency in a text."""
    return f"regexp_extract({x}, {quoted(_CURRENCY)})"


def _grouped(sign: str) -> Form:
    return Form(
        key=f"grouped{sign}",
        type=FieldType.INTEGER,
        decimal=sign,
        value=f"CASE WHEN {matches(_CLEAN, _body(sign, fraction=''))} "
        f"THEN TRY_CAST({_plain(_CLEAN, sign)} AS BIGINT) END",
        guard=_is_no_identifier(_CLEAN),
    )


def _number(sign: str) -> Form:
    value = _where(_CLEAN, sign, exponent="([eE][+-]?[0-9]+)?" if sign == "." else "")
    return Form(
        key=f"number{sign}",
        type=FieldType.DECIMAL,
        decimal=sign,
        quick=((_quick(sign), _pointed("{x}", sign)),),
        # What no double holds, such as 1e999, is no number; other ones are exact and shorter.
        value=f"CASE WHEN isfinite(TRY_CAST({value} AS DOUBLE)) THEN {value} END",
        guard=f"({_is_no_identifier(_CLEAN)} AND NOT contains(lower({{x}}), 'e'))",
    )


def _percent(sign: str) -> Form:
    body = f"regexp_replace({_CLEAN}, ' ?%$', '')"
    return Form(
        key=f"percent{sign}",
        type=FieldType.DECIMAL,
        decimal=sign,
        is_percent=True,
        quick=((f"{_quick(sign)} ?%", _pointed("rtrim({x}, ' %')", sign)),),
        value=f"CASE WHEN ends_with({{x}}, '%') THEN {_where(body, sign)} END",
    )


def _money(sign: str) -> Form:
    number = _quick(sign)
    digits = f"regexp_extract({{x}}, {quoted(number)})"
    body = f"trim(regexp_replace({_CLEAN}, {quoted(' ?' + _CURRENCY + ' ?')}, ''))"
    return Form(
        key=f"money{sign}",
        type=FieldType.DECIMAL,
        decimal=sign,
        is_money=True,
        quick=((f"{_CURRENCY} ?{number}|{number} ?{_CURRENCY}", _pointed(digits, sign)),),
        value=f"CASE WHEN {matches(_CLEAN, f'-?{_CURRENCY}.*|.*{_CURRENCY}')} THEN {_where(body, sign)} END",
    )


def _quick(sign: str) -> str:
    return f"{_QUICK}([{sign}][0-9]{{1,{_MAX_GUESSED_DIGITS}}})?"


def _pointed(number: str, sign: str) -> str:
    return number if sign == "." else f"replace({number}, ',', '.')"


def _where(body: str, sign: str, exponent: str = "") -> str:
    """The number in plain digits where `body` is one."""
    fraction = rf"([{sign}][0-9]+)?"
    return f"CASE WHEN {matches(body, _body(sign, fraction=fraction) + exponent)} THEN {_plain(body, sign)} END"


def _body(sign: str, *, fraction: str) -> str:
    thousands = "," if sign == "." else "."
    groups = "|".join(f"[0-9]{{1,3}}([{mark}][0-9]{{3}})+" for mark in (thousands, " ", "'"))
    return f"-?([0-9]+|{groups}){fraction}"


def _plain(body: str, sign: str) -> str:
    """Digits with a point: signs between the thousands out."""
    marks = "[, ']" if sign == "." else "[. ']"
    return f"replace(regexp_replace({body}, {quoted(marks)}, '', 'g'), ',', '.')"


def _is_no_identifier(body: str) -> str:
    """Whether there is neither a needless leading zero nor a run of digits longer than numbers have."""
    return f"NOT regexp_matches({body}, {quoted(f'^-?0[0-9]|[0-9]{{{_MAX_GUESSED_DIGITS + 1}}}')})"
