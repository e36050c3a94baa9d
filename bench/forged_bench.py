"""Forged and altered tokens: how many are taken (none), and what it takes to refuse one.

python -m bench.forged_bench [--tokens 100000]
"""

import argparse
import time

from bench.figures import Figure, table
from bench.workspace_bench import workspace
from core.errors import NotSignedIn
from tests.forged_tokens import Real, forged

TOKENS = 100_000


def measure(count: int) -> list[Figure]:
    """Every token is shown as a session's cookie or as a bearer, in turn."""
    with workspace() as (broadsheet, principal):
        bearer, _ = broadsheet.sign_in.issue_jwt(principal.email, "a password for benches")
        _, api_token = broadsheet.tokens.create(principal, name="bench")
        real = Real(session=broadsheet.sessions.open(principal.user_id), bearer=bearer, api_token=api_token)
        ways = (broadsheet.access.principal_for_session, broadsheet.access.principal_for_bearer)
        taken, began = 0, time.perf_counter()
        for number, token in enumerate(forged(real, count)):
            try:
                ways[number // len(ways) % len(ways)](token)
            except NotSignedIn:
                continue
            taken += 1
        each_ms = (time.perf_counter() - began) / count * 1000
        assert taken == 0
        assert ways[0](real.session)
        assert ways[1](real.bearer)
    return [
        Figure(name=f"forged and altered tokens that were taken, of {count:,}", measured=taken, unit="tokens"),
        Figure(name="refusing one", measured=each_ms, unit="ms"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=TOKENS)
    print(table(measure(parser.parse_args().tokens)))
