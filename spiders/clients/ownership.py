"""Owner and maintainer files: who is named, for which part of a project, in which role.

Dialects: CODEOWNERS (docs.github.com, about code owners), OWNERS and OWNERS_ALIASES (prow), CITATION.cff 1.2,
and Markdown or plain lists of maintainers. Teams and mailboxes name no person and are counted, never resolved.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from spiders.clients import links, names

FILES: Final = (
    "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", "OWNERS", "OWNERS_ALIASES", "MAINTAINERS",
    "MAINTAINERS.md", "MAINTAINERS.txt", ".github/MAINTAINERS.md", "CITATION.cff", "GOVERNANCE.md",
)  # fmt: skip
WHOLE: Final = "*"  # the area of somebody who is named for everything
_AREA_MAX: Final = 200  # characters of a pattern; longer ones are no folder
_NAMED_MAX: Final = 3_000  # entries of one file; beyond it is a list of everybody
_LINE_MAX: Final = 2_000
_LOGIN: Final = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
_HANDLE: Final = re.compile(rf"(?<![\w/.@-])@({_LOGIN})(/[\w.-]+)?(?![\w@-])", re.A)
_ADDRESS: Final = re.compile(r"https?://(?:www\.)?github\.com/[^\s)\]>|,;\"']{1,100}", re.I)
_ITEM: Final = re.compile(r"^\s*(?:[-*+]\s|\d{1,3}[.)]\s|\|)")
_HEADING: Final = re.compile(r"^(?:#{1,6}\s+(?P<marked>.{1,200})|(?P<bold>\*\*[^*]{1,100}\*\*:?)\s*$)")
_RULE: Final = re.compile(r"^\s*([=~^-])\1{2,}\s*$")
_FORMER: Final = re.compile(
    r"\b(emeritus|emeriti|former|past|alumni|retired|inactive|previous|honorary)\b", re.I
)
_KEY: Final = re.compile(r"^(?P<indent>\s*)(?:-\s+)?(?P<key>[A-Za-z_-]{1,40}):\s*(?P<value>.*)$")
_ROLES: Final = {"approvers": "approver", "reviewers": "reviewer", "maintainers": "maintainer"}


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """One entry. who: a login in lower case, or `orcid:…`. area: a pattern, `@group`, or `*` for everything."""

    who: str
    area: str
    role: str


@dataclass(slots=True)
class Naming:
    """What one version of a file says. called: printed names by `who`. left_out: what names no account, counted."""

    entries: set[Named] = field(default_factory=set)
    called: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, who: str, area: str, role: str) -> None:
        """Take an entry, unless the file is endless or its pattern no folder."""
        if len(self.entries) >= _NAMED_MAX or len(area) > _AREA_MAX:
            self.left_out["owner_entry_left_out"] += 1
        else:
            self.entries.add(Named(who.lower(), area, role))


def read(path: str, text: str, aliases: str | None = None) -> Naming:
    """Return who a version of a file names. aliases: the OWNERS_ALIASES beside an OWNERS file."""
    file = PurePosixPath(path)
    folder = "" if str(file.parent) in {".", ".github"} else str(file.parent)
    lines = [line[:_LINE_MAX].rstrip() for line in text.splitlines()]
    match file.name:
        case "CODEOWNERS":
            return _codeowners(lines)
        case "OWNERS":
            return _owners(lines, f"/{folder}/" if folder else WHOLE, _aliases((aliases or "").splitlines()))
        case "OWNERS_ALIASES":
            return _groups(_aliases(lines))
        case "CITATION.cff":
            return _citation(lines)
        case name:
            listed = name.upper().startswith("MAINTAINERS")
            return _page(
                lines, "maintainer" if listed else "governance", everywhere=listed and file.suffix != ".md"
            )


def _codeowners(lines: list[str]) -> Naming:
    found = Naming()
    for line in lines:
        words = re.split(r"(?<!\\)\s+", re.sub(r"(?:^|(?<=\s))#.*", "", line).strip())
        if len(words) < 2 or words[0].startswith(("[", "^[")):
            continue  # a pattern without owners, a section of GitLab's dialect
        for word in words[1:]:
            handle = _HANDLE.fullmatch(word)
            if handle is None:
                found.left_out["owner_without_account"] += 1
            elif handle.group(2):
                found.left_out["owner_team"] += 1
            else:
                found.add(handle.group(1), words[0].replace("\\ ", " "), "codeowner")
    return found


def _owners(lines: list[str], area: str, groups: Mapping[str, list[str]]) -> Naming:
    found = Naming()
    for role, word in _listed(lines):
        if role not in _ROLES:
            continue
        if word.lower() in groups:
            found.left_out["owner_team"] += 1  # its members are dated by the changes of OWNERS_ALIASES
        elif re.fullmatch(_LOGIN, word):
            found.add(word, area, _ROLES[role])
        else:
            found.left_out["owner_without_account"] += 1
    return found


def _groups(groups: Mapping[str, list[str]]) -> Naming:
    """Read an aliases file: members are named for their group, since the file does not say what it owns."""
    found = Naming()
    for group, members in groups.items():
        role = next((_ROLES[word] for word in _ROLES if word in group), "maintainer")
        for login in members:
            if re.fullmatch(_LOGIN, login) and not _FORMER.search(group.replace("-", " ")):
                found.add(login, f"@{group}", role)
    return found


def _aliases(lines: list[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, word in _listed(lines):
        groups.setdefault(key.lower(), []).append(word)
    return groups


def _listed(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (innermost key, word) of the lists in a simple YAML file."""
    key = ""
    for line in lines:
        plain = re.sub(r"(?:^|\s)#.*", "", line[:_LINE_MAX])
        item = re.match(r"^\s*-\s+[\"']?@?([\w.@/-]{1,100})[\"']?\s*$", plain[:_LINE_MAX])
        if item is not None:
            yield key, item.group(1)
        elif (
            head := re.match(r"^\s*[\"']?([\w./-]{1,100})[\"']?:\s*(?:\[(.*)\])?\s*$", plain[:_LINE_MAX])
        ) is not None:
            key = head.group(1)
            for word in (head.group(2) or "").split(","):
                if bare := word.strip().strip("\"'").lstrip("@"):
                    yield key, bare


def _citation(lines: list[str]) -> Naming:
    found, people, inside = Naming(), list[dict[str, str]](), False
    for line in lines:
        if line and not line[0].isspace() and not line.startswith("-"):
            inside = line.startswith("authors:")
            continue
        if not inside:
            continue
        if line.lstrip().startswith("-"):
            people.append({})
        pair = _KEY.match(line)
        if pair is not None and people:
            people[-1][pair["key"].lower()] = pair["value"].strip().strip("\"'")
    for person in people:
        number = links.orcid(person.get("orcid"))
        login = links.github_login(person.get("website"))
        name = names.person(f"{person.get('given-names', '')} {person.get('family-names', '')}")
        if login is not None:
            found.add(login, WHOLE, "citation")
        elif number is not None:
            found.add(f"orcid:{number}", WHOLE, "citation")
            if name is not None:
                found.called[f"orcid:{number}".lower()] = name
        else:
            found.left_out["owner_without_account"] += 1
    return found


def _page(lines: list[str], role: str, *, everywhere: bool) -> Naming:
    """Read a page: logins in lists and tables (everywhere in a plain list), former maintainers left out."""
    found, is_former, fenced = Naming(), False, False
    for number, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        heading = _HEADING.match(line)
        underlined = number + 1 < len(lines) and _RULE.match(lines[number + 1]) and not _ITEM.match(line)
        if heading is not None or (underlined and line.strip()):
            is_former = _FORMER.search(line) is not None
            continue
        if fenced or not (everywhere or _ITEM.match(line)):
            continue
        logins = {
            login for address in _ADDRESS.findall(line) if (login := links.github_login(address)) is not None
        }
        for handle in _HANDLE.finditer(_ADDRESS.sub(" ", line)):
            if handle.group(2):
                found.left_out["owner_team"] += 1
            else:
                logins.add(handle.group(1))
        if logins and (is_former or _FORMER.search(line)):
            found.left_out["owner_emeritus"] += len(logins)
            continue
        for login in logins:
            found.add(login, WHOLE, role)
    return found
