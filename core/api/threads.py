"""The API's own threads: blocking service calls must not use up those that the screens run on."""

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

P = ParamSpec("P")
T = TypeVar("T")

#: The screens share AnyIO's default limiter; eighty blocked requests there stalled them for seconds.
MAX_THREADS = 16
#: A password costs a quarter of a second of a processor: wrong ones must not take the threads of everybody else.
MAX_PASSWORD_THREADS = 2


@functools.cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(MAX_THREADS)


@functools.cache
def _password_limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(MAX_PASSWORD_THREADS)


async def run_in_api_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function on one of the API's threads."""
    return await anyio.to_thread.run_sync(functools.partial(function, *args, **kwargs), limiter=_limiter())


async def run_checking_password(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that hashes or checks a password on one of the threads kept for that."""
    return await anyio.to_thread.run_sync(functools.partial(function, *args, **kwargs), limiter=_password_limiter())


def blocking(endpoint: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Make a route of a blocking function; its signature stays what the framework reads."""
    return _threaded(endpoint, _limiter)


def checking_password(endpoint: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Make a route of a function that checks a password, as `blocking` does, on threads kept for that."""
    return _threaded(endpoint, _password_limiter)


def _threaded(endpoint: Callable[P, T], limiter: Callable[[], anyio.CapacityLimiter]) -> Callable[P, Awaitable[T]]:
    @functools.wraps(endpoint)
    async def _call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(functools.partial(endpoint, *args, **kwargs), limiter=limiter())

    return _call
