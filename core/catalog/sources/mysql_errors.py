"""What the errors of MySQL, MariaDB and their driver mean in plain words."""

import logging
import socket
import ssl

from core.catalog.sources.network import Login
from core.errors import BroadsheetError, QueryFailed, QueryTimedOut, SourceBusy, SourceUnavailable

_log = logging.getLogger(__name__)

_GONE = "The source has no such table or column any more, or its type changed. Refresh the dataset's fields."
_REFUSED = "The source's user may not read this table. Its administrator can grant SELECT on it."
_BROKEN = "The connection to the source broke."
_LATE = "The source ended the query: it took longer than it allows."
_UNFIT = "A value does not fit the type it is read as, or a sum passes 64 bits."
_LARGE = "The query needs more memory or disk than the source has. Narrow it by a period or a filter."
_LOCKED = "The table is locked by a change at the source. Try again in a moment."
_WRITES = "Broadsheet only reads: the query would change something."
_TWICE = "Two columns of the SQL have the same name. Name one of them otherwise."
_FULL = "The source has no connection left. Try again in a moment."

_WORDS: dict[int, tuple[type[BroadsheetError], str]] = {
    **dict.fromkeys((1051, 1054, 1146, 1176, 1305, 1356), (QueryFailed, _GONE)),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370), (QueryFailed, _REFUSED)),
    **dict.fromkeys((1053, 1080, 1927, 2006, 2013, 2055, 3169, 4031), (SourceUnavailable, _BROKEN)),
    **dict.fromkeys((1317, 1907, 1969, 3024), (QueryTimedOut, _LATE)),
    **dict.fromkeys((1264, 1292, 1365, 1367, 1406, 1690, 1916), (QueryFailed, _UNFIT)),
    **dict.fromkeys((1021, 1037, 1038, 1041, 1114, 1153, 1878), (QueryFailed, _LARGE)),
    **dict.fromkeys((1205, 1213), (SourceUnavailable, _LOCKED)),
    1060: (QueryFailed, _TWICE),
    **dict.fromkeys((1290, 1792), (QueryFailed, _WRITES)),
    **dict.fromkeys((1040, 1203, 1226), (SourceBusy, _FULL)),
}


def translated(error: Exception) -> BroadsheetError:
    """What happened, in plain words; the server's text may hold values of rows and stays out."""
    code = _code(error)
    _log.warning("mysql_query_failed error=%s code=%s", type(error).__name__, code)
    if isinstance(error, OSError):
        return SourceUnavailable(_BROKEN)
    kind, words = _WORDS.get(code, (QueryFailed, None))
    return kind(words)


def connect_words(error: Exception, login: Login) -> str:
    """Why there is no connection."""
    cause = getattr(error, "original_exception", None) or error
    for kinds, words in _REASONS:
        if isinstance(cause, kinds):
            return _with_names(words, login)
    words = _REFUSALS.get(_code(error), "{place} cannot be connected to as a MySQL or MariaDB server.")
    return _with_names(words, login)


_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (ssl.SSLCertVerificationError,),
        "The certificate of {place} is not for the name '{host}', or not signed by an authority that is known.",
    ),
    ((ssl.SSLError,), "{place} and Broadsheet cannot agree on TLS."),
    ((TimeoutError, socket.timeout), "{place} does not answer. A firewall may be in the way."),
    ((ConnectionRefusedError,), "{place} refuses connections: no server listens there."),
    ((OSError,), "There is no way to {place} from here."),
)
_REFUSALS = {
    1045: "The user '{user}' or the password is wrong.",
    1698: "The user '{user}' or the password is wrong.",
    1044: "The user '{user}' may not connect to '{database}', or there is no such database.",
    1049: "There is no database '{database}' at {place}.",
    1040: "{place} has no connection left. Try again later.",
    1203: "{place} has no connection left. Try again later.",
    1129: "{place} blocks this machine after failed attempts. Its administrator can unblock it by FLUSH HOSTS.",
    1130: "{place} does not let '{user}' in from here.",
    2026: "{place} does not offer TLS. Set the encryption to none if the way there is safe.",
    2013: "{place} does not answer like a MySQL or MariaDB server.",
    3159: "{place} lets '{user}' in with encryption only. Set the encryption to verify.",
}


def _code(error: Exception) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _with_names(words: str, login: Login) -> str:
    return words.format(place=login.place, host=login.host, user=login.user, database=login.database)
