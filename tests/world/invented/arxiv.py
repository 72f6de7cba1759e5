"""arXiv's three old services: OAI-PMH, the query API in Atom, and the announcements in RSS."""

import re
import threading
import time
from html import escape
from typing import Any

from invented.archive import Archive
from invented.moments import DAY_S, day_of, http_date, iso
from invented.oai import Oai
from invented.wire import Answer, Asked, as_text

_ID = re.compile(r"^\d{4}\.\d{5}(v\d+)?$")
_RANGE = re.compile(r"submittedDate:\[(\d{8})\d{0,6} TO (\d{8})\d{0,6}\]")


def name_of(author: dict[str, Any]) -> str:
    """Return an author as Atom prints them."""
    return f"{author['forenames']} {author['keyname']}".strip()


class Arxiv:
    """Answers for oaipmh., export. and rss.arxiv.org under one rate limit. now: the world's last second."""

    def __init__(self, archive: Archive, now: int, *, gap_s: float, page: int) -> None:
        self._archive, self._now, self._gap_s = archive, now, gap_s
        self._oai = Oai(archive, now, page)
        self._guard, self._last = threading.Lock(), 0.0

    def rest(self) -> None:
        """Forget when the last request came."""
        self._last = 0.0

    def answer(self, asked: Asked) -> Answer:
        """Return the answer of the service that was asked; 503 with Retry-After if that was too soon."""
        with self._guard:
            now, last = time.monotonic(), self._last
            self._last = now
        if self._gap_s and now - last < self._gap_s:
            return as_text(
                "Retry after a while.\n",
                "text/plain",
                503,
                **{"Retry-After": str(max(1, round(self._gap_s)))},
            )
        if asked.host == "oaipmh.arxiv.org" and asked.path == "/oai":
            return self._oai.answer(asked)
        if asked.host == "export.arxiv.org" and asked.path == "/api/query":
            return self._query(asked)
        if asked.host == "rss.arxiv.org" and asked.path.startswith("/rss/"):
            return self._rss(asked.path.removeprefix("/rss/").split("+"))
        return as_text("not found\n", "text/plain", 404)

    def _query(self, asked: Asked) -> Answer:
        start, most = int(asked.query.get("start", 0)), min(2_000, int(asked.query.get("max_results", 10)))
        ids = [name for name in asked.query.get("id_list", "").split(",") if name]
        wrong = next((name for name in ids if not _ID.match(name)), None)
        if wrong is not None:
            return self._feed([{"error": f"incorrect id format for {wrong}"}], 1, 0, status=400)
        if ids:
            bare = [name.split("v")[0] for name in ids]
            found = self._archive.docs(
                f"SELECT doc FROM paper WHERE id IN ({','.join('?' * len(bare))}) ORDER BY id", *bare
            )
        else:
            found = self._search(asked.query.get("search_query", ""))
        found = [doc for doc in found if not doc["deleted"]]
        return self._feed(found[start : start + most], len(found), start)

    def _search(self, text: str) -> list[dict[str, Any]]:
        category, window = re.search(r"cat:([\w.-]+)", text), _RANGE.search(text)
        first, last = window.groups() if window else ("00000000", "99999999")
        rows = self._archive.docs("SELECT doc FROM paper ORDER BY created DESC, id DESC")
        return [
            doc
            for doc in rows
            if (category is None or category[1] in doc["categories"])
            and first <= f"{day_of(doc['versions'][0]):%Y%m%d}" <= last
        ]

    def _feed(self, docs: list[dict[str, Any]], total: int, start: int, *, status: int = 200) -> Answer:
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
            'xmlns:arxiv="http://arxiv.org/schemas/atom">\n  <id>https://arxiv.org/api/invented</id>\n'
            "  <title>arXiv Query</title>\n"
            f"  <updated>{iso(self._now)}</updated>\n"
            f"  <opensearch:itemsPerPage>{len(docs)}</opensearch:itemsPerPage>\n"
            f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
            f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n"
        )
        return as_text(
            head + "".join(self._entry(doc) for doc in docs) + "</feed>\n",
            "application/atom+xml; charset=utf-8",
            status,
        )

    def _entry(self, doc: dict[str, Any]) -> str:
        if "error" in doc:
            return (
                "  <entry><id>https://arxiv.org/api/errors</id><title>Error</title><summary>"
                f"{escape(doc['error'])}</summary>"
                f"<updated>{iso(self._now)}</updated></entry>\n"
            )
        link = f"http://arxiv.org/abs/{doc['id']}v{len(doc['versions'])}"
        authors = "".join(
            f"    <author><name>{escape(name_of(author))}</name>"
            + (
                f"<arxiv:affiliation>{escape(author['affiliation'])}</arxiv:affiliation>"
                if author["affiliation"]
                else ""
            )
            + "</author>\n"
            for author in doc["authors"]
        )
        extra = "".join(
            f"    <arxiv:{key}>{escape(doc[key])}</arxiv:{key}>\n" for key in ("doi",) if doc.get(key)
        )
        extra += f"    <arxiv:comment>{escape(doc['comments'])}</arxiv:comment>\n" if doc["comments"] else ""
        terms = "".join(
            f'    <category term="{term}" scheme="http://arxiv.org/schemas/atom"/>\n'
            for term in doc["categories"]
        )
        return (
            f"  <entry>\n    <id>{link}</id>\n    <title>{escape(doc['title'])}</title>\n"
            f"    <updated>{iso(doc['versions'][-1])}</updated>\n"
            f'    <link href="{link}" rel="alternate" type="text/html"/>\n'
            f'    <link href="{link.replace("/abs/", "/pdf/")}" rel="related" '
            f'type="application/pdf" title="pdf"/>\n    <summary>{escape(doc["abstract"])}</summary>\n{terms}'
            f"    <published>{iso(doc['versions'][0])}</published>\n{extra}"
            f'    <arxiv:primary_category term="{doc["categories"][0]}"/>\n{authors}  </entry>\n'
        )

    def _rss(self, categories: list[str]) -> Answer:
        """Return the last day's announcements: papers new or replaced in the last 36 hours of the world."""
        since = self._now - DAY_S - DAY_S // 2
        docs = self._archive.docs(
            "SELECT doc FROM paper WHERE stamp >= ? ORDER BY id LIMIT 2000", day_of(since).isoformat()
        )
        items = []
        for doc in docs:
            if doc["deleted"] or not set(doc["categories"]) & set(categories) or doc["versions"][-1] < since:
                continue
            kind = "new" if len(doc["versions"]) == 1 else "replace"
            kind = (
                kind if doc["categories"][0] in categories else "cross" if kind == "new" else "replace-cross"
            )
            names = escape(", ".join(name_of(author) for author in doc["authors"]))
            items.append(
                f"<item><title>{escape(doc['title'])}</title><link>https://arxiv.org/abs/{doc['id']}</link>"
                f"<description>arXiv:{doc['id']}v{len(doc['versions'])} Announce Type: {kind} \n"
                f"Abstract: {escape(doc['abstract'])}</description>"
                f'<guid isPermaLink="false">oai:arXiv.org:{doc["id"]}v{len(doc["versions"])}</guid>'
                + "".join(f"<category>{term}</category>" for term in doc["categories"])
                + f"<pubDate>{http_date(self._now)}</pubDate><arxiv:announce_type>"
                f"{kind}</arxiv:announce_type><dc:creator>{names}</dc:creator></item>\n"
            )
        joined = "+".join(categories)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'version="2.0"><channel><title>{joined} updates on arXiv.org</title><link>'
            f"http://rss.arxiv.org/rss/{joined}</link>"
            f"<description>{joined} updates</description><lastBuildDate>"
            f"{http_date(self._now)}</lastBuildDate>\n{''.join(items)}</channel></rss>\n"
        )
        return as_text(body, "application/rss+xml; charset=utf-8")
