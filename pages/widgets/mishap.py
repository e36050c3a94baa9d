"""What a screen says where something failed that nobody foresaw: plain words, and a number that leads to the log."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st

from core.errors import BroadsheetError
from pages.widgets.states import problem

P = ParamSpec("P")

logger = logging.getLogger(__name__)


@contextmanager
def told() -> Iterator[None]:
    """Say what goes wrong within instead of Streamlit, which would speak of itself."""
    try:
        yield
    except BroadsheetError as error:
        problem(error)
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said
        say(error)


def shielded(draw: Callable[P, None]) -> Callable[P, None]:
    """The same part of a screen, for fragments: they run by themselves, outside of what the screen catches."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with told():
            draw(*args, **kwargs)

    return drawn


def say(error: Exception) -> None:
    """Log it under a number and name the number."""
    number = secrets.token_hex(4)
    logger.error("screen_failed number=%s", number, exc_info=error)
    st.error(
        "This could not be shown: something failed on our side. Nothing you made is lost. Load the page anew; "
        f"if it stays so, tell an administrator the number {number}.",
        icon=":material/error:",
    )
