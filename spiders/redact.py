"""Digests e-mail addresses and removes forbidden fields and sentences before anything is written.

TRUST §6: a commit address exists in memory only, as far as this module; what leaves is a keyed digest that links
accounts inside this instance and means nothing outside it.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from spiders import special
from spiders.errors import SourceChanged
from spiders.spec import SourceSpec

TEXT_MAX_BYTES = 10_000  # TRUST F38
CUT = " […]"
"""The flag at the end of a text that was longer than what is kept of it."""
_ADDRESS_MAX_CHARS = 320  # RFC 5321: 64 + @ + 255

_TAGGED = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com"}
) | {
    "me.com",
    "fastmail.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
}  # providers that document +tag as the same mailbox; elsewhere the tag may be part of the name
_NOREPLY = re.compile(r"(?:(\d{1,12})\+)?([a-z0-9][a-z0-9-]{0,99}(?:\[bot\])?)@users\.noreply\.github\.com")
_ROLE = re.compile(
    r"(?:info|admin|administrator|team|dev|devs|developers?|support|root|hello|hi|contact|office|help|service"
    r"|builds?|ci|webmaster|postmaster|hostmaster|security|abuse|git|github|users?|none|nobody|no-?reply"
    r"|do-?not-?reply|dev-?null|mail|email|me|you|your|name|test|unknown|anonymous|null|ubuntu|ec2-user|build"
    r"|jenkins|opensource|oss|press|sales|jobs|careers|hr|lab|group|committers?|maintainers?|announce|discuss"
    r"|\(none\)|.+-(?:dev|devs|team|list|users|commits|bugs|discuss|announce|maintainers)|(?:dev|team|list)-.+)"
)
_PLACEHOLDER = re.compile(
    r"(?:localhost|(?:.*\.)?localdomain|.*\.local|.*\.lan|.*\.internal|\(none\)|none|unknown|invalid|.*\.invalid"
    r"|mailinator\.com|your-?(?:domain|email|company)\..*|(?:ip-|desktop-|laptop-)[\w-]*|lists?\..*|.*groups\.com"
    r"|googlegroups\.com)"
)
_SAMPLE = frozenset(
    {"example.com", "example.org", "example.net", "email.com", "domain.com", "foo.com", "bar.com"}
)
_MACHINE_BOXES = frozenset(
    {
        "noreply@github.com",  # the web interface and squash merges
        "actions@github.com",
        "action@github.com",
        "github-actions@github.com",
        "support@dependabot.com",
        "bot@renovateapp.com",
        "noreply@anthropic.com",
        "cursoragent@cursor.com",
        "noreply@aider.chat",
        "noreply@openai.com",
        "codex@openai.com",
        "copilot@github.com",
        "jules@google.com",
        "openhands@all-hands.dev",
        "gitlab-bot@gitlab.com",
    }
)
_MACHINE = re.compile(  # `jan.bot@` and `ines-butler@` are people: Bot and Butler are surnames (RANKING §0.6)
    r".*\[bot\]|(?:.+[-_])?bot(?:\+.*)?|(?:.+[-_.])?(?:robot|automation|autotest|ci-user)(?:\+.*)?"
    r"|(?:.+-)?ml-butler|copybara.*|.*autoroller"
)
_AGENT_LOGINS = frozenset(
    {"copilot", "dependabot", "github-actions", "web-flow", "renovate-bot", "cursoragent"}
)


@dataclass(frozen=True, slots=True)
class Pepper:
    """The instance's secret that keys every digest; never printed."""

    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What may be known of an e-mail address once it is gone.

    digest: keyed, None if it names no mailbox. account, login: of a GitHub noreply form (`github:583231`).
    shared: a role box, list, placeholder or sample; never a link between people. machine: a bot or agent.
    """

    digest: str | None = None
    account: str | None = None
    login: str | None = None
    shared: bool = False
    machine: bool = False


def digest(pepper: Pepper, text: str) -> str:
    """Return the HMAC-SHA256 of a canonical address, lower-case hex."""
    return hmac.new(pepper.secret, canonical(text).encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def canonical(raw: str) -> str:
    """Return an address as compared: trimmed, case folded, without the +tag where the provider ignores it."""
    text = unicodedata.normalize("NFKC", raw[:_ADDRESS_MAX_CHARS]).strip().strip("<>\"'").strip().casefold()
    box, at, host = text.rpartition("@")
    if at and host in _TAGGED:
        box = box.split("+", 1)[0] or box
    return f"{box}{at}{host}"


def address(pepper: Pepper, raw: str) -> Address:
    """Return what may be kept of a raw address: digest, noreply account, and whether it marks one person."""
    text = canonical(raw)
    box, at, host = text.rpartition("@")
    if not at or not box or not host or len(text) >= _ADDRESS_MAX_CHARS or _PLACEHOLDER.fullmatch(host):
        return Address(shared=True, machine=bool(_MACHINE.fullmatch(text)))
    key = digest(pepper, text)
    if noreply := _NOREPLY.fullmatch(text):
        number, login = noreply.groups()
        machine = login.endswith("[bot]") or login in _AGENT_LOGINS
        account = f"github:{number}" if number else None
        return Address(digest=key, account=account, login=login, machine=machine)
    if text in _MACHINE_BOXES:
        return Address(shared=True, machine=True)
    if _MACHINE.fullmatch(box):
        return Address(digest=key, shared=True, machine=True)
    shared = (
        bool(_ROLE.fullmatch(box)) or host in _SAMPLE or host == "users.noreply.github.com" or " " in text
    )
    return Address(digest=key, shared=shared)


_MAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]++[@\uff20\ufe6b](?:[\w-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,24})",
    re.IGNORECASE,
)
_MAIL_SPELT = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}+ {0,2}[\[({<] {0,2}(?:at|@) {0,2}[\])}>] {0,2}[\w-]{1,63}"
    r"(?: {0,2}[\[({<] {0,2}(?:dot|\.) {0,2}[\])}>] {0,2}[\w-]{1,63}|\.[\w-]{1,63}){1,6}",
    re.IGNORECASE,
)
_MAIL_BYTES = re.compile(  # what JSON escapes just before an address stays, or the page would be JSON no more
    rb"(?:(\\(?:[nrtbf]|u[0-9a-fA-F]{4}))|(?<![\w.%+\x80-\xff-]))(?:(?!%40)[\w.%+\x80-\xff-])++"
    rb"(?:@|%40|&#0{0,4}64;|&#x0{0,4}40;|&commat;)"  # in any script, and as links and HTML write the sign
    rb"(?:[\w\x80-\xff-]{1,189}\.){1,8}(?:xn--[a-z0-9-]{1,59}|[a-z\x80-\xff]{2,72})",
    re.IGNORECASE,
)
_SIGN_BYTES = re.compile(rb"@|%40|&#0{0,4}64;|&#[xX]0{0,4}40;|&commat;")
_HIDDEN = re.compile(rb"\\u")  # an escaped @ or letter hides an address, half a pair is no character
_REMOVED = "[address removed]"
_BOX = re.compile(r"\w[@\uff20\ufe6b]\w")  # `mira@laptop`: what a name field says when nobody filled it in
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SENTENCE = re.compile(r"[^.!?\n;|•·。！？]*(?:[.!?;|•·。！？]+|\n|\Z)")
_ME = (
    r"(?:i am|i'm|i’m|i was|i have|i've|i’ve|i live with|as an?|proud(?:ly)?|being|born|my|openly"
    r"|practi[cs]ing|devout)"
)
_SPECIAL = re.compile(  # of folded text
    # health
    r"\b(?:autis(?:m|tic)|asperger|adhd|add\b(?= (?:brain|haver|diagnosis))|neuro-?diver\w+|bipolar"
    r"|schizo\w+|dyslexi\w+|epilep\w+|diabet(?:es|ic)|hiv[ -+]|cancer (?:survivor|patient|fighter)"
    r"|(?:beat|had|survived|fighting|battling) (?:\w+ )?cancer|chronic(?:ally)? (?:ill|illness|pain"
    r"|fatigue|disease)|wheelchair|disabled|disability|(?:hard of hearing)|deaf (?:\w+ )?(?:developer"
    r"|engineer|person|researcher|programmer)|(?:legally )?blind (?:developer|engineer|person|researcher"
    r"|programmer)|depress(?:ed|ion)|anxiety|ptsd|burn-?out|mental (?:health|illness)|pregnan\w+"
    r"|long covid|multiple sclerosis|crohn\w*|parkinson\w*|in recovery|sober|rehab|diagnos(?:ed|is) with"
    r"|transplant|amput\w+"
    # belief
    r"|catholic|protestant|evangelical|baptist|mormon|orthodox (?:christian"
    r"|jew\w*)|muslim|islam(?:ic)?|sunni|shia|jew(?:ish)?|judaism|hindu(?:ism)?|buddhis[tm]|sikh(?:ism)?"
    r"|jain|atheist|agnostic|pagan|wiccan|church|mosque|synagogue|jesus|christ|allah|quran|koran|bible"
    r"|torah|faith(?:ful)? (?:in|man|woman)|believer in god|religio\w+"
    # origin
    r"|african[- ]american|asian[- ]american|latin[oax]\b|latine|hispanic|chican[oa]|afro-\w+|indigenous"
    r"|native american|aboriginal|first nations|roma(?:ni)? (?:descent|origin|heritage)|(?:black|white"
    r"|brown|asian|arab|jewish) (?:man|woman|guy|girl|person|people|engineer|developer|researcher"
    r"|american)|(?:person|people|woman|man) of colou?r|bipoc|poc\b|biracial|mixed race|caucasian"
    r"|ethnic(?:ity|ally)?|of \w+ (?:descent|heritage|ancestry|origin)|immigrant|refugee|undocumented"
    # orientation and gender
    r"|gay|lesbian|bisexual|queer|lgbt\w*\+?|transgender|trans (?:man|woman|girl|guy|person|rights)"
    r"|transsexual|pansexual|asexual|non-?binary|genderqueer|genderfluid|enby|she/(?:her|they)|he/(?:him"
    r"|they)|they/(?:them|she|he)|pronouns"
    # politics
    r"|republican|democrat(?!i[cz])|conservative (?:party|voter|values)|socialist|communist|marxist"
    r"|leftist|left-wing|right-wing|libertarian|anarchist|anarcho-\w+|maga\b|trump|biden|tory|tories"
    r"|labour party|green party|antifa\w*|fascis[tm]|nationalist|monarchist|progressive (?:voter"
    r"|activist)|political(?:ly)? \w+|vot(?:e|ed|ing) for|black lives matter|blm\b|zionis[tm]"
    r"|free palestine|stand with (?:ukraine|israel|palestine)|pro-(?:life|choice)|feminist|activist"
    # union
    r"|trade union\w*|labou?r union|union (?:member|rep(?:resentative)?|organi[sz]er|steward|delegate)"
    r"|unioni[sz]\w+|shop steward|teamsters?|afl-cio|ig metall|ver\.di|works council|betriebsrat"
    r"|syndicat|gewerkschaft\w*|on strike)\b"
    # said of oneself
    rf"|\b{_ME} (?:deaf|blind|trans|straight|black|white|liberal|conservative|disabled|sick|ill)\b"
    # in other languages
    r"|\b(?:schwul|lesbisch|behindert|katholisch|evangelisch|muslimisch|jüdisch|depressi\w*"
    r"|musulm[aá]n\w*|cat[oó]lic[oa]|jud[ií][oa]|homosexual|discapacitad[oa]|musulman\w*|catholique"
    r"|juive?|handicap[eé]\w*|homosexuel\w*)\b",
)
_CHRISTIAN = re.compile(
    r"\b(?:[Cc]hristian|CHRISTIAN)(?:s|S)?\b(?! [A-Z])"
)  # what somebody is, not a first name


def text(raw: str) -> str:
    """Return what somebody wrote about themselves, fit to keep.

    Control characters, addresses and sentences about health, belief, origin, orientation, politics or union are
    removed; cut at 10 kB of UTF-8. Errs on the side of removing: a lost sentence costs nothing, a kept one might.
    """
    cut = plain(raw)
    kept = "".join(part for part in _SENTENCE.findall(cut) if not _is_special(part)).strip()
    return f"{kept}{CUT}" if cut.endswith(CUT) and not kept.endswith(CUT) else kept


def _is_special(sentence: str) -> bool:
    folded = sentence[
        :TEXT_MAX_BYTES
    ].casefold()  # a pattern that ignores case tries every branch at every word
    if _SPECIAL.search(folded) or special.is_special(folded):
        return True
    return bool(_CHRISTIAN.search(sentence[:TEXT_MAX_BYTES]))


def plain(raw: str) -> str:
    """Return a title or an abstract fit to keep: control characters and addresses removed, cut at 10 kB."""
    cut = _cut(raw)
    if not cut.isprintable():
        cut = _CONTROL.sub("", cut)
    if "@" in cut or "\uff20" in cut or "\ufe6b" in cut:
        cut = _MAIL.sub(_REMOVED, cut)
    if "[" in cut or "(" in cut or "<" in cut or "{" in cut:
        cut = _MAIL_SPELT.sub(_REMOVED, cut)
    return cut


def name(raw: str) -> str | None:
    """Return a printed name fit to keep, without an address in it; None if nothing else is left."""
    kept = plain(raw)
    if _REMOVED in kept:
        kept = kept.replace(_REMOVED, "").strip(" <>()[]\"',;:")
    return None if _BOX.search(kept) else kept or None


def has_address(link: str) -> bool:
    """Return whether a link or an id carries an e-mail address, the sign escaped or not."""
    raw = link.encode("utf-8", "replace")
    return body(raw) != raw


def body(raw: bytes) -> bytes:
    """Return a page without e-mail addresses; linear in its length."""
    return _MAIL_BYTES.sub(rb"\1" + _REMOVED.encode(), raw) if _SIGN_BYTES.search(raw) else raw


def apply(
    spec: SourceSpec, raw: bytes, pepper: Pepper, *, word: Callable[[str], str | None] | None = None
) -> tuple[bytes, dict[str, int]]:
    """Return a JSON page as it may be written, and what was done to it by pointer.

    Every value at `spec.digest` becomes its keyed digest, every field at `spec.drop` is removed, a text at `spec.wish`
    becomes what `word` makes of it, null without one; all other addresses are blanked.
    Raises SourceChanged if the page is no whole JSON document.
    """
    try:
        said = raw.decode(json.detect_encoding(raw), "replace")
        page = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise SourceChanged(f"page is not whole JSON: {type(error).__name__}") from error
    counted: dict[str, int] = {}
    for pointer in spec.digest:
        counted[f"digested {pointer}"] = sum(
            1 for spot, key in _spots(page, pointer) if _digest_at(spot, key, pepper)
        )
    for pointer in spec.drop:
        spots = [(spot, key) for spot, key in _spots(page, pointer) if isinstance(spot, dict)]
        for spot, key in spots:
            del spot[key]
        counted[f"dropped {pointer}"] = len(spots)
    for pointer in spec.wish:
        texts = [(spot, key) for spot, key in _spots(page, pointer) if spot[key] is not None]
        for spot, key in texts:
            spot[key] = word(spot[key]) if word is not None and isinstance(spot[key], str) else None
        counted[f"reduced {pointer}"] = len(texts)
    counted = {what: times for what, times in counted.items() if times}
    if counted or _HIDDEN.search(raw) or said.encode("utf-8", "replace") != raw:
        written = json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    else:
        written = raw
    return body(written), counted


def _spots(page: Any, pointer: str) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of every value a JSON pointer names; `*` stands for any index or key."""
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.lstrip("/").split("/")]
    containers = [page]
    for part in path:
        containers = [value for spot in containers for _, value in _children(spot, part)]
    for spot in containers:
        for key, _ in list(_children(spot, last)):
            yield spot, key


def _children(spot: Any, part: str) -> Iterator[tuple[Any, Any]]:
    """Yield (key, value) of the children a pointer part names."""
    if isinstance(spot, dict):
        if part == "*":
            yield from spot.items()
        elif part in spot:
            yield part, spot[part]
    elif isinstance(spot, list):
        if part == "*":
            yield from enumerate(spot)
        elif part.isdecimal() and int(part) < len(spot):
            yield int(part), spot[int(part)]


def _digest_at(spot: Any, key: Any, pepper: Pepper) -> bool:
    """Put the digest in the place of an address; anything that is no text becomes unknown."""
    value = spot[key]
    if value is None:
        return False
    spot[key] = address(pepper, value).digest if isinstance(value, str) else None
    return True


def _cut(raw: str) -> str:
    """Return a text of at most 10 kB, cut between characters; one that was cut ends with `CUT`."""
    if len(raw) * 4 <= TEXT_MAX_BYTES:
        return raw
    encoded = raw[: TEXT_MAX_BYTES + 1].encode("utf-8", "replace")
    if len(encoded) <= TEXT_MAX_BYTES:
        return raw
    return encoded[: TEXT_MAX_BYTES - len(CUT.encode())].decode("utf-8", "ignore") + CUT
