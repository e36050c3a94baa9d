"""Public links: a network that brings too many tokens that are none is told to wait; who has a right one never is."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.requests import Request

from core.access.rate_limit import RateLimit
from core.api.threads import run_in_api_thread
from core.api.visitors import network_of
from core.errors import BroadsheetError, NotFound

P = ParamSpec("P")
T = TypeVar("T")


async def counted(request: Request, wrong: RateLimit, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the service; counts where it answers that there is no such token. Raises TooManyRequests."""
    network = network_of(request)
    wrong.take(network)
    try:
        found = await run_in_api_thread(act, *args, **kwargs)
    except NotFound:
        raise
    except BroadsheetError:
        wrong.give_back(network)
        raise
    wrong.give_back(network)
    return found
