"""A small OpenID Connect provider on loopback: discovery, login without a form, RS256 tokens, logout.

`python -m tests.oidc_provider PORT ADDRESS` runs it by hand.
"""

import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "broadsheet", "a secret of the provider's client"


@dataclass(kw_only=True)
class Provider:
    """Whoever comes to log in is `person`; `claims` change what their token says."""

    issuer: str
    person: dict[str, Any]
    claims: dict[str, Any] = field(default_factory=dict)
    logged_out: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        """The provider's pages."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", lambda _: JSONResponse({"keys": [self.key.as_dict(private=False)]})),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/logout", self._logout),
            ]
        )

    def _discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/logout",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked["client_id"] != CLIENT_ID or "code_challenge" not in asked:
            return PlainTextResponse("unknown client", status_code=400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = {"nonce": asked.get("nonce", "")}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form.get("code")), None)
        if asked is None or "code_verifier" not in form:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email_verified": True,
            **self.person,
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _logout(self, request: Request) -> Response:
        self.logged_out.append(request.query_params.get("client_id", ""))
        return RedirectResponse(request.query_params["post_logout_redirect_uri"].removesuffix("oauth2callback"))


@contextmanager
def oidc_provider(person: dict[str, Any], *, port: int = 0) -> Iterator[Provider]:
    """Run a provider in a thread."""
    provider = Provider(issuer="", person=person)
    server = uvicorn.Server(uvicorn.Config(provider.app(), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)


if __name__ == "__main__":
    someone = {"sub": "subject-of-" + sys.argv[2], "email": sys.argv[2], "name": "Somebody of the provider"}
    with oidc_provider(someone, port=int(sys.argv[1])):
        threading.Event().wait()
