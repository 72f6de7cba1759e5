"""The one server of the invented internet: looks at the Host header and asks the service that lives there."""

import threading
import time
from dataclasses import asdict, dataclass
from types import TracebackType

from invented.archive import Archive
from invented.arxiv import Arxiv
from invented.elsewhere import services
from invented.faults import Faults
from invented.github import Budget, GitHub
from invented.gitserve import GitHost
from invented.pages import PROCEEDINGS
from invented.sites import Sites
from invented.wire import Answer, Asked, Logged, Loop, as_json, as_text
from invented.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How strict the services are. arxiv_gap_s: least seconds between two requests, 0 means not enforced.

    faulty: share of requests that get a fault instead of their answer, by `fault_seed`.
    """

    rest_per_hour: int = 5_000
    graphql_points_per_hour: int = 5_000
    burst_per_second: int = 100
    arxiv_gap_s: float = 0.0
    arxiv_page: int = 100
    faulty: float = 0.0
    fault_seed: int = 0


_DEFAULT = Limits()


class Server:
    """A running server; a context manager. port: on 127.0.0.1. hosts: the names it answers for."""

    def __init__(self, world: World, port: int, limits: Limits) -> None:
        self.world = world
        self._archive = Archive(world.database)
        self._git = GitHost(self._archive, world.root)
        self._sites = Sites(self._archive)
        self._github = GitHub(self._archive, world.token, self._budget(limits), limits.burst_per_second)
        self._arxiv = Arxiv(self._archive, world.now, gap_s=limits.arxiv_gap_s, page=limits.arxiv_page)
        self._limits = limits
        self.faults = Faults(limits.faulty, limits.fault_seed)
        self._services = {
            "api.github.com": self._github.answer,
            "github.com": self._git.answer,
            **dict.fromkeys(("oaipmh.arxiv.org", "export.arxiv.org", "rss.arxiv.org"), self._arxiv.answer),
            **services(world.truth, self._archive, world.until),
            "world.invented": self._own,
        }
        self.hosts: set[str] = {*self._services, PROCEEDINGS, *self._sites.hosts}
        self._loop = Loop(port, self._respond)
        self.port: int = self._loop.server_address[1]
        self._thread = threading.Thread(
            target=self._loop.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @staticmethod
    def _budget(limits: Limits) -> Budget:
        return Budget(rest=limits.rest_per_hour, graphql=limits.graphql_points_per_hour)

    @property
    def log(self) -> list[Logged]:
        """Every request so far, oldest first."""
        return self._loop.log

    @property
    def points(self) -> int:
        """GraphQL points used so far this hour."""
        return self._github.budget.used["graphql"]

    def reset(self) -> None:
        """Forget the log and give all budgets back."""
        self._loop.log.clear()
        self._github.budget = self._budget(self._limits)
        self._arxiv.rest()

    def _respond(self, asked: Asked) -> Answer:
        service = self._services.get(asked.host)
        if service is None and asked.host in self.hosts:
            service = self._sites.answer
        if service is None:
            return as_text("no such host here\n", "text/plain", 421)
        return self.faults.spoil(asked, service) if asked.host != "world.invented" else service(asked)

    def _own(self, asked: Asked) -> Answer:
        if asked.path == "/log":
            return as_json([asdict(line) for line in list(self.log)])
        if asked.path == "/reset":
            self.reset()
            return as_json({"reset": True, "time": time.time()})
        if asked.path == "/truth":
            return as_json(asdict(self.world.truth))
        if asked.path == "/hosts":
            return as_json(sorted(self.hosts))
        return as_json({"message": "Not Found"}, 404)

    def close(self) -> None:
        """Stop answering and close every connection."""
        self._loop.shutdown()
        self._loop.hang_up()
        self._loop.server_close()
        self._thread.join()
        self._archive.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(world: World, port: int = 0, limits: Limits = _DEFAULT) -> Server:
    """Serve a world on 127.0.0.1; port 0 takes a free one."""
    return Server(world, port, limits)
