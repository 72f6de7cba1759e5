"""What every answer is made with: settings, the open store, the clock, templates and static files; one a process."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sourcing import clock, oversight
from sourcing.access import Who
from sourcing.marking import Guard
from sourcing.ranking import specialism
from sourcing.settings import Settings
from sourcing.today import Questions
from sourcing.web import words
from sourcing.web.displayed import Displayed
from sourcing.web.tries import REQUESTS_MAX, WAYS_MAX, Tries
from storage.engine import Store

if TYPE_CHECKING:
    from spiders.door import Door

HERE = Path(__file__).parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"
MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


@dataclass(kw_only=True)
class Desk:
    """One running server. port: where it listens. door: None = opened when a team's sign-in service is first asked.

    command: how this program is started with these settings, for a crawl that is begun from a page.
    tries: wrong secrets. ways: sign-ins begun at the team's service. requests: of people about themselves. displayed:
    whom readers were shown.
    """

    settings: Settings
    store: Store
    port: int
    now: Callable[[], datetime] = clock.now
    door: "Door | None" = None
    command: Sequence[str] = (sys.executable, "-m", "sourcing")
    tries: Tries = field(default_factory=Tries)
    requests: Tries = field(default_factory=lambda: Tries(REQUESTS_MAX))
    ways: Tries = field(default_factory=lambda: Tries(WAYS_MAX))
    questions: Questions = field(default_factory=Questions)
    displayed: Displayed = field(default_factory=Displayed)

    @cached_property
    def static(self) -> Mapping[str, bytes]:
        """Return the static files by name, read once."""
        paths = sorted(path for path in STATIC.iterdir() if path.suffix in MEDIA)
        return {path.name: path.read_bytes() for path in paths}

    @cached_property
    def edition(self) -> str:
        """Return a digest of all static files; as part of their addresses it lets browsers keep them for ever."""
        whole = sha256()
        for name, content in self.static.items():
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
        return whole.hexdigest()[:16]

    @cached_property
    def templates(self) -> Environment:
        """Return the templates; everything put into them is escaped."""
        made = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters.update(words.FILTERS)
        made.globals["asset"] = self.asset
        return made

    def asset(self, name: str) -> str:
        """Return the address of a static file. Raises KeyError if there is none."""
        assert name in self.static, name
        return f"/static/{self.edition}/{name}"

    @cached_property
    def specialisms(self) -> Mapping[str, str]:
        """Return the titles of what is ranked, by slug in order of titles. Raises ConfigError."""
        roots = self.settings.roots
        known = [(slug, specialism.load(slug, roots).title) for slug in specialism.names(roots)]
        return dict(sorted(known, key=lambda one: (one[1].casefold(), one[0])))

    def guard(self, who: Who, stage: str | None = None) -> Guard | None:
        """Return what refuses a reader's decision about people they were not shown. stage: None = another decision."""
        shown = self.displayed.of(who.actor)
        if stage is not None:
            return oversight.stage_guard(self.settings, stage, actor=who.actor, now=self.now(), shown=shown)
        return oversight.guard(self.settings, actor=who.actor, now=self.now(), shown=shown)

    @property
    def base(self) -> str:
        """Return where browsers reach this server, without a slash at the end."""
        return self.settings.web.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def opened_door(self) -> "Door":
        """Return the one way to the network, opened when it is first needed."""
        if self.door is None:
            from spiders.door import Door

            self.door = Door(user_agent="sourcer")
        return self.door

    @property
    def is_secure(self) -> bool:
        """Return whether browsers reach this server by https."""
        return self.settings.web.public_url.startswith("https://")
