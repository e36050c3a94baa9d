"""Forged and altered tokens open nothing; `python -m bench forged` tries a hundred thousand."""

from collections.abc import Callable

import pytest

from core.errors import NotSignedIn
from tests.conftest import Tenant
from tests.forged_tokens import Real, forged
from tests.integration.api_parts import Installation, start

COUNT = 2_000


@pytest.fixture
def installation(tmp_path, database_urls, clock):
    yield from start(tmp_path, database_urls, clock)


def test_no_forged_token_is_taken(installation: Installation, tenant: Tenant) -> None:
    broadsheet = installation.broadsheet
    bearer = installation.sign_in(tenant).headers["Authorization"].removeprefix("Bearer ")
    _, api_token = broadsheet.tokens.create(tenant.principal, name="tests")
    real = Real(session=broadsheet.sessions.open(tenant.user_id), bearer=bearer, api_token=api_token)
    ways: tuple[Callable[[str], object], ...] = (
        broadsheet.access.principal_for_session,
        broadsheet.access.principal_for_bearer,
    )
    assert ways[0](real.session)
    assert ways[1](real.bearer)
    assert ways[1](real.api_token)
    accepted = [(token, way) for token in forged(real, COUNT) for way in ways if _is_taken(way, token)]
    assert accepted == []


def _is_taken(way: Callable[[str], object], token: str) -> bool:
    try:
        way(token)
    except NotSignedIn:
        return False
    return True
