"""A small identity provider on this machine, over HTTP: what an OpenID Connect client meets, and what can be forged."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "jygroups", "the client's secret"


class IdentityProvider:
    """The person `name` is signed in at it. `token` changes claims of its next ID tokens, `sign` makes them."""

    def __init__(self, url: str):
        self.url = url
        self.name = "secretary"
        self.subject: str | None = None  # of the account; None: one by the name
        self.token: dict = {}
        self.info: dict = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict] = {}
        self.signed_in_at = time.time() - 3600

    @property
    def sub(self) -> str:
        return f"number of {self.name}" if self.subject is None else self.subject

    def authorize(self, query: dict) -> str:
        """Where the browser is sent back to; `prompt=login` signs in again."""
        assert (query["client_id"], query["response_type"]) == (CLIENT, "code")
        assert query["code_challenge_method"] == "S256"
        if query.get("prompt") == "login" and query.get("max_age") == "0":
            self.signed_in_at = time.time()
        code = secrets.token_urlsafe()
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def exchange(self, form: dict) -> tuple[int, dict]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if challenge.decode() != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": self.sub, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "auth_time": int(self.signed_in_at),
        }  # fmt: skip
        return 200, {"access_token": self.name, "token_type": "Bearer", "id_token": self.sign(claims | self.token)}

    def sign(self, claims: dict) -> str:
        return jwt.encode(claims, self.key, "RS256", {"kid": "1"})

    def userinfo(self) -> dict:
        return {"sub": self.sub, "preferred_username": self.name} | self.info

    def keys(self) -> dict:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]}


class Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self):
        path = urlsplit(self.path)
        if path.path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(path.query).items()}
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.end_headers()
        elif path.path == "/jwks":
            self._answer(200, self.provider.keys())
        elif path.path == "/userinfo" and self.headers["Authorization"].startswith("Bearer "):
            self._answer(200, self.provider.userinfo())
        else:
            self.send_error(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(*self.provider.exchange({name: values[0] for name, values in parse_qs(body).items()}))

    def _answer(self, status: int, content: dict) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *args):
        """Nothing on the screen."""


@contextmanager
def running():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Handler.provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
