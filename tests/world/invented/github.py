"""api.github.com: who may ask, how much is left, and which of its two languages is spoken."""

import hashlib
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from invented.archive import Archive
from invented.rest import Rest
from invented.sites import unchanged
from invented.wire import Answer, Asked, as_json

HOUR_S = 3_600
DOCS = "https://docs.github.com/rest"
LIMITED = {
    "message": "API rate limit exceeded for user ID 1.",
    "documentation_url": f"{DOCS}/overview/rate-limits-for-the-rest-api",
}


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is left of the hour. rest: requests, graphql: points; `used` counts both by name."""

    rest: int
    graphql: int
    used: dict[str, int] = field(default_factory=lambda: {"core": 0, "graphql": 0})
    ends_at: int = field(default_factory=lambda: int(time.time()) + HOUR_S)

    def limit(self, resource: str) -> int:
        """Return the hour's allowance of `core` or `graphql`."""
        return self.graphql if resource == "graphql" else self.rest

    def left(self, resource: str) -> int:
        """Return what is left of it; a new hour begins when the old one is over."""
        if time.time() >= self.ends_at:
            self.used, self.ends_at = {"core": 0, "graphql": 0}, int(time.time()) + HOUR_S
        return max(0, self.limit(resource) - self.used[resource])

    def shown(self, resource: str) -> dict[str, int]:
        """Return the four numbers of `/rate_limit`."""
        left = self.left(resource)
        return {
            "limit": self.limit(resource),
            "used": self.limit(resource) - left,
            "remaining": left,
            "reset": self.ends_at,
        }

    def headers(self, resource: str) -> dict[str, str]:
        """Return the X-RateLimit headers."""
        shown = self.shown(resource)
        return {
            **{f"X-RateLimit-{key.title()}": str(value) for key, value in shown.items()},
            "X-RateLimit-Resource": resource,
        }


class GitHub:
    """Answers REST and GraphQL for one token. burst: requests a second that parallel callers may make."""

    def __init__(self, archive: Archive, token: str, budget: Budget, burst: int) -> None:
        self.budget = budget
        self._archive, self._token, self._burst = archive, token, burst
        self._rest = Rest(archive)
        self._graph: object | None = None
        self._guard = threading.Lock()
        self._flying, self._recent, self._count = 0, deque[float](), 0

    def answer(self, asked: Asked) -> Answer:
        """Return the answer with GitHub's own headers on it."""
        with self._guard:
            self._flying += 1
            self._count += 1
            now, number = time.monotonic(), self._count
            self._recent.append(now)
            while self._recent[0] < now - 1:
                self._recent.popleft()
            hurried = self._flying > 1 and len(self._recent) > self._burst
        try:
            answer = self._too_fast() if hurried else self._admitted(asked)
        finally:
            with self._guard:
                self._flying -= 1
        request = hashlib.sha256(f"{number}".encode()).hexdigest()[:20].upper()
        answer.headers |= {
            "X-GitHub-Request-Id": f"{request[:4]}:{request[4:10]}:{request[10:]}",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "Server": "github.com",
            "X-OAuth-Scopes": "",
            "X-Accepted-OAuth-Scopes": "",
        }
        return answer

    @staticmethod
    def _too_fast() -> Answer:
        said = {
            "message": "You have exceeded a secondary rate limit. Please wait a few minutes.",
            "documentation_url": f"{DOCS}/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
        }
        return as_json(said, 403, **{"Retry-After": "1"})

    def _admitted(self, asked: Asked) -> Answer:
        if not asked.agent:
            said = "Request forbidden by administrative rules. Please send a User-Agent header."
            return Answer(status=403, body=said.encode(), headers={"Content-Type": "text/html"})
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if not scheme:
            return as_json(
                {"message": "Requires authentication", "documentation_url": DOCS, "status": "401"}, 401
            )
        if scheme.lower() not in ("bearer", "token") or token.strip() != self._token:
            return as_json({"message": "Bad credentials", "documentation_url": DOCS, "status": "401"}, 401)
        if asked.path == "/graphql":
            return self._graphql(asked)
        if asked.path == "/rate_limit":
            resources = {name: self.budget.shown(name) for name in ("core", "graphql")}
            resources["search"] = {"limit": 30, "used": 0, "remaining": 30, "reset": self.budget.ends_at}
            return as_json({"resources": resources, "rate": resources["core"]}, **self.budget.headers("core"))
        return self._rested(asked)

    def _rested(self, asked: Asked) -> Answer:
        if self.budget.left("core") == 0:
            return as_json(LIMITED, 403, **self.budget.headers("core"))
        answer = self._rest.answer(asked)
        assert isinstance(answer.body, bytes)
        if answer.status == 200:
            version = asked.headers.get("x-github-api-version", "2022-11-28")
            # tags change with the token, so that nobody learns from them what another account may see
            tag = 'W/"' + hashlib.sha256(answer.body + self._token.encode()).hexdigest() + '"'
            answer.headers |= {
                "ETag": tag,
                "Cache-Control": "private, max-age=60, s-maxage=60",
                "X-GitHub-Api-Version-Selected": version,
                "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding",
            }
            if unchanged(asked, tag):
                return Answer(status=304, headers={**answer.headers, **self.budget.headers("core")})
        with self._guard:
            self.budget.used["core"] += 1
        answer.headers |= self.budget.headers("core")
        return answer

    def _graphql(self, asked: Asked) -> Answer:
        from invented.graph import (
            Graph,
        )  # here, so that a world without GraphQL callers never loads graphql-core

        if asked.method != "POST":
            return as_json({"message": "Not Found", "documentation_url": DOCS, "status": "404"}, 404)
        with self._guard:
            if not isinstance(self._graph, Graph):
                self._graph = Graph(self._archive)
            graph = self._graph
        answer, cost = graph.answer(asked.body, self.budget)
        with self._guard:
            self.budget.used["graphql"] += cost
        answer.headers |= self.budget.headers("graphql")
        return answer
