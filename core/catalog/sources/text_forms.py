"""The forms in which texts are read as numbers, days and instants, for engines whose casts end the query instead.

The patterns are understood alike by PostgreSQL, MariaDB (PCRE) and MySQL (ICU).
"""

WHOLE = r"^\s*[+-]?[0-9]+(\.[0-9]*)?\s*$"
NUMBER = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"
#: Texts of numbers that may end in needless zeros.
FRACTION = r"^[^eE]*\.[^eE]*$"

_LONG = r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT = r"(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = r"02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = rf"(?!0000)([0-9]{{4}}-({_LONG}|{_SHORT}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"

#: Days that exist: 2026-02-29 does not.
DAY = rf"^\s*{_DAY}\s*$"
INSTANT = rf"^\s*{_DAY}([T ]{_TIME}{_OFFSET}?)?\s*$"
