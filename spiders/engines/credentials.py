"""The credential of a source: put into each request, kept out of everything that is written.

`bearer` and `header` go into a header, `query` into the address, `login` posts id and password once and sends the
token it is given, in memory only and asked for anew once when it is refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit, urlunsplit

from spiders.door import Answer, Caps, Door
from spiders.errors import RetryLater, SourceRefused
from spiders.spec import Auth, SourceSpec, missing_secrets

_CAPS = Caps(wire_bytes=64 * 1024, decoded_bytes=64 * 1024, total_s=30.0, redirects=0)
_HIDDEN = b"[secret]"
_TARGET = re.compile(r"<([^<>]{1,2000})>")
_SECRET_MIN_CHARS = 8  # shorter ones would tear ordinary words out of a page


@dataclass(slots=True)
class Credential:
    """What a source's `[auth]` asks for. secrets: values by variable. door: where a login is posted."""

    spec: SourceSpec
    secrets: Mapping[str, str] = field(repr=False)
    door: Door
    _token: str | None = field(default=None, repr=False)
    _requests: int = 0

    def put(self, url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Return address and headers with the credential in them; unchanged for a source without one.

        Raises SourceRefused naming the variable that is missing, RetryLater if a login cannot be made now.
        """
        auth, sent = self.spec.auth, dict(headers)
        if missing := missing_secrets(self.spec, self.secrets.get):
            raise SourceRefused(f"no credentials: set {' and '.join(missing)}, or the same with _FILE")
        if auth is None or any(name not in self.secrets for name in auth.secrets):
            return url, sent
        match auth.scheme:
            case "bearer":
                sent["authorization"] = f"Bearer {self.secrets[auth.secret]}"
            case "login":
                sent["authorization"] = f"Bearer {self._logged_in(auth)}"
            case "header":
                sent[str(auth.name).lower()] = self.secrets[auth.secret]
            case "query":
                said = f"{quote(str(auth.name))}={quote(self.secrets[auth.secret], safe='')}"
                parts = urlsplit(url)
                url = urlunsplit(parts._replace(query=f"{parts.query}&{said}" if parts.query else said))
        return url, sent

    def renew(self) -> bool:
        """Forget a login's token and return whether another may be had: a refused one has perhaps run out."""
        had, self._token = self._token, None
        return had is not None

    def take_requests(self) -> int:
        """Return how many requests logging in has cost since this was asked last."""
        spent, self._requests = self._requests, 0
        return spent

    def clean(self, answer: Answer) -> Answer:
        """Return an answer without the credential: in its address, in what it links to, in what it repeats."""
        if not self.secrets:
            return answer
        headers = {name: self._hidden(value.encode()).decode() for name, value in answer.headers.items()}
        if "link" in headers:
            headers["link"] = _TARGET.sub(lambda found: f"<{self._bare(found[1])}>", headers["link"][:8_192])
        return replace(answer, url=self._bare(answer.url), headers=headers, body=self._hidden(answer.body))

    def _bare(self, url: str) -> str:
        """Return an address without the parameter that carries the credential."""
        auth = self.spec.auth
        if auth is None or auth.scheme != "query":
            return url
        parts = urlsplit(url)
        pairs = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != auth.name]
        return urlunsplit(parts._replace(query="&".join(pairs)))

    def _hidden(self, text: bytes) -> bytes:
        """Return a text in which no secret stands, should the source have repeated one."""
        for value in (*self.secrets.values(), self._token or ""):
            for said in {value, quote(value, safe="")} if len(value) >= _SECRET_MIN_CHARS else ():
                text = text.replace(said.encode(), _HIDDEN)
        return text

    @property
    def wanted(self) -> str:
        """Return the variables to look at when the source refuses, as words."""
        return " and ".join(self.spec.auth.secrets) if self.spec.auth is not None else "no credential"

    def _logged_in(self, auth: Auth) -> str:
        """Return the token of a login, made now if there is none."""
        if self._token is None:
            self._token = self._log_in(auth)
        return self._token

    def _log_in(self, auth: Auth) -> str:
        """Return the token the source gives for id and password. Costs one request."""
        body = json.dumps({"id": self.secrets[str(auth.user)], "password": self.secrets[auth.secret]})
        self._requests += 1
        answer = self.door.send(
            str(auth.url), method="POST", content=body.encode(), caps=_CAPS, hosts=self.spec.hosts,
            headers={"content-type": "application/json", "accept": "application/json"},
        )  # fmt: skip
        if answer.status == 429 or answer.status >= 500:
            raise RetryLater(f"login answered {answer.status}: asked to wait")
        if answer.status != 200:
            raise SourceRefused(f"login answered {answer.status}: check {self.wanted}")
        try:
            return str(json.loads(answer.body)["token"])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceRefused("login answered without a token; a person must look") from error
