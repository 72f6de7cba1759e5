"""An invented public internet: `build` makes one, `serve` answers for it."""

from invented.server import Limits, Server, serve
from invented.world import TOKEN, UNTIL, World, build

__all__ = ["TOKEN", "UNTIL", "Limits", "Server", "World", "build", "serve"]
