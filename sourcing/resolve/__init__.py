"""Who is who."""

from sourcing.resolve.decide import ResolveReport, run

__all__ = ["ResolveReport", "run"]
