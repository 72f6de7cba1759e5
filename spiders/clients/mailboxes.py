"""What may be kept of a mailbox: keyed digests and levels of likeness, never anything readable.

Two mailboxes can be compared only for equality of digests; how a local part resembles a name is judged while both are
at hand, and only the level is kept. The handles that a name yields can be digested later with the same key.
"""

import hashlib
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from spiders import redact
from spiders.clients import spellings
from spiders.clients.names import folded
from spiders.records import Likeness, Mailbox, MailboxFlag
from spiders.redact import Pepper

HANDLE_MIN: Final = 5  # letters; shorter ones are shared by too many people (RESOLUTION §7)
_GIVEN_MIN, _SURNAME_MIN = 3, 4  # letters; shorter parts stand in a local part by chance
_SPELT_MIN, _LETTERS_MIN, _LABEL_MIN = 3, 4, 5  # letters of what is kept to be compared with handles
_LENGTH_MAX: Final = 5  # from here on a length is not told
_BLOCK: Final = 64  # bytes that SHA-256 takes at once
_NOWHERE: Final = re.compile(  # boxes that nobody has, as machines fill them in
    r"^(?:root|none|unknown|no-?reply|nobody|ubuntu|localhost|your|you|user|yourname|you\.?r?email)@"
    r"|@(?:localhost|example\.|none$|\(none\)|users\.noreply\.|noreply\.)|\.(?:local|localdomain|lan|internal)$"
    r"|\.\(none\)$|@[^.]*$|@[\d.]+$"
)
_ANYBODYS: Final = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com",
        "me.com", "mac.com", "yahoo.com", "ymail.com", "aol.com", "fastmail.com", "fastmail.fm", "proton.me",
        "protonmail.com", "protonmail.ch", "pm.me", "gmx.de", "gmx.net", "gmx.com", "gmx.at", "web.de",
        "t-online.de", "posteo.de", "mailbox.org", "riseup.net", "tutanota.com", "hey.com", "zoho.com",
        "mail.com", "inbox.com", "qq.com", "163.com", "126.com", "foxmail.com", "sina.com", "sohu.com",
        "yeah.net", "naver.com", "hanmail.net", "daum.net", "mail.ru", "yandex.ru", "yandex.com",
        "rambler.ru", "bk.ru", "list.ru", "free.fr", "orange.fr", "laposte.net", "libero.it", "seznam.cz",
        "wp.pl", "o2.pl", "rediffmail.com", "uol.com.br", "btinternet.com", "comcast.net", "verizon.net",
        "att.net", "sbcglobal.net", "cox.net", "duck.com", "github.com", "users.noreply.github.com",
        "139.com", "189.cn", "abv.bg", "acm.org", "alice.it", "alum.mit.edu", "apache.org", "bigpond.com",
        "debian.org", "email.com", "freenet.de", "gentoo.org", "gmail.co", "gmail.con", "gnu.org",
        "hotmail.co.uk", "hotmail.fr", "ieee.org", "inbox.ru", "interia.pl", "kernel.org", "live.cn",
        "live.co.uk", "live.fr", "live.nl", "onet.pl", "outlook.de", "outlook.fr", "posteo.net", "python.org",
        "rocketmail.com", "sina.cn", "sourceforge.net", "tiscali.it", "tuta.io", "ukr.net",
        "users.sourceforge.net", "vip.qq.com", "virgilio.it", "wanadoo.fr", "xs4all.nl", "ya.ru",
        "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com.br", "yahoo.de", "yahoo.fr",
    }
)  # fmt: skip
_PROVIDERS: Final = frozenset({"yahoo", "hotmail", "live", "outlook", "gmx"})  # under any ending
_SECOND_LEVEL: Final = frozenset(
    {"ac", "co", "com", "edu", "gov", "gob", "go", "net", "ne", "or", "org", "re", "res"}
)
_TAILS: Final = ("dev", "git", "ai", "ml", "hq")  # what people append to a handle that is taken


def key(pepper: Pepper, kind: str, value: str) -> str:
    """Return the keyed digest of a `local`, `handle`, `host` or `box`, 32 hex digits; no two kinds' digests are alike.

    The first half of what `storage.subjects.PepperKeyer` makes of the same: linkage digests the handles of names so.
    """
    message = f"{kind}\0{value.strip().casefold()}".encode("utf-8", "replace")
    begun, ended = _halves(pepper.secret)
    inner, outer = begun.copy(), ended.copy()
    inner.update(message)
    outer.update(inner.digest())
    return str(outer.hexdigest()[:32])


@lru_cache(maxsize=8)
def _halves(secret: bytes) -> tuple[Any, Any]:
    """Return HMAC-SHA256 begun with a key, inner and outer: millions of handles are digested with the same one."""
    if len(secret) > _BLOCK:
        secret = hashlib.sha256(secret).digest()
    padded = secret.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)


def mailbox(pepper: Pepper, address: str, name: str | None) -> Mailbox:
    """Return what may be kept of an address that came with a printed name. The address itself ends here."""
    known = redact.address(pepper, address)
    text = redact.canonical(address)
    box, at, host = text.rpartition("@")
    if not at or not box:
        return Mailbox(flags=(MailboxFlag.PLACEHOLDER,))
    spelt, is_role = _spelt(pepper, known, text)
    if known.digest is None:
        return Mailbox(flags=(MailboxFlag.PLACEHOLDER,), **spelt)
    flags = (
        (MailboxFlag.NOREPLY,)
        if host.endswith("users.noreply.github.com")
        else (MailboxFlag.ROLE,)
        if known.shared
        else (MailboxFlag.PLACEHOLDER,)
        if "box" not in spelt
        else (MailboxFlag.ROLE,)
        if is_role
        else ()
    )
    local = (known.login or box.split("+", 1)[0]).casefold()
    site = registrable(host)
    plain = "".join(char for char in local if char.isalnum())
    letters = "".join(folded(plain))
    words = folded(name or "")
    level = likeness(letters, words) if words else None
    found = {letters} | {letters.removesuffix(tail) for tail in _TAILS}
    label = "".join(folded(site.split(".", 1)[0])) if site is not None else ""
    if label in handles(name or ""):
        found.add(label)  # a domain of one's own, often with a role as its only box
        level = Likeness.FULL if likeness(label, words) is Likeness.FULL else level
    return Mailbox(
        local=key(pepper, "local", plain) if plain and not flags else None,
        handles=tuple(sorted(key(pepper, "handle", one) for one in found if len(one) >= HANDLE_MIN)),
        host=key(pepper, "host", site) if site is not None else None,
        likeness=level,
        flags=flags,
        **spelt,
    )


def _spelt(pepper: Pepper, known: redact.Address, text: str) -> tuple[dict[str, Any], bool]:
    """Return the fields that names or other mailboxes may spell, those that apply, and whether it is a role."""
    box, _, host = text.rpartition("@")
    login = known.login if host.endswith("users.noreply.github.com") else None
    local = login or (box.split("+", 1)[0] if not box.startswith("+") else box)
    spelt = spellings.unmarked(local)
    if login is not None:
        whole: str | None = f"login {login}"
    elif known.digest is None or _NOWHERE.search(text):
        whole = None
    else:
        host = "gmail.com" if host == "googlemail.com" else host
        whole = f"{spelt if host == 'gmail.com' else local}@{host}"
    found: dict[str, Any] = {} if whole is None else {"box": key(pepper, "box", whole)}
    site = registrable(host) if whole is not None and login is None else None
    label = spellings.unmarked(site.split(".", 1)[0]) if site is not None else ""
    if len(label) >= _LABEL_MIN:
        found["label"] = key(pepper, "handle", label)
    bare = spellings.letters(spelt)
    if login is None and (spelt in spellings.ROLES or bare in spellings.ROLES):
        return found, True
    if len(spelt) >= _SPELT_MIN:
        found |= {"spelt": key(pepper, "handle", spelt), "spelt_length": min(len(spelt), _LENGTH_MAX)}
    if len(bare) >= _LETTERS_MIN and bare not in spellings.ROLES:
        found |= {"letters": key(pepper, "handle", bare), "letters_length": min(len(bare), _LENGTH_MAX)}
    return found, False


def handles(name: str) -> frozenset[str]:
    """Return the handles a printed name yields, letters only: firstlast, lastfirst, flast, firstl, lastf, last."""
    words = folded(name)
    if not words:
        return frozenset()
    if len(words) == 1:
        return frozenset(word for word in words if len(word) >= HANDLE_MIN)
    first, last, inner = words[0], words[-1], words[1:-1]
    found = {
        first + last, last + first, first[0] + last, first + last[0], last + first[0], last[0] + first, last,
        "".join(words), "".join(word[0] for word in words[:-1]) + last,
    }  # fmt: skip
    if inner:
        found |= {first + "".join(word[0] for word in inner) + last, first + inner[-1] + last}
    return frozenset(one for one in found if len(one) >= HANDLE_MIN)


def likeness(letters: str, words: Collection[str]) -> Likeness:
    """Return how much of a name, folded words in printed order, a local part of letters only spells."""
    parts = tuple(words)
    first, last = parts[0], parts[-1]
    if len(parts) > 1:
        if letters in (first + last, last + first) or (
            min(len(first), len(last)) > 1 and first in letters and last in letters.replace(first, " ", 1)
        ):
            return Likeness.FULL
        short = (first[0] + last, last + first[0], first + last[0], last[0] + first)
        if any(len(one) >= _GIVEN_MIN and letters.startswith(one) for one in short):
            return Likeness.INITIAL
    elif letters == first:
        return Likeness.FULL
    if len(last) >= _SURNAME_MIN and last in letters:
        return Likeness.SURNAME
    return Likeness.GIVEN if len(first) >= _GIVEN_MIN and first in letters else Likeness.NOTHING


def registrable(host: str) -> str | None:
    """Return the domain somebody registered; None for a provider of boxes to anybody, and for what is no domain.

    An approximation without the public suffix list: `lab.uni.ac.uk` is `uni.ac.uk`, `cs.uni.edu` is `uni.edu`.
    """
    labels = [label for label in host.strip().casefold().rstrip(".").split(".") if label]
    if len(labels) < 2:
        return None
    is_deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    site = ".".join(labels[-3:] if is_deep else labels[-2:])
    if host in _ANYBODYS or site in _ANYBODYS or site.split(".", 1)[0] in _PROVIDERS:
        return None
    return site
