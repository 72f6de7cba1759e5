"""Which module speaks to which system."""

from collections.abc import Callable
from typing import Final

from sourcing.errors import UnknownName
from sourcing.export.connectors import ashby, greenhouse, hubspot, lever, salesforce, webhook
from sourcing.export.connectors.base import Connector, Line

_OPENERS: Final[dict[str, Callable[[Line], Connector]]] = {
    "ashby": ashby.open_,
    "greenhouse": greenhouse.open_,
    "hubspot": hubspot.open_,
    "lever": lever.open_,
    "salesforce": salesforce.open_,
    "webhook": webhook.open_,
}


def open_(line: Line) -> Connector:
    """Return the connector of a mapping. Raises UnknownName for a mapping without a module."""
    if line.fields.name not in _OPENERS:
        raise UnknownName("connector", line.fields.name, _OPENERS)
    return _OPENERS[line.fields.name](line)
