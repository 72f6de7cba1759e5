"""OAI-PMH as arXiv speaks it: sets, date windows, resumption tokens, deleted records."""

import re
from datetime import date
from html import escape
from typing import Any

from invented.archive import Archive
from invented.moments import day_of, http_date, iso
from invented.vocabulary import CATEGORIES
from invented.wire import Answer, Asked, as_text

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ '
    'http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">\n'
)
_FORMATS = {"arXiv": "http://arxiv.org/OAI/arXiv/", "arXivRaw": "http://arxiv.org/OAI/arXivRaw/"}
_ARGUMENTS = {"verb", "metadataPrefix", "set", "from", "until", "resumptionToken", "identifier"}
_TOKEN = re.compile(r"^(\w+)!([\w:.-]*)!([\d-]*)!([\d-]*)!(\d+)\|(\d+)$")


class Refused(Exception):
    """An OAI error. code: as the protocol spells it."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code


class Oai:
    """Answers OAI verbs. now: the world's last second. page: records per page."""

    def __init__(self, archive: Archive, now: int, page: int) -> None:
        self._archive, self._now, self._page = archive, now, page

    def answer(self, asked: Asked) -> Answer:
        """Return the envelope with the answer or an error element; always 200, as the protocol wants."""
        query = asked.query
        if asked.method == "POST":
            query = {
                **query,
                **dict(pair.split("=", 1) for pair in asked.body.decode().split("&") if "=" in pair),
            }
        shown = "".join(f' {key}="{escape(value)}"' for key, value in query.items() if key in _ARGUMENTS)
        try:
            body = self._verb(dict(query))
        except Refused as refused:
            shown = "" if refused.code in ("badVerb", "badArgument") else shown
            body = f'<error code="{refused.code}">{escape(str(refused))}</error>'
        text = (
            f"{_HEAD}<responseDate>{iso(self._now - 1_800)}</responseDate>\n"
            f"<request{shown}>https://oaipmh.arxiv.org/oai</request>\n"
            f"{body}\n</OAI-PMH>\n"
        )
        return as_text(text, "text/xml; charset=utf-8")

    def _verb(self, query: dict[str, str]) -> str:
        verb = query.pop("verb", "")
        unknown = set(query) - _ARGUMENTS
        if unknown:
            raise Refused("badArgument", f"illegal argument {sorted(unknown)[0]}")
        if verb == "Identify":
            return (
                "<Identify><repositoryName>arXiv</repositoryName><baseURL>"
                "https://oaipmh.arxiv.org/oai</baseURL><protocolVersion>2.0"
                "</protocolVersion><adminEmail>admin@arxiv.example</adminEmail><earliestDatestamp>"
                "2024-01-01</earliestDatestamp>"
                "<deletedRecord>persistent</deletedRecord><granularity>YYYY-MM-DD</granularity></Identify>"
            )
        if verb == "ListMetadataFormats":
            rows = "".join(
                f"<metadataFormat><metadataPrefix>{name}</metadataPrefix><schema>{space[:-1]}.xsd</schema>"
                f"<metadataNamespace>{space}</metadataNamespace></metadataFormat>"
                for name, space in _FORMATS.items()
            )
            return f"<ListMetadataFormats>{rows}</ListMetadataFormats>"
        if verb == "ListSets":
            rows = "".join(
                f"<set><setSpec>{spec}</setSpec><setName>{spec}</setName></set>" for spec in _sets()
            )
            return f"<ListSets>{rows}</ListSets>"
        if verb == "GetRecord":
            return self._record(query)
        if verb in ("ListRecords", "ListIdentifiers"):
            return self._list(verb, query)
        raise Refused("badVerb", f"illegal verb {verb!r}")

    def _record(self, query: dict[str, str]) -> str:
        if "identifier" not in query or "metadataPrefix" not in query:
            raise Refused("badArgument", "identifier and metadataPrefix are required")
        found = self._archive.rows(
            "SELECT stamp, sets, doc FROM paper WHERE id = ?",
            query["identifier"].removeprefix("oai:arXiv.org:"),
        )
        doc = self._archive.doc(
            "SELECT doc FROM paper WHERE id = ?", query["identifier"].removeprefix("oai:arXiv.org:")
        )
        if doc is None:
            raise Refused("idDoesNotExist", f"no record {query['identifier']}")
        return (
            f"<GetRecord>{_xml(found[0][0], found[0][1], doc, _prefix(query['metadataPrefix']))}</GetRecord>"
        )

    def _list(self, verb: str, query: dict[str, str]) -> str:
        prefix, spec, first, last, skip = self._window(query)
        where = "WHERE stamp >= ? AND stamp <= ? AND (' ' || sets LIKE ?)"
        values = (first or "0000", last or "9999", f"% {spec}%" if spec else "%")
        total = self._archive.rows(f"SELECT count(*) FROM paper {where}", *values)[0][0]
        if not total:
            raise Refused("noRecordsMatch", "the combination of arguments gives no records")
        ids = self._archive.rows(
            f"SELECT stamp, sets, id FROM paper {where} ORDER BY stamp, id LIMIT ? OFFSET ?",
            *values,
            self._page,
            skip,
        )
        records = ""
        for stamp, sets, name in ids:
            doc = self._archive.doc("SELECT doc FROM paper WHERE id = ?", name)
            assert doc is not None
            records += _xml(stamp, sets, doc, prefix if verb == "ListRecords" else None)
        token = ""
        if skip or total > self._page:  # one page needs no token; the last of several carries an empty one
            after = skip + len(ids)
            rest = (
                f"{prefix}!{spec}!{first}!{last}!{day_of(self._now):%Y%m%d}|{after}" if after < total else ""
            )
            token = f'<resumptionToken cursor="{skip}" completeListSize="{total}">{rest}</resumptionToken>'
        return f"<{verb}>{records}{token}</{verb}>"

    def _window(self, query: dict[str, str]) -> tuple[str, str, str, str, int]:
        """Return prefix, set, from, until and how many records to skip."""
        if "resumptionToken" in query:
            if len(query) > 1:
                raise Refused("badArgument", "resumptionToken is an exclusive argument")
            token = _TOKEN.match(query["resumptionToken"])
            if (
                token is None or token[5] != f"{day_of(self._now):%Y%m%d}"
            ):  # tokens live to the end of their day
                raise Refused("badResumptionToken", "the token is unknown or has expired")
            return token[1], token[2], token[3], token[4], int(token[6])
        prefix, spec = _prefix(query.get("metadataPrefix", "")), query.get("set", "")
        if spec and spec not in _sets():
            raise Refused("badArgument", f"no set {spec}")
        for key in ("from", "until"):
            try:
                date.fromisoformat(query.get(key, "2024-01-01"))
            except ValueError as error:
                raise Refused("badArgument", f"{key}: expected YYYY-MM-DD") from error
        if query.get("from", "") > query.get("until", "9999"):
            raise Refused("badArgument", "from is later than until")
        return prefix, spec, query.get("from", ""), query.get("until", ""), 0


def _prefix(name: str) -> str:
    if not name:
        raise Refused("badArgument", "metadataPrefix is required")
    if name not in _FORMATS:
        raise Refused("cannotDisseminateFormat", f"no format {name}")
    return name


def _sets() -> list[str]:
    groups: set[str] = set()
    for category in {category for listed in CATEGORIES.values() for category in listed}:
        archive = category.split(".")[0]
        groups |= {archive, f"{archive}:{archive}", f"{archive}:{category.replace('.', ':')}"}
    return sorted(groups)


def _xml(stamp: str, sets: str, doc: dict[str, Any], prefix: str | None) -> str:
    gone = ' status="deleted"' if doc["deleted"] else ""
    specs = "".join(f"<setSpec>{spec}</setSpec>" for spec in sets.split())
    name = f"<identifier>oai:arXiv.org:{doc['id']}</identifier>"
    header = f"<header{gone}>{name}<datestamp>{stamp}</datestamp>{specs}</header>"
    if prefix is None:
        return header
    body = "" if doc["deleted"] else f"<metadata>{_plain(doc) if prefix == 'arXiv' else _raw(doc)}</metadata>"
    return f"<record>{header}{body}</record>\n"


def _optional(doc: dict[str, Any]) -> str:
    pairs = (("comments", doc["comments"]), ("journal-ref", doc["journal"]), ("doi", doc["doi"]))
    return "".join(f"<{key}>{escape(value, quote=False)}</{key}>" for key, value in pairs if value)


def _plain(doc: dict[str, Any]) -> str:
    authors = "".join(
        f"<author><keyname>{escape(author['keyname'], quote=False)}</keyname>"
        + (
            f"<forenames>{escape(author['forenames'], quote=False)}</forenames>"
            if author["forenames"]
            else ""
        )
        + (f"<affiliation>{escape(author['affiliation'])}</affiliation>" if author["affiliation"] else "")
        + "</author>"
        for author in doc["authors"]
    )
    updated = f"<updated>{day_of(doc['versions'][-1])}</updated>" if len(doc["versions"]) > 1 else ""
    return (
        f'<arXiv xmlns="{_FORMATS["arXiv"]}" xsi:schemaLocation="http://arxiv.org/OAI/arXiv/ '
        f'http://arxiv.org/OAI/arXiv.xsd"><id>{doc["id"]}</id>'
        f"<created>{day_of(doc['versions'][0])}</created>{updated}<authors>{authors}</authors><title>"
        f"{escape(doc['title'])}</title>"
        f"<categories>{' '.join(doc['categories'])}</categories>{_optional(doc)}<license>"
        "http://creativecommons.org/licenses/by/4.0/</license>"
        f"<abstract>  {escape(doc['abstract'])}\n</abstract></arXiv>"
    )


def _raw(doc: dict[str, Any]) -> str:
    versions = "".join(
        f'<version version="v{number}"><date>{http_date(moment)}</date><size>{400 + number}kb</size>'
        "</version>"
        for number, moment in enumerate(doc["versions"], start=1)
    )
    names = ", ".join(f"{author['forenames']} {author['keyname']}".strip() for author in doc["authors"])
    return (
        f'<arXivRaw xmlns="{_FORMATS["arXivRaw"]}"><id>{doc["id"]}</id><submitter>'
        f"{escape(doc['submitter'])}</submitter>{versions}"
        f"<title>{escape(doc['title'])}</title><authors>{escape(names)}</authors><categories>"
        f"{' '.join(doc['categories'])}</categories>"
        f"{_optional(doc)}<license>http://creativecommons.org/licenses/by/4.0/</license><abstract>"
        f"{escape(doc['abstract'])}</abstract></arXivRaw>"
    )
