"""Which addresses and names belong to the public internet; nothing is looked up here."""

import ipaddress
import re
from collections.abc import Iterator

_NAT64 = 0x0064FF9B << 64  # 64:ff9b::/96 carries an IPv4 address that decides
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z][a-z0-9-]{0,61}[a-z0-9])"
)
_SPECIAL_NAMES = (  # never on the public internet: RFC 6761, 7686, 8375, 9476 and ICANN's private names
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion",
    "test", "invalid", "example", "alt",
)  # fmt: skip


def is_public(text: str) -> bool:
    """Return whether an address is public unicast, and so is every IPv4 address hidden in it."""
    try:
        found = ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and int(found) >> 32 == _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
    if not found.is_global or found.is_multicast or found.is_reserved or found.is_unspecified:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    return (
        not found.is_site_local
        and found.teredo is None
        and all(is_public(str(v4)) for v4 in _embedded(found))
    )


def _embedded(outer: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses an IPv6 address carries: mapped, 6to4, ISATAP."""
    if outer.ipv4_mapped is not None:
        yield outer.ipv4_mapped
    if outer.sixtofour is not None:
        yield outer.sixtofour
    if int(outer) >> 32 & 0xFDFFFFFF == 0x5EFE:
        yield ipaddress.IPv4Address(int(outer) & 0xFFFFFFFF)


def is_public_name(host: str) -> bool:
    """Return whether a host is an ordinary public name: of at least two parts, written as names are, not reserved."""
    try:
        name = host.removesuffix(".") if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return False
    return _HOST.fullmatch(name) is not None and name.rsplit(".", 1)[-1] not in _SPECIAL_NAMES
