"""Who is who."""

from sourcing.resolve.decide import ResolveReport, run
from sourcing.resolve.prepare import preparing

__all__ = ["ResolveReport", "preparing", "run"]
