"""A small OpenID Connect provider in a process of its own: discovery, keys, code flow, sign-out.

Whoever asks is shown a form and may be anybody: the tests decide. ``python -m tests.support.provider PORT``
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import sys
import time
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY = RSAKey.generate_key(2048, {"kid": "tests", "use": "sig", "alg": "RS256"})
CLIENT, SECRET = "attune", "not-a-secret-of-anything"  # pragma: allowlist secret
_codes: dict[str, dict[str, str]] = {}


def issuer(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def configuration(request: Request) -> Response:
    base = issuer(request)
    return JSONResponse(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/jwks",
            "end_session_endpoint": f"{base}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


def jwks(_: Request) -> Response:
    return JSONResponse({"keys": [KEY.as_dict(private=False)]})


FORM = """<!doctype html><title>Provider</title><form method="get" action="/choose">{hidden}
<label>E-mail <input name="email"></label> <label>Verified <input name="verified" value="true"></label>
<label>Seconds <input name="seconds" value="3600"></label> <button>Go on</button></form>"""


def authorize(request: Request) -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
        for k, v in request.query_params.items()
    )
    return HTMLResponse(FORM.format(hidden=hidden))


def choose(request: Request) -> Response:
    asked = dict(request.query_params)
    code = secrets.token_urlsafe(16)
    _codes[code] = asked
    return RedirectResponse(
        f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302
    )


async def token(request: Request) -> Response:
    form = await request.form()
    asked = _codes.pop(str(form["code"]), None)
    basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    if asked is None or request.headers.get("authorization") != f"Basic {basic}":
        return JSONResponse({"error": "invalid_grant"}, 400)
    proof = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
    if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked.get("code_challenge"):
        return JSONResponse({"error": "invalid_grant"}, 400)
    now = int(time.time())
    claims = {
        "iss": issuer(request),
        "aud": CLIENT,
        "sub": asked["email"],
        "nonce": asked["nonce"],
        "iat": now,
        "exp": now + int(asked["seconds"]),
        "email": asked["email"],
        "email_verified": asked["verified"] == "true",
        "name": asked["email"].split("@")[0].title(),
    }
    signed = jwt.encode({"alg": "RS256", "kid": "tests"}, claims, KEY)
    return JSONResponse(
        {
            "access_token": secrets.token_hex(8),
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": signed,
        }
    )


def end(request: Request) -> Response:
    return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)


app = Starlette(
    routes=[
        Route("/.well-known/openid-configuration", configuration),
        Route("/jwks", jwks),
        Route("/authorize", authorize),
        Route("/choose", choose),
        Route("/token", token, methods=["POST"]),
        Route("/end", end),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
