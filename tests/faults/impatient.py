"""A door that hurries where a host will never answer in time, and gives all others the time a busy machine needs."""

from dataclasses import replace
from typing import Any

from spiders.door import Answer, Caps, Door

HURRY_S = 0.3


class Impatient(Door):
    """A door whose answers from some addresses must be whole within `HURRY_S`. hurried: parts of addresses."""

    def __init__(self, *, hurried: tuple[str, ...], **more: Any) -> None:
        super().__init__(**more)
        self._hurried = hurried

    def send(self, url: str, *, caps: Caps | None = None, **more: Any) -> Answer:
        """Return the answer to one request, as a door does."""
        if any(part in url for part in self._hurried):
            caps = replace(caps or Caps(), total_s=HURRY_S)
        return super().send(url, caps=caps, **more)
