"""How the free text of author lines is read: scripts and accents folded away, words that name a role and nobody.

Folds harder than `names.folded`: Cyrillic is romanised and text that was decoded wrongly is mended, because a history
is written by whatever was installed on many desks.
"""

import re
import unicodedata
from contextlib import suppress
from typing import Final

_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"}
)
_ROMANISED: Final = str.maketrans({
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й":
    "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e",
    "ю": "yu", "я": "ya", "і": "i", "ї": "i", "є": "e", "ґ": "g",
})  # fmt: skip
_MARKS: Final = re.compile(r"[\W_]+")
_DIGITS: Final = re.compile(r"\d")
ROLES: Final = frozenset(
    {
        "abc", "account", "admin", "administrator", "ai", "anonymous", "bar", "bot", "bsd", "bugfix", "bugs",
        "bugzilla", "build", "builder", "career", "ci", "code", "commit", "commits", "contact", "data",
        "default", "deploy", "desktop", "dev", "devel", "developer", "developers", "devnull", "docker",
        "ec2user", "email", "example", "feedback", "foo", "foobar", "git", "github", "gitlab", "gmail", "gnu",
        "guest", "hello", "help", "hi", "home", "hostmaster", "inbox", "info", "jenkins", "job", "jobs",
        "junk", "kernel", "lab", "laptop", "linux", "list", "lists", "localhost", "mac", "macbook", "mail",
        "main", "maintainers", "master", "me", "ml", "ml2", "my", "name", "news", "nobody", "none", "noreply",
        "nospam", "null", "numpy", "office", "open", "opensource", "oss", "owner", "owners", "patch",
        "patches", "personal", "pi", "post", "postmaster", "private", "programmer", "project", "projects",
        "public", "pypi", "python", "reply", "research", "root", "runner", "sales", "science", "security",
        "self", "server", "service", "soft", "software", "source", "spam", "student", "students", "support",
        "system", "team", "test", "the", "ubuntu", "unix", "unknown", "user", "vagrant", "web", "webmaster",
        "windows", "work", "www", "xxx",
    }
)  # fmt: skip
"""Local parts and one-word names that say what somebody does, or nothing, and not who it is."""


def romanised(text: str) -> str:
    """Return text folded in case, width and accents, in Latin letters where a table of letters can do it."""
    if "Ã" in text or "Â" in text:  # UTF-8 that was read as Latin-1
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode("utf-8")
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(char for char in text if not unicodedata.combining(char)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare.translate(_ROMANISED))


def unmarked(text: str) -> str:
    """Return the letters and digits of text, romanised."""
    return _MARKS.sub("", romanised(text))


def letters(text: str) -> str:
    """Return text without its digits."""
    return _DIGITS.sub("", text)
